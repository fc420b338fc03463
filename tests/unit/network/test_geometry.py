"""The arithmetic of shapes and receptive fields, held against torch for networks drawn at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from detector.errors import ConfigurationError
from detector.network import memory
from detector.network.assembly import DetectorNetwork
from detector.network.description import describe_recipe
from detector.network.geometry import measure, same_total
from detector.network.layers import BATCH_BYTES, Layer, Reach
from detector.network.memory import check_memory, too_large
from detector.network.trunk import Trunk
from detector.presets import find_recipe
from detector.recipe import Grid, Pool, Recipe, Stage

from .conftest import BANDS, made, measured, stacks

few = settings(max_examples=25, deadline=None)


def trunk_of(recipe: Recipe) -> Trunk:
    torch.manual_seed(0)
    return Trunk(recipe.network, recipe.n_bands).double().eval()


def spectrogram(recipe: Recipe, extra: int = 0) -> Tensor:
    noise = torch.randn(1, recipe.n_bands, recipe.window_frames + extra, generator=torch.Generator().manual_seed(1))
    return noise.double()


@few
@given(stacks(), st.sampled_from(["valid", "same"]), st.booleans())
def test_shapes_and_parameters_are_those_of_torch(stages: tuple[Stage, ...], padding: str, position: bool) -> None:
    recipe = made(*stages, padding=padding, position=position and stages[0].kind == "conv2d")
    expected = measured(recipe)
    trunk = trunk_of(recipe)
    with torch.inference_mode():
        features = trunk(spectrogram(recipe))
    assert features.shape[1:] == expected.trunk_output
    shared = [layer for layer in expected.layers if layer.name.startswith("network.stage")]
    assert sum(weight.numel() for weight in trunk.parameters()) == sum(layer.parameters for layer in shared)


@few
@given(stacks(linear=True), st.data())
def test_a_column_depends_on_its_receptive_field_and_on_nothing_else(
    stages: tuple[Stage, ...], data: st.DataObject
) -> None:
    recipe = made(*stages)
    reach = measured(recipe).frames
    trunk = trunk_of(recipe)
    before = spectrogram(recipe)
    with torch.inference_mode():
        column = data.draw(st.integers(0, trunk(before).shape[-1] - 1))
        first = reach.start + column * reach.step
        last = first + reach.size - 1
        reference = trunk(before)[..., column]

        outside = before + 100.0
        outside[..., first : last + 1] = before[..., first : last + 1]
        assert torch.equal(trunk(outside)[..., column], reference)

        for edge in (first, last):
            inside = before.clone()
            inside[..., edge] += 100.0
            assert not torch.equal(trunk(inside)[..., column], reference)


@few
@given(stacks(linear=True))
def test_a_place_along_the_bands_depends_on_its_receptive_field_and_on_nothing_else(stages: tuple[Stage, ...]) -> None:
    stages = tuple(stage for stage in stages if stage.kind == "conv2d")
    assume(stages)
    recipe = made(*stages)
    reach = measured(recipe).bands
    trunk = trunk_of(recipe)
    before = spectrogram(recipe)
    with torch.inference_mode():
        reference = trunk(before)[:, :, -1]
        first = (trunk(before).shape[2] - 1) * reach.step
        outside = before + 100.0
        outside[:, first : first + reach.size] = before[:, first : first + reach.size]
        assert torch.equal(trunk(outside)[:, :, -1], reference)
        for edge in (first, first + reach.size - 1):
            inside = before.clone()
            inside[:, edge] += 100.0
            assert not torch.equal(trunk(inside)[:, :, -1], reference)


@few
@given(stacks())
def test_a_valid_trunk_moves_with_its_input(stages: tuple[Stage, ...]) -> None:
    recipe = made(*stages)
    step = measured(recipe).frames.step
    trunk = trunk_of(recipe)
    long = spectrogram(recipe, extra=2 * step)
    with torch.inference_mode():
        columns = trunk(long[..., : recipe.window_frames])
        for shift in (1, 2):
            moved = trunk(long[..., shift * step :])
            shared = min(moved.shape[-1], columns.shape[-1] - shift)
            torch.testing.assert_close(moved[..., :shared], columns[..., shift : shift + shared])


@few
@given(stacks())
def test_overlapping_windows_find_their_columns_in_one_long_strip(stages: tuple[Stage, ...]) -> None:
    recipe = made(*stages)
    expected = measured(recipe)
    step, columns = expected.frames.step, expected.columns
    trunk = trunk_of(recipe)
    strip = spectrogram(recipe, extra=3 * step)
    with torch.inference_mode():
        whole = trunk(strip)
        for n in range(4):
            window = trunk(strip[..., n * step : n * step + recipe.window_frames])
            torch.testing.assert_close(whole[..., n : n + columns], window)


def test_two_kernels_of_three_see_five_and_a_stride_doubles_the_step() -> None:
    recipe = made(Stage(filters=1, kernel=3, stride=2), Stage(filters=1, kernel=3), Stage(filters=1, kernel=(1, 3)))
    reaches = [(layer.frames.size, layer.frames.step) for layer in measure(recipe).layers[:3]]
    assert reaches == [(3, 2), (7, 2), (11, 2)]
    assert measure(recipe).bands == Reach(7, 2)
    assert measure(recipe).frames.centre(0) == 5.0
    assert measure(recipe).frames.centre(4) == 13.0


def test_padding_lets_the_first_column_see_before_the_start() -> None:
    padded = measure(made(Stage(filters=1, kernel=5), Stage(filters=1, kernel=3), padding="same"))
    assert padded.frames == Reach(7, 1, -3)
    assert padded.trunk_output == (1, BANDS, 60)


@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 8))
def test_same_padding_gives_one_output_a_stride(size: int, kernel: int, stride: int) -> None:
    total = same_total(size, kernel, stride)
    assert (size + total - kernel) // stride + 1 == -(-size // stride)


def test_connections_are_those_of_the_kernels_and_dense_ones_all_pairs() -> None:
    layer, pool, *_ = measure(made(Stage(filters=2, kernel=(3, 5), pool=Pool(size=2)), frames=20)).layers
    assert layer.output == (2, 22, 16)
    assert layer.parameters == 2 * (3 * 5 + 1)
    assert layer.connections == layer.multiply_adds == 2 * 22 * 16 * 15
    assert layer.dense_connections == (24 * 20) * (2 * 22 * 16)
    assert pool.output == (2, 11, 8)
    assert (pool.parameters, pool.connections) == (0, 2 * 11 * 8 * 4)


@settings(max_examples=20, deadline=None)
@given(st.integers(9, 14), st.integers(1, 12), st.integers(1, 16), st.integers(1, 12))
def test_the_cells_of_a_grid_are_those_of_torch(bands: int, columns: int, high: int, wide: int) -> None:
    recipe = made(Stage(filters=1, kernel=1), frames=columns, bands=bands, grid=Grid(size=(high, wide)))
    layer = next(layer for layer in measure(recipe).layers if layer.name == "network.grid")
    features = torch.zeros(1, 1, recipe.n_bands, columns, requires_grad=True)
    pooled = torch.nn.functional.adaptive_avg_pool2d(features, (high, wide))
    joined, widest = 0, 0
    for cell in pooled.flatten():
        (seen,) = torch.autograd.grad(cell, features, retain_graph=True)
        joined += int((seen != 0).sum())
        widest = max(widest, int((seen != 0).any(dim=2).sum()))
    assert layer.output == tuple(pooled.shape[1:])
    assert layer.connections == joined
    assert layer.frames.size == widest


@pytest.mark.parametrize(
    ("stage", "key"),
    [
        (Stage(filters=1, kernel=(25, 1)), r"network\.stage\.0\.kernel: 25 bands x 1 frames"),
        (Stage(filters=1, kernel=(1, 61)), r"network\.stage\.0\.kernel: 1 bands x 61 frames"),
        (Stage(filters=1, kernel=1, pool=Pool(size=(25, 1))), r"network\.stage\.0\.pool\.size: 25 bands x 1 frames"),
    ],
)
def test_a_layer_that_does_not_fit_is_named_with_what_reaches_it(stage: Stage, key: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"{key} .*24 bands x 60 frames"):
        measure(made(stage))
    with pytest.raises(ConfigurationError, match=key):
        DetectorNetwork(made(stage))


def test_a_layer_is_too_large_when_training_it_needs_more_memory_than_there_is() -> None:
    layer = Layer("network.dense.0", "dense", (10,), Reach(), Reach(), parameters=1000)
    assert too_large(layer, memory=16_000) is None
    reason = too_large(layer, memory=15_999)
    assert reason is not None
    assert "network.dense.0 has 1,000 parameters" in reason
    assert "network.grid" in reason


def test_a_network_that_is_too_large_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = made(Stage(filters=4))
    check_memory(measure(recipe))
    monkeypatch.setattr(memory, "memory_bytes", lambda: 10_000)
    with pytest.raises(ConfigurationError, match=r"network\.dense\.0 has .* parameters"):
        DetectorNetwork(recipe)


def test_a_network_whose_activations_are_large_takes_fewer_windows_at_once() -> None:
    large = measure(find_recipe("lecture-grid"))
    assert large.windows_at_once(16) == BATCH_BYTES // large.activation_bytes < 16
    assert measure(find_recipe("lenet")).windows_at_once(16) == 16
    assert replace(large, layers=large.layers * 100).windows_at_once(16) == 1


def wide(**stage: Any) -> Recipe:
    network = {"stage": [{"filters": 2**20, "kernel": 3, **stage}], "grid": {"size": (1, 1)}, "dense": {"units": []}}
    return Recipe.model_validate({"window": {"duration": 3.0}, "network": network})


def test_outputs_of_a_window_that_no_machine_should_hold_are_refused_and_described() -> None:
    recipe = wide()
    with pytest.raises(ConfigurationError, match=r"network\.stage\.0"):
        check_memory(measure(recipe))
    description = describe_recipe("wide", recipe)
    assert [row.layer for row in description.layers if row.too_large] == ["stage.0"]
    assert "network.stage.0" in description.notes[0]


def test_layers_that_fit_one_by_one_and_not_together_are_refused_and_described() -> None:
    stages = [{"filters": 64, "kernel": 1}] * 1000
    network = {"stage": stages, "grid": {"size": (1, 1)}, "dense": {"units": []}}
    recipe = Recipe.model_validate({"window": {"duration": 3.0}, "network": network})
    with pytest.raises(ConfigurationError, match="network gives"):
        check_memory(measure(recipe))
    description = describe_recipe("deep", recipe)
    assert not any(row.too_large for row in description.layers)
    assert "network gives" in description.notes[0]


def test_zeros_around_an_input_count_as_what_they_take() -> None:
    network = {"padding": "same", "stage": [{"filters": 1, "kernel": (1, 1001)}], "dense": {"units": []}}
    recipe = Recipe.model_validate({"network": network})
    layer = measure(recipe).layers[0]
    assert layer.padded == recipe.n_bands * (recipe.window_frames + 1000)
    assert layer.working_bytes == layer.activation_bytes + 4 * layer.padded
