"""The products of a trunk follow from its recipe; the rate of matrix products is measured."""

from __future__ import annotations

import pytest
import torch

from detector.benchmark.products import matrix_product_rate, trunk_multiply_adds
from detector.benchmark.scans import choose_hops
from detector.network.geometry import measure
from detector.presets import find_recipe, list_presets
from detector.recipe import Recipe
from detector.scanning.layout import lay_out


def lasting(recipe: Recipe, duration: float) -> Recipe:
    """Give the same recipe with longer windows."""
    return recipe.model_copy(update={"window": recipe.window.model_copy(update={"duration": duration})})


def trunk_products(recipe: Recipe) -> int:
    return sum(layer.multiply_adds for layer in measure(recipe).layers if layer.name.startswith("network.stage."))


def test_small_cnn_takes_the_products_of_its_layers_for_every_column() -> None:
    # (input channels x taps x filters x bands after the convolution) at columns every 1, 2, 4 and 4 frames of 20 ms
    per_frame = 1 * 25 * 32 * 60 + 32 * 9 * 64 * 28 / 2 + 64 * 9 * 96 * 12 / 4 + 96 * 9 * 128 * 4 / 4
    recipe = find_recipe("small-cnn")
    assert trunk_multiply_adds(recipe, lay_out(recipe, 1.44)) == pytest.approx(per_frame * 50)


def test_a_finer_step_computes_what_lies_above_it_more_often() -> None:
    recipe = find_recipe("small-cnn")
    coarse, fine = lay_out(recipe, 1.44), lay_out(recipe, 0.04)
    assert (coarse.step, fine.step) == (4, 2)
    last = (64 * 9 * 96 * 12 + 96 * 9 * 128 * 4) * 50  # its layers that have columns every 4 frames
    assert trunk_multiply_adds(recipe, fine) == pytest.approx(trunk_multiply_adds(recipe, coarse) + last / 2 - last / 4)


@pytest.mark.parametrize("name", [name for name in list_presets() if name != "waveform"])
def test_products_for_a_second_are_what_a_longer_window_takes_more(name: str) -> None:
    recipe = find_recipe(name)
    seconds = 64 * measure(recipe).frames.step / recipe.frame_rate
    more = trunk_products(lasting(recipe, 60 + seconds)) - trunk_products(lasting(recipe, 60))
    assert trunk_multiply_adds(recipe, lay_out(recipe)) == pytest.approx(more / seconds)


@pytest.mark.parametrize("name", ["small-cnn", "call-activity", "waveform"])
def test_windows_by_themselves_take_the_products_of_a_window_for_each(name: str) -> None:
    recipe = find_recipe(name)
    layout = lay_out(recipe, max(choose_hops(recipe).values()), "windows")
    assert trunk_multiply_adds(recipe, layout) == pytest.approx(trunk_products(recipe) / layout.grid.hop_s)


def test_the_rate_is_measured_and_leaves_the_settings_as_they_were(small_products: None) -> None:
    before = torch.get_num_threads(), torch.backends.cuda.matmul.allow_tf32
    assert matrix_product_rate(torch.device("cpu"), "float32") > 1e6
    assert matrix_product_rate(torch.device("cpu"), "bfloat16") > 1e4
    assert (torch.get_num_threads(), torch.backends.cuda.matmul.allow_tf32) == before
