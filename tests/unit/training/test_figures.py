"""Figures of a split: of labels that occur, on targets that are known."""

from __future__ import annotations

import numpy as np
import pytest

from detector.training.figures import TrainFigures, best_threshold, compute_figures, f1_at

LABELS = ("a", "b", "c")


def of(scores: list[list[float]], targets: list[list[float]], *, exclusive: bool = False) -> TrainFigures:
    return compute_figures(LABELS[: len(scores[0])], np.float32(scores), np.float32(targets), 0.5, exclusive=exclusive)


def test_labels_that_never_or_always_occur_have_no_figure() -> None:
    found = of([[0.9, 0.9, 0.2], [0.1, 0.9, 0.3]], [[1, 1, 0], [0, 1, 0]])
    assert found.average_precision == {"a": 1.0}
    assert set(found.f1) == set(found.threshold) == {"a"}
    assert found.mean_average_precision == 1.0


def test_unknown_targets_are_left_out() -> None:
    found = of([[0.9], [0.8], [0.1]], [[1], [-1], [0]])
    assert found.average_precision == {"a": 1.0}
    assert of([[0.9], [0.95], [0.1]], [[1], [0], [0]]).average_precision == {"a": 0.5}


def test_no_label_to_tell_apart_gives_no_number() -> None:
    assert np.isnan(of([[0.9], [0.8]], [[0], [0]]).mean_average_precision)


@pytest.mark.parametrize(("exclusive", "accuracy"), [(True, 0.5), (False, None)])
def test_accuracy_is_the_share_of_single_labels_that_score_highest(exclusive: bool, accuracy: float | None) -> None:
    scores = [[0.6, 0.4], [0.6, 0.4], [0.1, 0.2], [0.9, 0.1]]
    targets: list[list[float]] = [[1, 0], [0, 1], [0, 0], [-1, -1]]
    assert of(scores, targets, exclusive=exclusive).accuracy == accuracy


def test_the_threshold_lies_in_the_middle_of_the_widest_gap() -> None:
    scores = np.float32([0.9, 0.8, 0.2, 0.1])
    assert best_threshold(scores, np.array([True, True, False, False])) == (1.0, pytest.approx(0.5))
    same = np.float32([0.9, 0.8, 0.75, 0.6])  # from 0.9 or from 0.6 on: both give 2/3
    assert best_threshold(same, np.array([True, False, False, True]))[1] == pytest.approx(0.3)


def test_f1_is_at_the_thresholds_that_are_given() -> None:
    scores, targets = np.float32([[0.9], [0.6], [0.4]]), np.float32([[1], [0], [1]])
    found = compute_figures(("a",), scores, targets, 0.5, exclusive=False, thresholds={"a": 0.5, "b": 0.1})
    assert (found.f1, found.threshold) == ({"a": 0.5}, {"a": 0.5})
    assert f1_at(0.3, scores[:, 0], targets[:, 0] == 1) == pytest.approx(0.8)
    assert f1_at(0.95, scores[:, 0], targets[:, 0] == 1) == 0


def test_scores_of_nothing_but_zero_find_nothing() -> None:
    f1, threshold = best_threshold(np.zeros(3, dtype=np.float32), np.array([True, False, True]))
    assert (f1, 0 < threshold < 1) == (0.0, True)
