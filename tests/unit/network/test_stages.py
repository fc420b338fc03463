"""The convolution stages, one by one: what each does to a spectrogram."""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from detector.network.stages import ACTIVATIONS, ConvolutionStage, Pace, SamePadding, pooling
from detector.network.trunk import BandsAsChannels, Position, Trunk
from detector.recipe import Activation, Network, Pool, Recipe, Stage

from .conftest import made, measured, stacks, trained

sizes = st.integers(1, 6)


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_every_activation_of_the_recipe_is_there() -> None:
    assert set(ACTIVATIONS) == set(get_args(Activation))


@pytest.mark.parametrize("name", ["relu", "tanh", "linear"])
def test_the_activation_is_applied_to_what_the_convolution_gives(name: str) -> None:
    torch.manual_seed(0)
    stage = ConvolutionStage(Stage.model_validate({"filters": 4, "activation": name}), 1, "valid", Pace())
    features = noise(2, 1, 8, 9)
    convolved = stage.convolution(features)
    expected = {"relu": convolved.clamp(min=0), "tanh": convolved.tanh(), "linear": convolved}[name]
    torch.testing.assert_close(stage(features), expected)
    assert (convolved < 0).any()


def test_the_position_channel_rises_from_minus_one_to_one_along_the_bands() -> None:
    spectrogram = noise(3, 1, 5, 7)
    channels = Position(5)(spectrogram)
    assert torch.equal(channels[:, :1], spectrogram)
    ramp = torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert torch.equal(channels[:, 1], ramp[None, :, None].expand(3, 5, 7))


def test_with_a_position_channel_the_network_can_tell_low_from_high() -> None:
    torch.manual_seed(0)
    flat = torch.zeros(1, 12, 10)
    blind = Trunk(Network(stage=(Stage(filters=2),)), 12)(flat)
    assert torch.equal(blind[:, :, 0], blind[:, :, -1])
    seeing = Trunk(Network(stage=(Stage(filters=2, activation="linear"),), position=True), 12)(flat)
    assert not torch.isclose(seeing[:, :, 0], seeing[:, :, -1]).any()


def test_bands_become_channels_without_mixing_frames() -> None:
    features = noise(2, 3, 4, 5)
    channels = BandsAsChannels()(features)
    assert channels.shape == (2, 12, 1, 5)
    assert torch.equal(channels[:, 2 * 4 + 1, 0], features[:, 2, 1])


def test_a_one_dimensional_stage_is_a_convolution_over_time_with_bands_as_channels() -> None:
    torch.manual_seed(0)
    trunk = Trunk(Network(stage=(Stage(kind="conv1d", filters=4, kernel=3, stride=2, activation="linear"),)), 6)
    spectrogram = noise(2, 6, 15)
    convolution = trunk.stages[1].convolution
    expected = nn.functional.conv1d(spectrogram, convolution.weight[:, :, 0], convolution.bias, stride=2)
    torch.testing.assert_close(trunk(spectrogram)[:, :, 0], expected)


def test_a_one_by_one_convolution_fuses_all_kernels_of_the_stage_below() -> None:
    torch.manual_seed(0)
    trunk = Trunk(Network(stage=(Stage(filters=5, kernel=3), Stage(filters=1, kernel=1, activation="linear"))), 8)
    spectrogram = noise(1, 8, 9)
    fused = trunk(spectrogram)
    maps = trunk.stages[0](spectrogram[:, None])
    convolution = trunk.stages[1].convolution
    weights = convolution.weight.flatten()
    expected = sum(weights[n] * maps[:, n] for n in range(5)) + convolution.bias
    torch.testing.assert_close(fused[:, 0], expected)
    for n in range(5):  # and none of them is left out
        with torch.no_grad():
            convolution.weight[0, n] += 1.0
        assert not torch.equal(trunk(spectrogram), fused)


@settings(max_examples=30, deadline=None)
@given(sizes, sizes, sizes, sizes, st.sampled_from(["max", "mean"]))
def test_pooling_takes_the_maximum_or_mean_under_each_place_of_the_mask(
    high: int, wide: int, down: int, along: int, kind: str
) -> None:
    features = noise(1, 2, 9, 10)
    spec = Pool.model_validate({"kind": kind, "size": (high, wide), "stride": (down, along)})
    masks = features.unfold(2, high, down).unfold(3, wide, along)
    expected = masks.amax(dim=(-2, -1)) if kind == "max" else masks.mean(dim=(-2, -1))
    torch.testing.assert_close(pooling(spec, "conv2d", Pace())(features), expected)


def test_a_pool_moves_by_its_size_unless_told_otherwise() -> None:
    features = noise(1, 1, 1, 12)
    assert pooling(Pool(size=3), "conv1d", Pace())(features).shape[-1] == 4
    assert pooling(Pool(size=3, stride=1), "conv1d", Pace())(features).shape[-1] == 10


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 14), st.integers(1, 14), sizes, sizes, sizes, sizes)
def test_same_padding_gives_an_output_for_each_stride_of_the_input(
    bands: int, frames: int, high: int, wide: int, down: int, along: int
) -> None:
    stage = ConvolutionStage(Stage(filters=1, kernel=(high, wide), stride=(down, along)), 1, "same", Pace())
    assert stage(noise(1, 1, bands, frames)).shape[2:] == (-(-bands // down), -(-frames // along))


def test_same_padding_puts_zeros_around_and_the_odd_one_after() -> None:
    padded = SamePadding((1, 4), (1, 1))(torch.ones(1, 1, 1, 3))
    assert padded.flatten().tolist() == [0, 1, 1, 1, 0, 0]


def residual(kernel: tuple[int, int], stride: tuple[int, int], padding: str) -> ConvolutionStage:
    """Make a residual stage whose convolution gives zero, so that the skip connection alone is left."""
    spec = Stage(filters=2, kernel=kernel, stride=stride, activation="linear", residual=True)
    stage = ConvolutionStage(spec, 2, padding, Pace())
    nn.init.zeros_(stage.convolution.weight)
    assert stage.convolution.bias is not None
    nn.init.zeros_(stage.convolution.bias)
    return stage


@settings(max_examples=30, deadline=None)
@given(st.tuples(sizes, sizes), st.tuples(sizes, sizes))
def test_a_skip_connection_hands_on_what_lies_at_the_centres_of_the_kernels(
    kernel: tuple[int, int], stride: tuple[int, int]
) -> None:
    features = noise(1, 2, 11, 13)
    skipped = residual(kernel, stride, "valid")(features)
    places = [range((k - 1) // 2, n - k // 2, s) for n, k, s in zip((11, 13), kernel, stride)]
    assert torch.equal(skipped, features[:, :, list(places[0])][..., list(places[1])])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3).map(lambda half: 2 * half - 1), st.integers(1, 6), st.integers(4, 13))
def test_a_padded_skip_connection_lies_where_an_identity_kernel_would_look(size: int, stride: int, frames: int) -> None:
    skip = residual((size, size), (stride, stride), "same")
    features = noise(1, 2, frames, frames)
    kernel = torch.zeros(2, 2, size, size)
    kernel[0, 0, size // 2, size // 2] = kernel[1, 1, size // 2, size // 2] = 1.0
    looked = nn.functional.conv2d(skip.pad(features), kernel, stride=stride)
    torch.testing.assert_close(skip(features), looked)


def test_a_skip_connection_is_projected_where_the_number_of_channels_changes() -> None:
    torch.manual_seed(0)
    stage = ConvolutionStage(Stage(filters=5, residual=True, activation="linear"), 2, "valid", Pace())
    features = noise(1, 2, 8, 8)
    assert stage.skip is not None
    expected = stage.convolution(features) + stage.skip.project(features[:, :, 1:-1, 1:-1])
    torch.testing.assert_close(stage(features), expected)


def test_a_stage_is_convolution_norm_skip_activation_pool_in_this_order() -> None:
    torch.manual_seed(0)
    spec = Stage(filters=2, norm="batch", residual=True, activation="relu", pool=Pool(size=2), dropout=0.5)
    stage = ConvolutionStage(spec, 2, "valid", Pace()).eval()
    stage.norm.running_mean += 0.3
    features = noise(1, 2, 8, 8)
    convolved = stage.norm(stage.convolution(features)) + features[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(stage(features), nn.functional.max_pool2d(convolved.relu(), 2))


def test_dropout_drops_whole_maps_in_training_alone() -> None:
    torch.manual_seed(0)
    stage = ConvolutionStage(Stage(filters=16, activation="sigmoid", dropout=0.5), 1, "valid", Pace())
    silent = (stage(noise(1, 1, 6, 6)) == 0).flatten(2)[0]
    assert torch.equal(silent.any(dim=1), silent.all(dim=1))
    assert silent.any()
    assert not silent.all()
    assert (stage.eval()(noise(1, 1, 6, 6)) > 0).all()


def trunks(recipe: Recipe, step: int) -> tuple[Trunk, Trunk]:
    """Build a trunk as it is, and the same one with a column for every `step` frames, both in double precision."""
    torch.manual_seed(0)
    plain = trained(Trunk(recipe.network, recipe.n_bands)).double()
    finer = Trunk(recipe.network, recipe.n_bands, step)
    finer.load_state_dict(plain.state_dict())
    return plain, finer.double().eval()


@settings(max_examples=60, deadline=None)
@given(stacks(), st.data())
def test_a_finer_trunk_gives_the_column_of_the_plain_one_wherever_a_column_may_begin(
    stages: tuple[Stage, ...], data: st.DataObject
) -> None:
    recipe = made(*stages)
    frames, steps = measured(recipe).frames, measured(recipe).steps
    step = data.draw(st.sampled_from(steps))
    plain, finer = trunks(recipe, step)
    spectrogram = noise(1, recipe.n_bands, recipe.window_frames + 3).double()
    with torch.inference_mode():
        columns = finer(spectrogram)
        assert columns.shape[-1] == (spectrogram.shape[-1] - frames.size) // step + 1
        torch.testing.assert_close(columns[..., :: frames.step // step], plain(spectrogram))
        for n in range(columns.shape[-1]):
            field = spectrogram[..., n * step : n * step + frames.size]
            torch.testing.assert_close(columns[..., n : n + 1], plain(field))


def test_the_steps_of_a_trunk_are_the_products_of_its_strides() -> None:
    recipe = made(Stage(filters=1, stride=(1, 3), pool=Pool(size=2)), Stage(filters=1, kernel=2, stride=2))
    assert measured(recipe).steps == (12, 6, 3, 1)


def test_layers_keep_the_stride_that_fits_into_the_step_and_dilate_what_follows() -> None:
    network = made(Stage(filters=1, stride=(1, 3), pool=Pool(size=2)), Stage(filters=1, kernel=2, stride=2)).network

    def strides_and_dilations(step: int | None) -> list[tuple[int, int]]:
        first, second = Trunk(network, 24, step).stages
        layers = (first.convolution, first.pool, second.convolution)
        return [(layer.stride[1], layer.dilation[1]) for layer in layers]

    assert strides_and_dilations(None) == [(3, 1), (2, 1), (2, 1)]
    assert strides_and_dilations(12) == [(3, 1), (2, 1), (2, 1)]
    assert strides_and_dilations(6) == [(3, 1), (2, 1), (1, 1)]
    assert strides_and_dilations(3) == [(3, 1), (1, 1), (1, 2)]
    assert strides_and_dilations(1) == [(1, 1), (1, 3), (1, 6)]


@settings(max_examples=30, deadline=None)
@given(sizes, sizes, sizes, st.integers(2, 4), st.sampled_from(["max", "mean"]))
def test_a_pool_takes_its_columns_apart_where_those_below_lie_closer(
    high: int, wide: int, along: int, apart: int, kind: str
) -> None:
    features = noise(1, 2, 9, 24)
    pace = Pace(1)
    pace.take(apart)
    spec = Pool.model_validate({"kind": kind, "size": (high, wide), "stride": (2, along)})
    pooled = pooling(spec, "conv2d", pace)(features)
    masks = features.unfold(2, high, 2).unfold(3, (wide - 1) * apart + 1, 1)[..., ::apart]
    torch.testing.assert_close(pooled, masks.amax(dim=(-2, -1)) if kind == "max" else masks.mean(dim=(-2, -1)))
