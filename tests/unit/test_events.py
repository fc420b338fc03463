"""Events and the arithmetic of spans."""

from __future__ import annotations

import dataclasses

import pytest

from detector.events import Event, complement, iou, merged, overlap_s


def test_an_event_knows_its_span_and_length() -> None:
    event = Event(1.5, 4.0, "boobook")
    assert event.span == (1.5, 4.0)
    assert event.duration_s == 2.5
    assert (event.low_hz, event.high_hz, event.score) == (None, None, None)


def test_an_event_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Event(0.0, 1.0, "a").label = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [((0, 2), (1, 3), 1), ((0, 4), (1, 2), 1), ((0, 1), (1, 2), 0), ((0, 1), (5, 6), 0), ((2, 2), (0, 4), 0)],
)
def test_overlap_is_the_time_that_both_spans_hold(
    one: tuple[float, float], other: tuple[float, float], shared: float
) -> None:
    assert overlap_s(one, other) == shared


def test_iou_divides_intersection_by_union() -> None:
    assert iou((0, 2), (1, 3)) == pytest.approx(1 / 3)
    assert iou((0, 4), (1, 2)) == pytest.approx(1 / 4)


def test_iou_of_two_empty_spans_is_zero() -> None:
    assert iou((1, 1), (1, 1)) == 0.0


def test_merging_joins_what_touches_and_what_lies_within_the_gap() -> None:
    spans = [(5.0, 6.0), (0.0, 1.0), (1.0, 2.0), (2.5, 3.0)]
    assert merged(spans) == [(0.0, 2.0), (2.5, 3.0), (5.0, 6.0)]
    assert merged(spans, gap_s=0.5) == [(0.0, 3.0), (5.0, 6.0)]


def test_merging_keeps_the_later_end_of_a_span_within_another() -> None:
    assert merged([(0.0, 10.0), (1.0, 2.0)]) == [(0.0, 10.0)]


def test_complement_lists_what_is_free_within_the_bounds() -> None:
    assert complement([(1, 2), (4, 9)], 0, 8) == [(0, 1), (2, 4)]
    assert complement([(-1, 3)], 0, 5) == [(3, 5)]
    assert complement([], 0, 5) == [(0, 5)]
    assert complement([(0, 5)], 0, 5) == []
    assert complement([(7, 9)], 0, 5) == [(0, 5)]


def test_empty_and_inverted_spans_hold_no_time() -> None:
    assert complement([(2, 2), (4, 3)], 0, 5) == [(0, 5)]
