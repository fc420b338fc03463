"""Laws of events: what a threshold gives, through calibrations, and for windows as for frames."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.events import Event
from detector.operating.calibration import Calibration, Isotonic, Platt
from detector.operating.points import OperatingPoint
from detector.place import LocalPlace
from detector.scanning.blocks import ScoreBlock
from detector.scanning.events import EventFinder, EventRules
from detector.scanning.windows import Columns, WindowGrid
from tests.made import recipe

FRAMES = WindowGrid(0, 40, 40, 100.0, Columns(20, 2, 0.0))  # a score every 20 ms
WINDOWS = WindowGrid(0, 25, 100, 100.0)  # 1 s long, every 0.25 s
SCORES = st.lists(st.integers(0, 10).map(lambda n: n / 10) | st.floats(0, 1), min_size=1, max_size=40)
CALIBRATIONS = st.sampled_from(
    [
        None,
        Platt(slope=1.3, offset=-0.4),
        Platt(slope=3.0, offset=1.0),
        Isotonic(score=(0.0, 0.3, 0.5, 1.0), probability=(0.02, 0.03, 0.6, 0.97)),
    ]
)
POINTS = st.builds(
    OperatingPoint,
    name=st.just("x"),
    level=st.sampled_from([0.3, 0.5, 0.7]),
    depth=st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0]),
    gap_s=st.sampled_from([0.0, 0.03, 0.3, 2.0]),
    shortest_s=st.sampled_from([0.0, 0.05, 0.4]),
    smooth_s=st.sampled_from([None, 0.06]),
    typical_s=st.sampled_from([None, 0.3, 2.0]),
    calibration=CALIBRATIONS,
)


def events(scores: list[float], point: OperatingPoint, grid: WindowGrid, overlap: float = 0.5) -> list[Event]:
    """Find events in raw scores."""
    made = recipe("mel", labels={"names": ["x"], "overlap": overlap})
    finder = EventFinder(EventRules(made, grid, (point,)))
    seconds = grid.points.span(len(scores) - 1)[1]
    finder(ScoreBlock(LocalPlace("a.wav"), grid.points, 0, seconds, {"mix": np.array(scores)[:, None]}, seconds))
    return [event for _, event in finder.events()]


@pytest.mark.parametrize("grid", [FRAMES, WINDOWS])
@given(scores=SCORES, point=POINTS, overlap=st.sampled_from([0.2, 0.5, 0.8]), data=st.data())
def test_the_events_of_a_threshold_are_those_of_a_lower_one_that_reach_it(
    grid: WindowGrid, scores: list[float], point: OperatingPoint, overlap: float, data: st.DataObject
) -> None:
    written = point.written(np.array(scores)).tolist()
    threshold = data.draw(st.floats(0, 1) | st.sampled_from(written))
    lower = data.draw(st.floats(0, 1)) * threshold
    of_lower = events(scores, point.at(lower), grid, overlap)
    assert events(scores, point.at(threshold), grid, overlap) == [
        event for event in of_lower if (event.score or 0.0) >= threshold
    ]


@given(scores=SCORES, calibration=CALIBRATIONS)
def test_a_score_is_found_at_the_threshold_that_it_is_written_as(
    scores: list[float], calibration: Calibration | None
) -> None:
    point = OperatingPoint(name="x", calibration=calibration)
    highest = float(point.written(np.array(scores)).max())
    found = events(scores, point.at(highest), FRAMES)
    assert max(event.score for event in found) == highest


@pytest.mark.parametrize("overlap", [0.5, 0.8])
def test_without_a_gap_no_dip_of_windows_is_filled(overlap: float) -> None:
    scores = [0.0, 0.9, 0.9, 0.0, 0.9, 0.9, 0.0, 0.0]
    point = OperatingPoint(name="x", typical_s=0.3)
    assert len(events(scores, point, WINDOWS, overlap)) == 2
    assert len(events(scores, replace_gap(point, 2.0), WINDOWS, overlap)) == 1


def test_the_gap_between_the_sounds_of_windows_is_what_counts() -> None:
    """Two sounds of 0.3 s make peaks of 1 s each, so a dip of 0.5 s of low scores lies between sounds 1.2 s apart."""
    scores = [0.0, *[0.9] * 4, 0.0, 0.0, *[0.9] * 4, 0.0]
    point = OperatingPoint(name="x", typical_s=0.3)
    first, second = events(scores, point, WINDOWS)
    gap_s = second.start_s - first.end_s
    assert len(events(scores, replace_gap(point, gap_s + 0.05), WINDOWS)) == 1
    assert len(events(scores, replace_gap(point, gap_s - 0.3), WINDOWS)) == 2


def test_a_window_event_of_which_little_is_left_beside_a_higher_one_is_none() -> None:
    scores = [0.0, 0.9, 0.95, 0.6, 0.7, 0.0, 0.0, 0.0, 0.0]
    point = OperatingPoint(name="x", typical_s=1.0, depth=0.1)
    found = events(scores, point, WINDOWS)
    assert all(event.duration_s >= 0.5 for event in found)


def replace_gap(point: OperatingPoint, gap_s: float) -> OperatingPoint:
    return point.model_copy(update={"gap_s": gap_s})
