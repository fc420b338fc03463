"""The laws of span arithmetic."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from detector.events import Span, complement, iou, merged, overlap_s

times = st.integers(0, 400).map(lambda quarter: quarter / 4)  # exact in floating point, so that sums can be compared
spans = st.tuples(times, times).map(lambda pair: (min(pair), max(pair)))
proper = spans.filter(lambda span: span[1] > span[0])


def total(parts: list[Span]) -> float:
    return sum(end - start for start, end in parts)


@given(spans, spans)
def test_overlap_and_iou_are_symmetric_and_bounded(one: Span, other: Span) -> None:
    assert overlap_s(one, other) == overlap_s(other, one)
    assert 0 <= overlap_s(one, other) <= min(one[1] - one[0], other[1] - other[0])
    assert iou(one, other) == iou(other, one)
    assert 0 <= iou(one, other) <= 1


@given(proper)
def test_a_span_fills_itself(span: Span) -> None:
    assert iou(span, span) == 1.0


@given(proper, proper)
def test_only_equal_spans_have_an_iou_of_one(one: Span, other: Span) -> None:
    assert (iou(one, other) == 1.0) == (one == other)


@given(st.lists(spans, max_size=12), times)
def test_merged_spans_are_in_order_further_apart_than_the_gap_and_cover_the_same(parts: list[Span], gap: float) -> None:
    joined = merged(parts, gap)
    assert all(after[0] - before[1] > gap for before, after in pairwise(joined))
    for start, end in parts:
        assert any(left <= start and end <= right for left, right in joined)
    starts, ends = {start for start, _ in parts}, {end for _, end in parts}
    assert all(start in starts and end in ends for start, end in joined)


@given(st.lists(spans, max_size=12), times)
def test_merging_twice_changes_nothing(parts: list[Span], gap: float) -> None:
    assert merged(merged(parts, gap), gap) == merged(parts, gap)


@given(st.lists(spans, max_size=12), spans)
def test_complement_and_spans_share_no_time_and_fill_the_whole(parts: list[Span], bounds: Span) -> None:
    free = complement(parts, *bounds)
    held = [overlap_s(part, bounds) for part in merged(parts)]
    assert all(overlap_s(part, gap) == 0 for part in parts for gap in free)
    assert total(free) + sum(held) == bounds[1] - bounds[0]
    assert free == merged(free)
