"""Events of a label with an onset output: where onsets divide them, and the laws that hold as without onsets."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.events import ONSET_SPAN_S, Event
from detector.operating.points import OperatingPoint
from detector.place import LocalPlace
from detector.scanning.blocks import ScoreBlock
from detector.scanning.events import EventFinder, EventRules, Smoothing
from detector.scanning.onsets import INSIDE_S, divided, onset_s
from detector.scanning.windows import Columns, WindowGrid
from tests.made import recipe
from tests.unit.scanning.test_event_laws import POINTS

STEP_S = 0.01
GRID = WindowGrid(0, 40, 40, 1 / STEP_S, Columns(40, 1, 0.0))  # a score every 10 ms
LABELS = {"names": ["x"], "onsets": True}
MADE = recipe("mel", labels=LABELS, network={"dense": {"units": [8], "per": "frame"}})
PLAIN = recipe("mel", labels={"names": ["x"]}, network={"dense": {"units": [8], "per": "frame"}})
SCORE = st.integers(0, 10).map(lambda n: n / 10) | st.floats(0, 1)
SCORES = st.lists(st.tuples(SCORE, SCORE), min_size=1, max_size=60).map(np.array)
WITH_ONSETS = st.builds(
    lambda point, onset: point.model_copy(update={"onset_threshold": onset}),
    POINTS,
    st.sampled_from([None, 0.5, 0.7, 0.9]),
)


def rules(point: OperatingPoint, *, has_onsets: bool = True) -> EventRules:
    return EventRules(MADE if has_onsets else PLAIN, GRID, (point,))


def events(scores: np.ndarray, event_rules: EventRules, cuts: list[int] | None = None) -> list[Event]:
    """Find events in raw scores (point, output), which come in blocks that end at `cuts`."""
    smoothing = Smoothing(event_rules)
    finder = EventFinder(event_rules)
    seconds = GRID.points.span(len(scores) - 1)[1]
    borders = [0, *sorted({cut for cut in cuts or [] if 0 < cut < len(scores)}), len(scores)]
    for first, end in pairwise(borders):
        heard_s = seconds if end == len(scores) else None
        finder(
            smoothing(ScoreBlock(LocalPlace("a.wav"), GRID.points, first, seconds, {"mix": scores[first:end]}, heard_s))
        )
    return [event for _, event in finder.events()]


def bump(*spans: tuple[float, float], n: int = 100, score: float = 0.95) -> np.ndarray:
    """Make scores that are high in the spans, s."""
    times = np.arange(n) * STEP_S
    inside = [(times >= start - 1e-9) & (times < end - 1e-9) for start, end in spans]
    return np.where(np.logical_or.reduce(inside), score, 0.0)


def onset_bump(*onsets: float, n: int = 100) -> np.ndarray:
    """Make scores of onsets as they are trained."""
    first_s, end_s = ONSET_SPAN_S
    return bump(*((onset + first_s, onset + end_s) for onset in onsets), n=n)


@given(scores=SCORES, point=WITH_ONSETS, data=st.data())
def test_the_events_of_a_threshold_are_those_of_a_lower_one_that_reach_it(
    scores: np.ndarray, point: OperatingPoint, data: st.DataObject
) -> None:
    written = point.written(scores[:, 0]).tolist()
    threshold = data.draw(st.floats(0, 1) | st.sampled_from(written))
    lower = data.draw(st.floats(0, 1)) * threshold
    of_lower = events(scores, rules(point.at(lower)))
    reaching = [event for event in of_lower if (event.score or 0.0) >= threshold]
    assert events(scores, rules(point.at(threshold))) == reaching


@given(scores=SCORES, point=WITH_ONSETS, cuts=st.lists(st.integers(1, 59), max_size=6))
def test_events_do_not_depend_on_blocks(scores: np.ndarray, point: OperatingPoint, cuts: list[int]) -> None:
    assert events(scores, rules(point), cuts) == events(scores, rules(point))


@given(scores=SCORES, point=WITH_ONSETS)
def test_without_a_threshold_for_onsets_events_are_those_of_a_model_without_onsets(
    scores: np.ndarray, point: OperatingPoint
) -> None:
    unused = point.model_copy(update={"onset_threshold": None})
    assert events(scores, rules(unused)) == events(scores[:, :1], rules(unused, has_onsets=False))


@given(scores=SCORES, point=WITH_ONSETS)
def test_the_parts_of_an_event_cover_it_and_keep_its_score(scores: np.ndarray, point: OperatingPoint) -> None:
    every = point.model_copy(update={"shortest_s": 0.0})
    whole = events(scores, rules(every.model_copy(update={"onset_threshold": None})))
    parts = events(scores, rules(every))
    for event in whole:
        of_event = [part for part in parts if event.start_s <= part.start_s < event.end_s]
        assert of_event[0].start_s == event.start_s
        assert max(part.end_s for part in of_event) == event.end_s
        assert {part.score for part in of_event} == {event.score}
        assert all(after.start_s <= before.end_s for before, after in pairwise(of_event))
    assert {part.score for part in parts} == {event.score for event in whole}


def test_calls_that_touch_are_parted_at_the_onset_between_them() -> None:
    scores = np.stack([bump((0.2, 0.6)), onset_bump(0.2, 0.4)], axis=1)
    first, second = events(scores, rules(OperatingPoint(name="x", onset_threshold=0.7)))
    assert (first.start_s, second.end_s) == pytest.approx((0.2, 0.6), abs=STEP_S)
    assert first.end_s == second.start_s == pytest.approx(0.4, abs=0.6 * STEP_S)
    assert len(events(scores, rules(OperatingPoint(name="x")))) == 1
    assert len(events(scores, rules(OperatingPoint(name="x", onset_threshold=0.96)))) == 1


def test_calls_that_overlap_last_as_long_as_the_last_one() -> None:
    """Two calls of 0.3 s, of which the second begins 0.1 s after the first."""
    assert list(divided([(1.0, 1.4, 0.9)], [1.0, 1.1])) == [
        (1.0, pytest.approx(1.3), 0.9),
        (1.1, 1.4, 0.9),
    ]


@given(
    start_s=st.floats(0, 10),
    length_s=st.floats(0, 2),
    onsets_s=st.lists(st.floats(0, 12), max_size=6).map(sorted),
)
def test_onsets_near_an_end_or_outside_divide_nothing(start_s: float, length_s: float, onsets_s: list[float]) -> None:
    end_s = start_s + length_s
    inside = [onset for onset in onsets_s if start_s + INSIDE_S <= onset <= end_s - INSIDE_S]
    begins = [begin for begin, _, _ in divided([(start_s, end_s, 0.5)], onsets_s)]
    assert begins == [start_s, *inside]


@given(onset=st.floats(0, 100))
def test_a_peak_as_wide_as_the_target_lies_at_its_onset(onset: float) -> None:
    first_s, end_s = ONSET_SPAN_S
    assert onset_s((onset + first_s, onset + end_s)) == pytest.approx(onset)
