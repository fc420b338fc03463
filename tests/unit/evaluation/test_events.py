from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.evaluation.events import Counts, count, match
from detector.events import Event, iou


def event(start: float, end: float, label: str = "a") -> Event:
    return Event(start, end, label)


spans = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda pair: event(pair[0], pair[0] + pair[1])), max_size=5
)


@settings(deadline=None)
@given(reference=spans, estimated=spans, least=st.sampled_from([0.1, 0.3, 0.5, 0.8, 1.0]))
def test_no_other_pairing_finds_more(reference: list[Event], estimated: list[Event], least: float) -> None:
    pairs = match(reference, estimated, least)
    assert len({r for r, _ in pairs}) == len({e for _, e in pairs}) == len(pairs)
    assert all(iou(reference[r].span, estimated[e].span) >= least for r, e in pairs)
    small, large = sorted((reference, estimated), key=len)
    best = max(
        sum(iou(one.span, other.span) >= least for one, other in zip(small, order, strict=False))
        for order in permutations(large, len(small))
    )
    assert len(pairs) == best


def test_greedy_matching_would_lose_a_pair() -> None:
    # The first estimate fits both references, the second only the first: taking pairs in turn finds one.
    reference = [event(0, 10), event(2, 12)]
    estimated = [event(1, 11), event(0, 8)]
    assert len(match(reference, estimated, 0.6)) == 2


def test_an_estimate_of_exactly_the_least_overlap_is_a_hit() -> None:
    assert match([event(0, 2)], [event(0, 1)], 0.5) == [(0, 0)]
    assert match([event(0, 2)], [event(0, 0.99)], 0.5) == []


def test_events_of_other_labels_and_recordings_are_never_paired() -> None:
    reference = {"x.wav": [event(0, 1, "a")], "y.wav": [event(0, 1, "b")]}
    estimated = {"x.wav": [event(0, 1, "b")], "z.wav": [event(0, 1, "a")]}
    assert count(reference, estimated, 0.5) == {"a": Counts(0, 1, 1), "b": Counts(0, 1, 1)}


def test_figures_of_counts() -> None:
    counts = Counts(hits=6, false_alarms=2, misses=4)
    assert counts.precision == pytest.approx(0.75)
    assert counts.recall == pytest.approx(0.6)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
