"""What the first half of the lecture tells: convolution, weights, receptive fields, equivariance, pooling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.signal import convolve, correlate

from .scripts import recording, script


def test_the_worked_example_is_the_cross_correlation() -> None:
    lesson = script("01_convolution")
    assert lesson.cross_correlate(lesson.INPUT, lesson.KERNEL).tolist() == [[12, 12, 17], [10, 17, 19], [9, 6, 14]]
    assert lesson.convolve(lesson.INPUT, lesson.KERNEL).tolist() == [[18, 20, 19], [10, 9, 17], [11, 8, 14]]


@pytest.mark.parametrize(("values", "kernel"), [("INPUT", "KERNEL"), ("CLICK", "FADING")])
def test_both_operations_are_those_of_scipy_in_one_and_two_dimensions(values: str, kernel: str) -> None:
    lesson = script("01_convolution")
    pair = getattr(lesson, values), getattr(lesson, kernel)
    arrays = [tensor.numpy() for tensor in pair]
    assert np.array_equal(lesson.cross_correlate(*pair), correlate(*arrays, mode="valid"))
    assert np.array_equal(lesson.convolve(*pair), convolve(*arrays, mode="valid"))


def test_a_click_becomes_the_kernel_by_convolution_and_its_mirror_image_by_cross_correlation() -> None:
    lesson = script("01_convolution")
    assert torch.equal(lesson.convolve(lesson.CLICK, lesson.FADING), lesson.FADING)
    assert torch.equal(lesson.cross_correlate(lesson.CLICK, lesson.FADING), lesson.FADING.flip(1))


def test_ten_kernels_after_ten_give_ten_maps_each_the_sum_over_those_below() -> None:
    lesson = script("02_several_kernels")
    torch.manual_seed(0)
    trunk = lesson.Trunk(lesson.RECIPE.network, 12).double().requires_grad_(False)
    spectrogram = torch.randn(1, 12, 20, dtype=torch.float64)
    first, second = trunk.stages[0](spectrogram), trunk(spectrogram)[0]
    assert (first.shape, second.shape) == ((10, 10, 18), (10, 8, 16))
    assert torch.allclose(lesson.fused(first, trunk.stages[1]), second, rtol=0, atol=1e-12)
    assert not torch.allclose(lesson.fused(first.flip(0), trunk.stages[1]), second, atol=1e-3)
    assert [sum(weights.numel() for weights in layer.parameters()) for layer in trunk.stages] == [100, 910]


def test_connections_of_the_lecture_network_and_of_dense_layers_of_its_shapes() -> None:
    taps, first, second = 5 * 5, 32 * 996 * 996, 64 * 494 * 494
    assert script("03_shared_weights").counts("lecture") == [
        ("network.stage.0", 832, first * taps, 1000 * 1000 * first),
        ("network.stage.1", 51_264, second * 32 * taps, 32 * 498 * 498 * second),
    ]


def test_an_input_reaches_as_many_outputs_as_the_kernel_has_places_and_all_of_a_dense_layer() -> None:
    lesson = script("03_shared_weights")
    layer = lesson.ConvolutionStage(lesson.ROW, 1, "valid", lesson.Pace())
    first, second = lesson.joined(layer, 11), lesson.joined(layer, 9)
    expected = torch.zeros(9, 11, dtype=torch.bool)
    for output in range(9):
        expected[output, output : output + 3] = True
    assert torch.equal(first, expected)
    assert (second.int() @ first.int() > 0)[:, 5].sum() == 5
    assert lesson.joined(lesson.dense_layers(lesson.Dense(units=()), 11, 9), 11).all()


def test_gradients_reach_as_far_as_kernels_and_strides_say_at_every_layer() -> None:
    lesson = script("04_receptive_field")
    model, spectrogram = lesson.shipped_model(recording("pond"))
    layers = [layer for layer in model.network.geometry.layers if layer.kernel]
    assert len(layers) == 8
    for layer in layers:
        gradient = lesson.gradient(model, layer, spectrogram)
        assert lesson.size(gradient) == (layer.bands.size, layer.frames.size)
        first = [int(places.min()) for places in gradient.nonzero().T]
        assert first == [layer.output[1] // 2 * layer.bands.step, lesson.AROUND * layer.frames.step]


@pytest.fixture(scope="module")
def shipped() -> Any:
    return script("shipped").shipped_model(recording("meadow"))


@pytest.mark.parametrize("frames", [4, 8, 40])
def test_a_map_moves_by_what_the_call_moves_divided_by_the_stride(shipped: Any, frames: int) -> None:
    model, spectrogram = shipped
    stride = model.network.geometry.frames.step
    moved = script("05_equivariance").move(model.network.trunk, spectrogram[:, 195:250], frames)
    assert moved == (frames / stride, pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))


def test_between_multiples_of_the_stride_the_map_changes_its_maximum_less_and_a_trunk_of_stride_1_not(
    shipped: Any,
) -> None:
    model, spectrogram = shipped
    lesson, call = script("05_equivariance"), spectrogram[:, 195:250]
    for frames in (1, 2, 3):
        _, changed, largest_changed = lesson.move(model.network.trunk, call, frames)
        assert changed > 0.05
        assert 0 < largest_changed < changed
    assert lesson.move(model.network.trunk_at(1).requires_grad_(False), call, 3)[:2] == (3, pytest.approx(0, abs=1e-6))


def test_one_pass_scores_as_window_by_window(shipped: Any) -> None:
    lesson = script("05_equivariance")
    (shared, _), (single, _) = (lesson.scan(*shipped, engine) for engine in ("shared", "windows"))
    assert shared.shape == single.shape == (52, 59, 1)
    assert np.abs(shared - single).max() < 1e-6
    assert np.ptp(shared) > 0.9


def test_pooling_of_the_worked_example() -> None:
    lesson = script("06_pooling")
    largest, mean, coarse = (lesson.pool(lesson.INPUT, spec) for spec in lesson.POOLS)
    assert largest.tolist() == [[3, 3, 3], [3, 3, 3], [3, 2, 3]]
    assert torch.allclose(9 * mean, torch.tensor([[15, 15, 15], [9, 11, 16], [10, 7, 12.0]]))
    assert coarse.tolist() == [[3, 3], [3, 2]]


def test_one_dense_head_serves_inputs_of_all_sizes_by_the_same_grid() -> None:
    lesson = script("06_pooling")
    network = lesson.DetectorNetwork(lesson.recipe(64)).requires_grad_(False)
    maps = [network.trunk(torch.rand(1, *size)) for size in lesson.SIZES]
    assert [tuple(values.shape[1:]) for values in maps] == [(8, 13, 22), (8, 13, 59), (8, 29, 59), (8, 29, 122)]
    assert {tuple(network.head.grid(values).shape) for values in maps} == {(1, 8, 9, 9)}
    assert {tuple(network.head(values).shape) for values in maps} == {(1, 1)}
    assert network.head.dense[0].in_features == 8 * 9 * 9
    without = lesson.Network(stage=lesson.NETWORK.stage)
    bare = lesson.DetectorNetwork(lesson.recipe(64).model_copy(update={"network": without}))
    for values in maps:
        with pytest.raises(RuntimeError):
            bare.head(values)
