"""Figures of units keep their laws, and their intervals stay honest where no resample differs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.estimates.intervals import rule_of_three, wilson
from detector.evaluation.units.evaluate import evaluate_units
from detector.evaluation.units.report import as_object, as_text
from detector.evaluation.units.scored import LabelledUnit, ScoredUnits

LABELS = ("a", "b", "c")


def units_of(labels: list[str], scores: list[list[float]], groups: list[int] | None = None) -> ScoredUnits:
    """Make files, each with the labels that are the letters of a text."""
    made = [LabelledUnit(Path(f"{n}.wav"), None, 0, np.inf, frozenset(text)) for n, text in enumerate(labels)]
    numbers = np.array(groups if groups is not None else range(len(labels)), np.intp)
    return ScoredUnits("files", made, LABELS, np.array(scores, float), numbers)


def perfect(n: int, *, right: bool = True, groups: list[int] | None = None) -> ScoredUnits:
    """Make n files of each label, which all get their own label, or all another one."""
    labels = [label for label in LABELS for _ in range(n)]
    shift = 0 if right else 1
    scores = [[float(LABELS[(k + shift) % 3] == label) for k in range(3)] for label in labels]
    return units_of(labels, scores, groups)


drawn = st.integers(3, 30).flatmap(
    lambda n: st.tuples(
        st.lists(st.sampled_from(["", "a", "b", "ab", "abc"]), min_size=n, max_size=n),
        st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=n, max_size=n),
        st.permutations(range(n)),
    )
)


@given(drawn)
def test_the_order_of_units_changes_no_figure(case: tuple[list[str], list[list[int]], list[int]]) -> None:
    labels, quarters, order = case
    scores = [[value / 4 for value in row] for row in quarters]
    moved = units_of([labels[n] for n in order], [scores[n] for n in order])
    figures = [as_object(evaluate_units(units, draws=0))["labels"] for units in (units_of(labels, scores), moved)]
    for label in LABELS:
        one, other = (made[label]["figures"] for made in figures)
        assert one["auroc"]["value"] == pytest.approx(other["auroc"]["value"], abs=1e-12)
        assert one["average_precision"]["value"] == pytest.approx(other["average_precision"]["value"], abs=1e-12)


@pytest.mark.parametrize(("right", "value"), [(True, 1.0), (False, 0.0)])
def test_intervals_at_the_ends_are_not_degenerate(right: bool, value: float) -> None:
    n = 10
    made = evaluate_units(perfect(n, right=right))
    three = rule_of_three(value, [n])
    assert three.high - three.low == pytest.approx(0.3)
    expected = {
        "accuracy": ("wilson", *wilson(value * 30, 30)),
        "balanced_accuracy": ("rule of three", *three),
        "macro_f1": ("rule of three", *three),
    }
    for name, limits in expected.items():
        figure = made.one_label[name]
        assert (figure.value, figure.interval, figure.low, figure.high) == pytest.approx((value, *limits))
    for figures in (*made.labels.values(), made.mean):
        assert figures["auroc"].low != figures["auroc"].high
    assert any("rule of three" in line for line in as_text(made))


def test_a_perfect_label_is_as_sure_as_its_recordings_are_many() -> None:
    lows = [evaluate_units(perfect(n)).labels["a"]["average_precision"].low for n in (2, 5, 30, 300)]
    assert lows == pytest.approx([0, 0.4, 0.9, 0.99])


def test_a_label_that_nearly_all_recordings_have_is_as_sure_as_those_without_it_are_many() -> None:
    n_without = 6
    units = units_of(["a"] * 24 + ["b"] * n_without, [[1, 0, 0]] * 24 + [[0, 1, 0]] * n_without)
    assert evaluate_units(units).labels["a"]["auroc"].low == pytest.approx(1 - 3 / n_without)


def test_units_of_one_recording_count_as_one_for_intervals() -> None:
    groups = [n // 6 for n in range(30)]
    figure = evaluate_units(perfect(10, groups=groups)).one_label["accuracy"]
    assert (figure.low, figure.high) == pytest.approx(wilson(5, 5))


def test_an_interval_that_the_bootstrap_makes_says_so_and_one_recording_has_none() -> None:
    units = perfect(10)
    units.scores[:4] = [0, 1, 0]
    assert evaluate_units(units).one_label["accuracy"].interval == "bootstrap"
    alone = evaluate_units(replace(units, groups=np.zeros(30, np.intp))).one_label["accuracy"]
    assert (alone.value, alone.low, alone.interval) == (pytest.approx(26 / 30), None, None)


def test_no_score_is_no_prediction_and_equal_scores_go_by_name() -> None:
    made = evaluate_units(units_of(["a", "b", "c"], [[0, 0, 0], [0.5, 0.5, 0], [0, 0.2, 0.3]]), draws=0)
    assert made.predictions is not None
    assert made.predictions.predicted.tolist() == [3, 0, 2]
    assert made.one_label["accuracy"].value == pytest.approx(1 / 3)
    assert made.one_label["top_3_accuracy"].value == pytest.approx(2 / 3)
    assert as_object(made)["one_label"]["confusion"]["predicted"] == ["a", "b", "c", None]


@pytest.mark.parametrize("labels", [["a", "b", "ab"], ["a", "b", ""], ["a", "a", "a"]])
def test_accuracy_needs_units_of_one_label_each_and_several_labels(labels: list[str]) -> None:
    made = evaluate_units(units_of(labels, [[0.5, 0.2, 0.1]] * 3), draws=0)
    assert (made.one_label, as_object(made)["one_label"]) == ({}, None)


def test_an_uncertain_unit_counts_only_for_the_labels_that_it_certainly_has() -> None:
    units = units_of(["a", "b", "a", "b"], [[0.9, 0.1, 0], [0.1, 0.9, 0], [0.8, 0.95, 0], [0.2, 0.8, 0]])
    doubtful = [*units.units[:2], replace(units.units[2], uncertain=True), units.units[3]]
    figures = evaluate_units(replace(units, units=doubtful), draws=0)
    assert evaluate_units(units, draws=0).labels["b"]["auroc"].value == pytest.approx(0.5)
    assert figures.labels["b"]["auroc"].value == 1
    assert figures.labels["a"]["auroc"].value == 1
    assert figures.predictions is None
