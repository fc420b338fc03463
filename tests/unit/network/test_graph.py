"""The trunk as an ONNX graph gives what torch gives, whatever it is made of."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from detector.network.graph import INPUT, OUTPUT, folded, trunk_graph
from detector.network.trunk import Trunk
from detector.recipe import Activation, Network, Stage

from .conftest import made, measured, stacks, trained

BANDS = 12


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def trunk_of(*stages: dict[str, Any], step: int | None = None, **network: Any) -> Trunk:
    torch.manual_seed(0)
    return trained(Trunk(Network.model_validate({"stage": stages} | network), BANDS, step))


def session_of(trunk: Trunk, n_bands: int) -> onnxruntime.InferenceSession:
    graph = trunk_graph(trunk, n_bands)
    return onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


def assert_same(trunk: Trunk, n_bands: int, *lengths: int) -> None:
    """Hold one session against torch for batches of these lengths."""
    session = session_of(trunk, n_bands)
    for n, frames in enumerate(lengths):
        spectrogram = noise(1 + n, n_bands, frames)
        (columns,) = session.run([OUTPUT], {INPUT: spectrogram.numpy()})
        with torch.inference_mode():
            torch.testing.assert_close(torch.from_numpy(columns), trunk(spectrogram), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", get_args(Activation))
def test_every_activation_is_torchs(name: str) -> None:
    trunk = trunk_of({"filters": 3, "activation": name})
    with torch.no_grad():
        trunk.stages[0].convolution.weight.mul_(5)  # far into both of its ends
    assert_same(trunk, BANDS, 20)


@settings(max_examples=60, deadline=None)
@given(stacks(), st.booleans(), st.data())
def test_a_graph_gives_torchs_columns_at_every_step_that_the_geometry_names(
    stages: tuple[Stage, ...], position: bool, data: st.DataObject
) -> None:
    recipe = made(*stages, position=position and stages[0].kind == "conv2d")
    expected = measured(recipe)
    torch.manual_seed(0)
    step = data.draw(st.sampled_from(expected.steps))
    trunk = trained(Trunk(recipe.network, recipe.n_bands, step))
    assert_same(trunk, recipe.n_bands, recipe.window_frames, expected.frames.size, recipe.window_frames + 7)


@pytest.mark.parametrize("step", [1, 2, 6, None])
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_a_pool_takes_columns_that_lie_apart(kind: str, step: int | None) -> None:
    pool = {"kind": kind, "size": [2, 3]}
    trunk = trunk_of({"filters": 3, "stride": [1, 2]}, {"filters": 2, "kernel": 2, "pool": pool}, step=step)
    assert trunk.stages[1].pool.dilation == (1, 2 if step == 1 else 1)
    assert_same(trunk, BANDS, 40)


@pytest.mark.parametrize("filters", [1, 3])
@pytest.mark.parametrize("kernel", [[1, 1], [2, 4], [3, 5], [1, 2]])
@pytest.mark.parametrize("stride", [[1, 1], [2, 3]])
@pytest.mark.parametrize("step", [1, None])
def test_a_skip_connection_is_cut_where_torch_cuts_it(
    filters: int, kernel: list[int], stride: list[int], step: int | None
) -> None:
    below = {"filters": 3, "kernel": 1, "stride": [1, 2]}
    skipping = {"filters": filters, "kernel": kernel, "stride": stride, "residual": True, "norm": "batch"}
    assert_same(trunk_of(below, skipping, step=step), BANDS, 30, 31, 32, 33)


def test_bands_become_channels_whatever_the_length_and_the_batch() -> None:
    trunk = trunk_of({"filters": 3, "pool": {"size": 2}}, {"kind": "conv1d", "filters": 4, "kernel": 3})
    assert_same(trunk, BANDS, 10, 30, 11)


def test_a_batch_norm_is_folded_into_the_convolution_below_it() -> None:
    stage = trunk_of({"filters": 5, "norm": "batch"}).stages[0]
    weight, bias = (torch.from_numpy(array) for array in folded(stage.convolution, stage.norm))
    spectrogram = noise(2, 1, 8, 9)
    with torch.inference_mode():
        expected = stage.norm(stage.convolution(spectrogram))
        torch.testing.assert_close(nn.functional.conv2d(spectrogram, weight, bias), expected)
        assert not torch.allclose(stage.convolution(spectrogram), expected)
    plain = trunk_of({"filters": 5}).stages[0]
    assert np.array_equal(folded(plain.convolution, plain.norm)[0], plain.convolution.weight.detach().numpy())


def test_the_graph_tells_its_bands_and_leaves_windows_and_frames_open() -> None:
    (given,) = session_of(trunk_of({"filters": 3}), BANDS).get_inputs()
    assert (given.name, given.shape) == (INPUT, ["batch", BANDS, "frame"])


def test_making_a_graph_leaves_the_trunk_as_it_was() -> None:
    trunk = trunk_of({"filters": 3, "norm": "batch"})
    before = {name: tensor.clone() for name, tensor in trunk.state_dict().items()}
    trunk_graph(trunk, BANDS)
    assert all(torch.equal(tensor, before[name]) for name, tensor in trunk.state_dict().items())


def test_dropout_is_for_training_alone() -> None:
    assert_same(trunk_of({"filters": 3, "dropout": 0.5}), BANDS, 20)
