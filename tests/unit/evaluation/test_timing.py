from __future__ import annotations

import numpy as np
import pytest

from detector.evaluation.field import field_of_parts
from detector.evaluation.matching import find_hits
from detector.evaluation.material import LabelEvents
from detector.evaluation.timing import MatchedEvents, TimingErrors, TimingStatistic, match, pooled
from detector.evaluation.timing import measure_times as measure

from .conftest import event


def match_parts(parts: list[LabelEvents], least: float, threshold: float) -> MatchedEvents:
    field = field_of_parts(parts)
    (hits,) = find_hits(field, [least])
    return match(field, hits, least, np.full(1, threshold))


def measure_times(parts: list[LabelEvents], threshold: float = 0.0) -> TimingErrors:
    (errors,) = measure(match_parts(parts, 0.3, threshold))
    return errors


def listed(matched: MatchedEvents) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    pairs = list(zip(matched.wanted.tolist(), matched.found.tolist(), strict=True))
    return pairs, matched.misses.tolist(), matched.false_alarms.tolist()


def figures(parts: list[LabelEvents], weights: list[float], threshold: float = 0.0) -> dict[str, float]:
    timing = TimingStatistic([measure_times(parts, threshold)])
    return dict(zip(timing.names, timing(np.array(weights))[:, 0].tolist(), strict=True))


def test_errors_are_those_of_the_detection_less_the_annotation() -> None:
    reference = (event(10, 12), event(20, 22), event(30, 32))
    found = (event(9.8, 12), event(20.1, 22.3), event(30.4, 32.1))
    told = figures([LabelEvents(0, reference, found)], [1])
    assert told["onset_bias_s"] == pytest.approx(0.1)
    assert told["onset_median_s"] == pytest.approx(0.2)
    assert told["onset_p90_s"] == pytest.approx(0.2 + 0.8 * 0.2)
    assert told["offset_bias_s"] == told["offset_median_s"] == pytest.approx(0.1)
    assert told["offset_p90_s"] == pytest.approx(0.1 + 0.8 * 0.2)


def test_a_detection_is_compared_with_the_event_that_it_fits_best() -> None:
    part = LabelEvents(0, (event(0, 10), event(4, 14)), (event(4.1, 14), event(0.2, 10)))
    assert figures([part], [1])["onset_p90_s"] == pytest.approx(0.19)


def test_only_hits_at_the_threshold_are_compared() -> None:
    part = LabelEvents(
        0, (event(0, 2), event(5, 7)), (event(0.5, 2, score=0.3), event(5.1, 7, score=0.8), event(9, 10, score=1))
    )
    assert figures([part], [1], 0.5)["onset_median_s"] == pytest.approx(0.1)
    assert np.isnan(figures([part], [1], 0.95)["onset_median_s"])


def test_misses_and_false_alarms_are_what_is_in_no_pair_and_not_in_doubt() -> None:
    found = (event(5, 6, score=0.4), event(0, 1, score=0.5), event(8, 9, score=0.9), event(20, 21, score=0.9))
    part = LabelEvents(0, (event(0, 1), event(5, 6)), found, ((20.0, 21.0),))
    assert listed(match_parts([part], 0.3, 0.5)) == ([(0, 1)], [1], [2])


@pytest.mark.parametrize(("least", "is_enough"), [(0.2, True), (0.25, True), (0.26, False), (0.6, False)])
def test_hits_pairs_and_doubt_ask_for_the_same_overlap(least: float, is_enough: bool) -> None:
    found = (event(0, 2), event(20, 28))  # an IoU of 0.25 with the event, and with the span of doubt
    matched = match_parts([LabelEvents(0, (event(0, 8),), found, ((20.0, 22.0),))], least, 0.0)
    assert listed(matched) == (([(0, 0)], [], []) if is_enough else ([], [0], [0, 1]))


def test_a_unit_drawn_twice_counts_twice() -> None:
    one, other = LabelEvents(0, (event(0, 1),), (event(0.1, 1),)), LabelEvents(1, (event(0, 1),), (event(0.3, 1),))
    assert figures([one, other], [1, 1])["onset_median_s"] == pytest.approx(0.2)
    assert figures([one, other], [2, 1])["onset_median_s"] == pytest.approx(0.1)
    assert figures([one, other], [0, 1])["onset_median_s"] == pytest.approx(0.3)


def test_labels_are_put_together() -> None:
    parts = [LabelEvents(0, (event(0, 1),), (event(0.1, 1),)), LabelEvents(0, (event(0, 1),), (event(0.3, 1),))]
    together = pooled([measure_times([part]) for part in parts])
    assert TimingStatistic([together])(np.ones(1))[1, 0] == pytest.approx(0.2)
