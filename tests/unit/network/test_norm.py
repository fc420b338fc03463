"""Batch norm and maxima in fewer passes: the same numbers and gradients as the layers of torch."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from detector.network.norm import can_fuse, normed
from detector.network.stages import ConvolutionStage, Pace
from detector.recipe import Pool, Stage

POOLS = [None, nn.MaxPool2d(2), nn.MaxPool2d((2, 1)), nn.MaxPool2d(3, 2, padding=1), nn.MaxPool2d(2, dilation=(1, 2))]


def channels_last(*shape: int) -> Tensor:
    """Draw maps far from zero; a part of them is all the same, as where there was silence."""
    maps = 3 * torch.randn(*shape, generator=torch.Generator().manual_seed(0)) + 5
    maps[1] = 0.5
    return maps.contiguous(memory_format=torch.channels_last)


def drawn_norm(channels: int) -> nn.BatchNorm2d:
    """Make a norm some of whose outputs fall as their inputs rise."""
    norm, draw = nn.BatchNorm2d(channels), torch.Generator().manual_seed(1)
    nn.init.normal_(norm.weight, generator=draw)
    nn.init.normal_(norm.bias, generator=draw)
    assert (norm.weight < 0).any()
    return norm


@pytest.mark.parametrize("pool", POOLS, ids=str)
def test_values_gradients_and_statistics_are_those_of_the_layers(pool: nn.MaxPool2d | None) -> None:
    norm = drawn_norm(7)
    plain, maps = copy.deepcopy(norm), channels_last(4, 7, 13, 21)
    one, other = maps.clone().requires_grad_(), maps.clone().requires_grad_()
    expected = plain(one) if pool is None else pool(plain(one))
    found = normed(other, norm, pool)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(2))
    for output in (expected, found):
        output.backward(weights)
    torch.testing.assert_close(other.grad, one.grad, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(norm.weight.grad, plain.weight.grad, atol=1e-3, rtol=1e-5)
    torch.testing.assert_close(norm.bias.grad, plain.bias.grad, atol=1e-3, rtol=1e-5)
    torch.testing.assert_close(norm.state_dict(), plain.state_dict())


def test_it_stands_in_for_training_on_channels_last_float32_only() -> None:
    norm, maps = nn.BatchNorm2d(3), channels_last(2, 3, 4, 5)
    assert can_fuse(norm, maps)
    assert not can_fuse(norm, maps.contiguous())
    assert not can_fuse(norm, maps.double())
    assert can_fuse(norm, maps, nn.MaxPool2d(2))
    assert not can_fuse(norm, maps, nn.MaxPool2d(2, ceil_mode=True))
    assert not can_fuse(norm, maps, nn.AvgPool2d(2))
    assert not can_fuse(nn.Identity(), maps)
    with torch.no_grad():
        assert not can_fuse(norm, maps)
    assert not can_fuse(norm.eval(), maps)


@pytest.mark.parametrize("pool", [None, Pool(), Pool(kind="mean")])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("residual", [False, True])
def test_a_stage_gives_the_same_whatever_lies_last(pool: Pool | None, activation: str, residual: bool) -> None:
    spec = Stage.model_validate(
        {"filters": 6, "norm": "batch", "activation": activation, "residual": residual, "pool": pool}
    )
    stage = ConvolutionStage(spec, 3, "valid", Pace())
    stage.norm = drawn_norm(6)
    maps = channels_last(4, 3, 11, 12)
    fused = copy.deepcopy(stage).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for one in (stage, fused):
        one(maps if one is fused else maps.contiguous()).square().sum().backward()
    for (name, one), other in zip(stage.named_parameters(), fused.parameters()):
        torch.testing.assert_close(one.grad, other.grad, atol=2e-2, rtol=1e-3, msg=name)
