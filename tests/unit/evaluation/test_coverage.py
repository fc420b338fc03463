from __future__ import annotations

import numpy as np
import pytest

from detector.evaluation.coverage import CoverageStatistic, Covered, pooled
from detector.evaluation.coverage import cover as cover_field
from detector.evaluation.field import field_of_parts
from detector.evaluation.material import LabelEvents
from detector.evaluation.settings import EvaluateSettings

from .conftest import event


def counted(parts: list[LabelEvents], settings: EvaluateSettings, threshold: float) -> Covered:
    (covered,) = cover_field(field_of_parts(parts), settings, np.full(1, threshold))
    return covered


def figures(covered: Covered) -> list[float]:
    told: list[float] = CoverageStatistic([covered])(np.ones(1))[:, 0].tolist()
    return told


def cover(parts: list[LabelEvents], settings: EvaluateSettings, threshold: float) -> list[float]:
    return figures(counted(parts, settings, threshold))


def test_several_detections_cover_one_call_and_one_covers_several() -> None:
    # 0-10 is covered to 60 % by two detections; 20-22 and 23-25 to all by one, of which 4/6 is used; 40-50 to 40 %.
    reference = (event(0, 10), event(20, 22), event(23, 25), event(40, 50))
    found = (event(0, 3), event(7, 10), event(20, 26), event(46, 56))
    precision, recall, f1 = cover([LabelEvents(0, reference, found)], EvaluateSettings(), 0.0)
    assert (precision, recall) == (3 / 4, 3 / 4)
    assert f1 == pytest.approx(3 / 4)
    stricter = EvaluateSettings(least_covered=0.7, least_used=0.7)
    assert cover([LabelEvents(0, reference, found)], stricter, 0.0)[:2] == [2 / 4, 2 / 4]


def test_exactly_the_least_share_is_enough() -> None:
    part = LabelEvents(0, (event(0, 1),), (event(0.5, 1.5),))
    assert cover([part], EvaluateSettings(), 0.0) == [1, 1, 1]
    assert cover([part], EvaluateSettings(least_covered=0.51, least_used=0.51), 0.0) == [0, 0, 0]


def test_detections_below_the_threshold_cover_nothing() -> None:
    part = LabelEvents(0, (event(0, 1),), (event(0, 1, score=0.4), event(5, 6, score=0.6)))
    assert cover([part], EvaluateSettings(), 0.5) == [0, 0, 0]
    assert cover([part], EvaluateSettings(), 0.4)[:2] == [0.5, 1]


def test_overlapping_detections_cover_once() -> None:
    part = LabelEvents(0, (event(0, 10),), (event(0, 4), event(0, 4)))
    assert cover([part], EvaluateSettings(), 0.0)[1] == 0


def test_doubt_neither_rewards_nor_punishes() -> None:
    part = LabelEvents(0, (event(0, 1),), (event(0, 1), event(5, 6)), ((5.0, 6.0),))
    assert cover([part], EvaluateSettings(), 0.0) == [1, 1, 1]


def test_a_detection_on_doubt_that_is_used_counts() -> None:
    part = LabelEvents(0, (event(0, 1),), (event(0, 1), event(5, 6)), ((0.0, 1.0),))
    assert cover([part], EvaluateSettings(), 0.0)[:2] == [0.5, 1]


def test_each_share_is_asked_of_its_own_side() -> None:
    half_covered = LabelEvents(0, (event(0, 10),), (event(0, 5),))  # and used wholly
    half_used = LabelEvents(0, (event(0, 5),), (event(0, 10),))  # and covered wholly
    of_calls, of_detections = (
        EvaluateSettings(least_covered=0.9, least_used=0.4),
        EvaluateSettings(least_covered=0.4, least_used=0.9),
    )
    assert cover([half_covered], of_calls, 0.0)[:2] == [1, 0]
    assert cover([half_used], of_calls, 0.0)[:2] == [1, 1]
    assert cover([half_covered], of_detections, 0.0)[:2] == [1, 1]
    assert cover([half_used], of_detections, 0.0)[:2] == [0, 1]


def test_labels_are_added_up() -> None:
    one, other = LabelEvents(0, (event(0, 1),), (event(0, 1),)), LabelEvents(0, (event(0, 1),), ())
    precision, recall, _ = figures(pooled([counted([part], EvaluateSettings(), 0.0) for part in (one, other)]))
    assert (precision, recall) == (1, 0.5)
