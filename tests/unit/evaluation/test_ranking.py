from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from detector.evaluation.chain import Chain
from detector.evaluation.detection import AtIous, DetectionStatistic
from detector.evaluation.events import Counts, match
from detector.evaluation.field import field_of_parts
from detector.evaluation.material import LabelEvents, Material
from detector.evaluation.ranking import pooled, rank
from detector.evaluation.thresholds import curve_of

from .conftest import event, materials

ONE = np.ones(1)


def by_hand() -> LabelEvents:
    """Draw three events; from the surest down: hit, false alarm, hit, false alarm; the third event is missed."""
    reference = (event(0, 1), event(10, 11), event(20, 21))
    found = (event(0, 1, score=0.9), event(5, 6, score=0.8), event(10, 11, score=0.6), event(30, 31, score=0.3))
    return LabelEvents(0, reference, found)


def told(
    parts: list[LabelEvents], threshold: float = 0.0, seconds: float = 3600.0, least: float = 0.3
) -> dict[str, float]:
    ranking = rank(parts, least, threshold)
    detection = DetectionStatistic(Chain((ranking,)), np.full(len(parts), seconds), (1.0, 10.0))
    return dict(zip(detection.names, detection(np.ones(len(parts)))[:, 0].tolist(), strict=True))


def test_figures_worked_out_by_hand() -> None:
    figures = told([by_hand()])
    assert figures["precision"] == pytest.approx(2 / 4)
    assert figures["recall"] == pytest.approx(2 / 3)
    assert figures["f1"] == pytest.approx(4 / 7)
    assert figures["average_precision"] == pytest.approx(1 / 3 * 1 + 1 / 3 * 2 / 3)
    assert figures["best_f1"] == pytest.approx(4 / 6)  # at 0.6: 2 hits, 1 false alarm, 1 miss
    assert figures["best_precision"] == pytest.approx(2 / 3)
    assert figures["best_recall"] == pytest.approx(2 / 3)


def test_a_detection_at_the_threshold_counts_and_one_below_does_not() -> None:
    assert rank([by_hand()], 0.3, 0.6).counts() == Counts(2, 1, 1)
    assert rank([by_hand()], 0.3, 0.61).counts() == Counts(1, 1, 2)
    assert told([by_hand()], 0.61)["recall"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("hours", "at_one", "at_ten"),
    [(1.0, 2 / 3, 2 / 3), (0.999, 1 / 3, 2 / 3), (0.1, 1 / 3, 2 / 3), (0.099, 1 / 3, 1 / 3)],
)
def test_recall_at_a_rate_of_false_alarms_allows_exactly_that_rate(hours: float, at_one: float, at_ten: float) -> None:
    figures = told([by_hand()], seconds=3600 * hours)
    assert figures["recall_at_1_per_hour"] == pytest.approx(at_one)
    assert figures["recall_at_10_per_hour"] == pytest.approx(at_ten)


def test_recall_is_nothing_where_the_surest_detection_is_one_false_alarm_too_many() -> None:
    part = LabelEvents(0, (event(0, 1),), (event(5, 6, score=0.9), event(0, 1, score=0.8)))
    assert told([part], seconds=360)["recall_at_1_per_hour"] == 0
    assert told([part], seconds=3600)["recall_at_1_per_hour"] == 1


def test_equal_scores_come_together() -> None:
    tied = LabelEvents(0, (event(0, 1),), (event(0, 1, score=0.5), event(5, 6, score=0.5)))
    figures = told([tied], seconds=360)
    assert figures["average_precision"] == pytest.approx(0.5)
    assert figures["best_precision"] == pytest.approx(0.5)
    assert figures["recall_at_1_per_hour"] == 0


def test_what_does_not_exist_is_not_a_number() -> None:
    nothing_found, nothing_there = (
        told([LabelEvents(0, (event(0, 1),), ())]),
        told([LabelEvents(0, (), (event(0, 1, score=0.5),))]),
    )
    assert np.isnan(nothing_found["precision"])
    assert nothing_found["recall"] == nothing_found["f1"] == nothing_found["average_precision"] == 0
    assert nothing_there["precision"] == 0
    assert all(np.isnan(nothing_there[name]) for name in ("recall", "f1", "average_precision", "best_f1"))
    assert np.isnan(told([by_hand()], seconds=float("nan"))["recall_at_1_per_hour"])


def test_a_detection_on_a_doubtful_span_neither_rewards_nor_punishes() -> None:
    part = LabelEvents(0, (event(0, 1),), (event(0, 1, score=0.5), event(5, 6, score=0.9)), ((4.5, 6.5),))
    assert rank([part], 0.3, 0.0).counts() == Counts(1, 0, 0)
    assert told([part])["average_precision"] == 1


def test_a_hit_on_a_doubtful_span_stays_a_hit() -> None:
    part = LabelEvents(0, (event(5, 6),), (event(5, 6, score=0.9),), ((4.5, 6.5),))
    assert rank([part], 0.3, 0.0).counts() == Counts(1, 0, 0)


@settings(deadline=None)
@given(material=materials())
def test_figures_are_those_of_counting_anew_at_every_threshold(material: Material) -> None:
    for least in (0.1, 0.3, 0.7):
        parts = material.of_label("a")
        ranking = rank(parts, least, 0.0)
        rows = [anew(parts, least, threshold) for threshold in sorted(set(ranking.scores.tolist()), reverse=True)]
        curve = curve_of(ranking)
        assert list(zip(curve.hits, curve.false_alarms)) == [(one.hits, one.false_alarms) for one in rows]
        n = sum(len(part.reference) for part in parts)
        figures = told(parts, least=least)
        if n:
            before = [0, *(one.hits for one in rows)]
            expected = sum((one.hits - last) / n * one.precision for one, last in zip(rows, before))
            assert figures["average_precision"] == pytest.approx(expected)
            assert figures["best_f1"] == pytest.approx(max((one.f1 for one in rows), default=0.0))


def anew(parts: list[LabelEvents], least: float, threshold: float) -> Counts:
    """Count with the matching of `events`, the detections of one threshold at a time."""
    total = Counts()
    for part in parts:
        reported = [one for one in part.estimated if (one.score or 0) >= threshold]
        hits = len(match(part.reference, reported, least))
        whole = rank([LabelEvents(0, part.reference, tuple(reported), part.uncertain)], least, 0.0)
        left = len(reported) - len(whole.scores)  # on doubtful spans
        assert left <= field_of_parts([replace(part, unit=0)]).pardoned(least).sum()
        total += Counts(hits, len(reported) - left - hits, len(part.reference) - hits)
    return total


def test_labels_share_one_order_but_no_matches() -> None:
    one = rank([LabelEvents(0, (event(0, 1),), (event(0, 1, score=0.4),))], 0.3, 0.0)
    other = rank([LabelEvents(0, (event(5, 6),), (event(0, 1, score=0.8),))], 0.3, 0.9)
    both = pooled([one, other])
    assert both.scores.tolist() == [0.8, 0.4]
    assert both.counts() == Counts(1, 0, 1)  # the other label's threshold keeps its false alarm out
    assert AtIous({0.3: Chain((both,))})(ONE).tolist() == [[pytest.approx(0.25)]]
