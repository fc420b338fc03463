"""A description says what would be built, in figures, without building it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from detector.errors import ConfigurationError
from detector.network.description import describe_recipe
from detector.network.geometry import measure
from detector.network.rows import Description
from detector.presets import find_recipe
from detector.recipe import Recipe, parse_recipe


def described(text: str) -> Description:
    return describe_recipe("mine", parse_recipe(text, "mine"))


def recipe_of(**content: Any) -> Recipe:
    return Recipe.model_validate({"network": {"stage": [{"filters": 2}]}} | content)


def test_rows_are_those_of_the_geometry() -> None:
    recipe = find_recipe("small-cnn")
    rows = describe_recipe("small-cnn", recipe).layers
    layers = measure(recipe).layers
    assert [(row.output, row.parameters, row.connections) for row in rows] == [
        (layer.output, layer.parameters, layer.connections) for layer in layers
    ]
    assert [row.layer for row in rows][:3] == ["stage.0", "stage.0.pool", "stage.1"]


def test_sparse_interaction_and_parameter_sharing_of_the_lectures_first_convolution() -> None:
    row = describe_recipe("lecture", find_recipe("lecture")).layers[0]
    assert row.output == (32, 996, 996)
    assert row.parameters == 832
    assert row.connections == 996 * 996 * 32 * 25
    assert row.connected == pytest.approx(25 / 1_000_000)
    assert row.shared == pytest.approx(996 * 996 * 32 * 25 / 832)


def test_a_dense_layer_is_fully_connected_and_shares_nothing() -> None:
    dense = describe_recipe("small-cnn", find_recipe("small-cnn")).layers[-1]
    assert dense.connected == 1.0
    assert dense.shared == pytest.approx(1.0, abs=0.01)
    assert dense.every is None


def test_what_sees_the_whole_window_sees_all_that_reaches_the_columns() -> None:
    recipe = find_recipe("lenet")
    description = describe_recipe("lenet", recipe)
    unused = description.totals.unused_frames
    for row in description.layers[-3:]:
        assert row.sees.frames == recipe.window_frames - unused
    assert unused == 3


def test_the_product_count_of_a_second_does_not_depend_on_the_window() -> None:
    recipe = find_recipe("small-cnn")
    longer = recipe.model_copy(update={"window": recipe.window.model_copy(update={"duration": 30.0})})
    second = describe_recipe("a", recipe).totals.trunk_multiply_adds_per_s
    assert describe_recipe("b", longer).totals.trunk_multiply_adds_per_s == pytest.approx(second)
    total = measure(longer).multiply_adds / 30
    assert second == pytest.approx(total, rel=0.05)


def test_totals_are_sums_over_the_layers() -> None:
    description = describe_recipe("residual", find_recipe("residual"))
    totals = description.totals
    assert totals.parameters == sum(row.parameters for row in description.layers)
    assert totals.parameter_bytes == 4 * totals.parameters
    assert totals.multiply_adds == sum(row.multiply_adds for row in description.layers)
    assert totals.head_multiply_adds == sum(row.multiply_adds for row in description.layers[-2:])
    assert totals.activation_bytes == sum(row.activation_bytes for row in description.layers)
    assert totals.column_ms == 10.0


def test_a_layer_that_is_too_large_is_described_with_what_would_mend_it() -> None:
    recipe = find_recipe("lecture")
    description = describe_recipe("lecture", recipe, memory=16 * 2**30)
    assert [row.layer for row in description.layers if row.too_large] == ["dense.0"]
    (note,) = [note for note in description.notes if "Too large" in note]
    assert "3,904,577,000 parameters" in note
    assert "network.grid" in note
    assert not any(row.too_large for row in describe_recipe("lecture", recipe, memory=64 * 2**30).layers)


NOTES = {
    "labels.names is empty": ({}, {"labels": {"names": ["a"]}}),
    'network.padding = "same"': (
        {"network": {"stage": [{"filters": 2}], "padding": "same"}},
        {"network": {"stage": [{"filters": 2}]}},
    ),
    "time constant 0.4 s": ({"frontend": {"kind": "mel", "scaling": "pcen"}}, {}),
    "time constant 5 s": ({"frontend": {"kind": "mel", "background": 5}}, {}),
    "mel bands lie between two Fourier bins": ({"frontend": {"kind": "mel", "n_fft": 256, "hop_length": 128}}, {}),
    "evenly spaced in octaves": ({"frontend": {"kind": "cqt"}}, {}),
    "takes the 128 bands as channels": ({"network": {"stage": [{"kind": "conv1d", "filters": 2}]}}, {}),
}


@pytest.mark.parametrize("words", NOTES)
def test_what_a_reader_should_know_is_noted_where_it_holds_and_only_there(words: str) -> None:
    holds, does_not = NOTES[words]
    assert any(words in note for note in describe_recipe("x", recipe_of(**holds)).notes)
    assert not any(words in note for note in describe_recipe("x", recipe_of(**does_not)).notes)


def test_a_network_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"network\.stage\.0\.kernel"):
        described("[window]\nduration = 0.1\n[network]\nstage = [{ filters = 1, kernel = 9 }]")


def test_a_description_is_plain_json() -> None:
    description = describe_recipe("cqt-cnn", find_recipe("cqt-cnn"))
    content = json.loads(json.dumps(asdict(description), allow_nan=False))
    assert content["layers"][0]["output"] == [10, 92, 148]
    assert content["frontend"]["output"] == [2, 96, 150]
    assert content["frontend"]["frame_ms"][0] > content["frontend"]["frame_ms"][1]
