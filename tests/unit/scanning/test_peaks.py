"""Peaks of scores: which count, where they end, and that none depends on lower ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from detector.scanning.peak_finder import PeakFinder
from detector.scanning.peaks import PeakRule, fill_dips
from detector.scanning.windows import Points

Found = list[tuple[float | None, float | None, float]]
SCORES = st.lists(st.integers(0, 10).map(lambda n: n / 10) | st.floats(0, 1), min_size=1, max_size=40)
RULES = st.builds(
    PeakRule,
    threshold=st.floats(0, 1),
    level=st.sampled_from([0.3, 0.5, 0.7, 1.0]),
    depth=st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0]),
    gap=st.integers(0, 4),
)


def found(scores: list[float], rule: PeakRule | None = None, blocks: list[int] | None = None) -> Found:
    """Find peaks in scores that come a second apart."""
    finder = PeakFinder([rule or PeakRule(0.5, 0.5, 0.2)], Points(0.0, 1.0, 0.5))
    for block in np.split(np.array(scores)[:, None], np.minimum(np.cumsum(blocks or []), len(scores)).astype(int)):
        finder.push(block)
    return [(peak.start_s, peak.end_s, peak.score) for peak in finder.finish()]


def test_a_peak_ends_where_the_line_between_scores_crosses_half_its_height() -> None:
    assert found([0.0, 1.0, 0.75, 0.25, 0.0]) == [(0.5, 2.5, 1.0)]
    assert found([0.2, 0.8, 0.0]) == [(pytest.approx(1 / 3), 1.5, 0.8)]


def test_a_peak_as_high_as_the_threshold_counts() -> None:
    assert found([0.0, 0.5, 0.0]) == [(0.5, 1.5, 0.5)]
    assert found([0.0, 0.49, 0.0]) == []


def test_a_peak_at_an_end_of_the_scores_has_no_crossing_there() -> None:
    assert found([1.0, 0.0, 0.0, 1.0]) == [(None, 0.5, 1.0), (2.5, None, 1.0)]
    assert found([0.9, 0.6]) == [(None, None, 0.9)]
    assert found([0.1, 0.2]) == []


def test_peaks_are_parted_at_a_dip_that_is_deep_enough() -> None:
    scores = [0.0, 1.0, 0.7, 0.9, 0.0]
    assert found(scores, PeakRule(0.5, 0.5, 0.2)) == [(0.5, 2.0, 1.0), (2.0, 3.5, 0.9)]
    assert found(scores, PeakRule(0.5, 0.5, 0.3)) == [(0.5, pytest.approx(3 + 4 / 9), 1.0)]


def test_a_dip_below_the_level_parts_peaks_of_any_depth() -> None:
    assert found([0.0, 1.0, 0.4, 1.0, 0.0], PeakRule(0.5, 0.5, 1.0)) == [
        (0.5, pytest.approx(1 + 5 / 6), 1.0),
        (pytest.approx(2 + 1 / 6), 3.5, 1.0),
    ]


def test_a_bump_on_a_slope_is_no_peak() -> None:
    assert found([0.0, 1.0, 0.6, 0.62, 0.0], PeakRule(0.5, 0.5, 0.2)) == [(0.5, pytest.approx(3 + 12 / 62), 1.0)]


def test_dips_of_at_most_the_gap_are_filled() -> None:
    scores = [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    assert len(found(scores, PeakRule(0.5, 0.5, 0.2, 1))) == 2
    assert found(scores, PeakRule(0.5, 0.5, 0.2, 2)) == [(0.5, 4.5, 1.0)]


def test_peaks_end_in_the_middle_of_the_lowest_scores_between_them() -> None:
    assert found([0.0, 1.0, 0.6, 0.6, 0.6, 0.9, 0.0]) == [(0.5, 3.0, 1.0), (3.0, pytest.approx(5.5), 0.9)]
    notched = [0.0, 1.0, 0.6, 0.6, 0.0, 0.6, 0.6, 0.9, 0.0]
    assert [peak[:2] for peak in found(notched, PeakRule(0.5, 0.5, 0.2, 1))] == [(0.5, 4.0), (4.0, 7.5)]


def test_labels_have_rules_of_their_own() -> None:
    finder = PeakFinder([PeakRule(0.5, 0.5, 0.2), PeakRule(0.9, 0.5, 0.2)], Points(0.0, 1.0, 0.5))
    finder.push(np.array([[0.0, 0.0], [0.8, 0.8], [0.0, 0.0]]))
    assert [peak.label for peak in finder.finish()] == [0]


@given(scores=SCORES, rule=RULES, lower=st.floats(0, 1))
def test_the_peaks_of_a_threshold_are_those_of_a_lower_one_that_reach_it(
    scores: list[float], rule: PeakRule, lower: float
) -> None:
    of_lower = found(scores, replace(rule, threshold=lower * rule.threshold))
    assert found(scores, rule) == [peak for peak in of_lower if peak[2] >= rule.threshold]


@given(scores=SCORES, rule=RULES, blocks=st.lists(st.integers(0, 7), max_size=12))
def test_peaks_are_the_same_however_the_scores_are_divided(
    scores: list[float], rule: PeakRule, blocks: list[int]
) -> None:
    assert found(scores, rule, blocks) == found(scores, rule)


@given(scores=SCORES, rule=RULES)
def test_peaks_lie_apart_in_order_and_the_highest_score_is_one(scores: list[float], rule: PeakRule) -> None:
    peaks = found(scores, rule)
    n = len(scores)
    spans = [(-1.0 if start is None else start, float(n) if end is None else end) for start, end, _ in peaks]
    assert all(first[1] <= second[0] + 1e-9 for first, second in pairwise(spans))
    assert all(start <= end for start, end in spans)
    assert max((score for *_, score in peaks), default=None) == (max(scores) if max(scores) >= rule.threshold else None)


@given(scores=SCORES, rule=RULES)
def test_a_recording_backwards_has_the_peaks_backwards(scores: list[float], rule: PeakRule) -> None:
    """Of equal scores the first counts, so this holds where no two are equal, and no dip is filled."""
    distinct = [score + n * 1e-6 for n, score in enumerate(scores)]
    rule = replace(rule, gap=0)
    assume(len(set(distinct)) == len(distinct))
    last = len(scores) - 1
    mirrored = [
        (None if end is None else last - end, None if start is None else last - start, score)
        for start, end, score in reversed(found(distinct[::-1], rule))
    ]
    assert mirrored == [
        tuple(None if value is None else pytest.approx(value, abs=1e-6) for value in peak)
        for peak in found(distinct, rule)
    ]


@given(scores=SCORES, width=st.integers(0, 5))
def test_a_dip_is_filled_up_to_the_lower_of_its_sides_if_it_is_no_wider(scores: list[float], width: int) -> None:
    curve = np.array(scores)
    expected = curve.copy()
    for level in set(scores):
        high = np.flatnonzero(curve >= level)
        for first, second in pairwise(high):
            if second - first - 1 <= width:
                expected[first + 1 : second] = np.maximum(expected[first + 1 : second], level)
    assert fill_dips(curve, width).tolist() == expected.tolist()
