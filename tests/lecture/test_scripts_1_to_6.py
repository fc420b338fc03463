"""The first half of the lecture: its numbers, and that every script runs and draws."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.signal import convolve, correlate

LECTURE = Path(__file__).resolve().parents[2] / "examples" / "lecture"
SCRIPTS = sorted(path.stem for path in LECTURE.glob("0[1-6]_*.py"))


def script(name: str) -> Any:
    """Import a script as it is imported beside `common`."""
    if str(LECTURE) not in sys.path:
        sys.path.insert(0, str(LECTURE))
    return importlib.import_module(name)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_short_prints_and_draws(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "drawn.png"
    monkeypatch.setattr(sys, "argv", [name, "--plot", str(picture)])
    script(name).main()
    assert any(character.isdigit() for character in capsys.readouterr().out)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert len((LECTURE / f"{name}.py").read_text(encoding="utf-8").splitlines()) < 60


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
