from __future__ import annotations

import numpy as np
import pytest

from detector.events import iou
from detector.model import OperatingPoint
from detector.scanning.cuts import apart
from detector.scanning.events import events_of
from detector.scanning.peak_finder import PeakFinder, TimedPeak
from detector.scanning.peaks import PeakRule
from detector.scanning.spans import ColumnReading, WindowReading
from detector.scanning.windows import Points

WINDOW = 3.0


def window_scores(call: tuple[float, float], seconds: float, hop: float, overlap: float) -> np.ndarray:
    """Score windows exactly by the overlap rule."""
    starts = np.arange(1 + max(0, int(np.ceil((seconds - WINDOW) / hop)))) * hop
    shared = np.minimum(starts + WINDOW, call[1]) - np.maximum(starts, call[0])
    return (shared >= overlap * min(WINDOW, call[1] - call[0])).astype(float)


def read_windows(
    call: tuple[float, float], seconds: float, hop: float, typical: float | None, overlap: float = 0.5
) -> list[tuple[float, float]]:
    points = Points(WINDOW / 2, hop, WINDOW / 2)
    finder = PeakFinder([PeakRule(0.5, 0.5, 0.5)], points)
    finder.push(window_scores(call, seconds, hop, overlap)[:, None])
    reading = WindowReading(points, finder.n_points, seconds, overlap)
    return [event.span for event in events_of(finder.finish(), reading, [OperatingPoint(name="x", typical_s=typical)])]


@pytest.mark.parametrize("overlap", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("length", [0.3, 1.0, 2.0, 3.0])
def test_a_typical_call_is_found_to_half_a_hop_anywhere_in_a_recording(length: float, overlap: float) -> None:
    hop = WINDOW / 8
    for start in np.linspace(0, 20 - length, 400):
        (event,) = read_windows((start, start + length), 20.0, hop, length, overlap)
        assert event == pytest.approx((start, start + length), abs=hop / 2 + 1e-9)


def test_a_typical_call_overlaps_its_event_well() -> None:
    found = [(s, read_windows((s, s + 2.0), 20.0, WINDOW / 8, 2.0)[0]) for s in np.linspace(0, 18, 400)]
    assert min(iou(event, (start, start + 2.0)) for start, event in found) > 0.8


@pytest.mark.parametrize(("typical", "lowest"), [(3.0, 0.9), (2.0, 0.8), (None, 0.9)])
def test_a_long_call_is_found_as_long_as_it_is(typical: float | None, lowest: float) -> None:
    for start in np.random.default_rng(3).uniform(3, 15, 100):
        (event,) = read_windows((start, start + 9.0), 30.0, WINDOW / 8, typical)
        assert iou(event, (start, start + 9.0)) > lowest


def test_a_row_of_calls_is_found_from_the_first_to_the_last() -> None:
    reading = WindowReading(Points(1.5, 0.375, 1.5), 100, 38.0, 0.5)
    # calls of 0.5 s from 10.0 and 12.0: middles of windows from 10.25 - 1.5 to 12.25 + 1.5 score high
    assert reading.span(TimedPeak(0, 8.75, 13.75, 1.0), 0.5) == pytest.approx((10.0, 12.5))


def test_a_call_longer_than_typical_at_the_start_is_longer_by_what_the_typical_one_leaves_unexplained() -> None:
    reading = WindowReading(Points(1.5, 0.375, 1.5), 100, 38.0, 0.5)
    assert reading.span(TimedPeak(0, None, 4.0, 1.0), 0.5) == pytest.approx((2.25, 2.75))  # explained: from 1.0 on
    assert reading.span(TimedPeak(0, None, 4.5, 1.0), 0.5) == pytest.approx((2.75, 3.25))  # just so
    assert reading.span(TimedPeak(0, None, 5.0, 1.0), 0.5) == pytest.approx((2.25, 3.75))  # 0.5 s more: 1 s longer
    assert reading.span(TimedPeak(0, None, 9.0, 1.0), 0.5) == pytest.approx((1.25, 7.75))  # reaches the start


def test_the_end_of_a_recording_is_read_as_its_start_is() -> None:
    points, n_points = Points(1.5, 0.375, 1.5), 101
    seconds = points.at(n_points - 1) + 1.5
    reading = WindowReading(points, n_points, seconds, 0.5)
    for crossing in (2.0, 4.0, 5.0, 9.0):
        start_s, end_s = reading.span(TimedPeak(0, None, crossing, 1.0), 0.5)
        mirrored = reading.span(TimedPeak(0, seconds - crossing, None, 1.0), 0.5)
        assert mirrored == pytest.approx((seconds - end_s, seconds - start_s))


def test_a_short_run_is_a_typical_call_in_its_middle() -> None:
    reading = WindowReading(Points(1.5, 0.375, 1.5), 100, 38.0, 0.5)
    assert reading.span(TimedPeak(0, 9.9, 10.1, 1.0), 0.5) == pytest.approx((9.75, 10.25))


@pytest.mark.parametrize("seconds", [0.0001, 0.5, 3.0, 4.0])
def test_an_event_in_a_recording_of_any_length_lies_in_it(seconds: float) -> None:
    points = Points(1.5, 0.75, 1.5)
    n_points = 1 + max(0, int(np.ceil((seconds - WINDOW) / 0.75)))
    reading = WindowReading(points, n_points, seconds, 0.5)
    peaks = [
        TimedPeak(0, None, None, 1.0),
        TimedPeak(0, None, 1.6, 1.0),
        TimedPeak(0, points.at(n_points - 1) - 0.1, None, 1.0),
    ]
    for peak in peaks:
        start_s, end_s = reading.span(peak, 0.4)
        assert 0 <= start_s < end_s <= seconds


def test_a_call_that_fills_a_short_recording_is_all_of_it() -> None:
    reading = WindowReading(Points(1.5, 0.75, 1.5), 1, 0.5, 0.5)
    assert reading.span(TimedPeak(0, None, None, 1.0), 0.5) == (0.0, 0.5)


def test_column_events_at_the_ends_of_a_recording_reach_them() -> None:
    reading = ColumnReading(Points(0.0, 0.02, 0.01), 100, 1.985)
    assert reading.span(TimedPeak(0, None, 0.5, 1.0), None) == (0.0, 0.5)
    assert reading.span(TimedPeak(0, 1.5, None, 1.0), None) == (1.5, 1.985)


def columns_to_events(spans: list[tuple[float, float]], **operating: float) -> list[tuple[float, float, float | None]]:
    reading = ColumnReading(Points(0.0, 0.01, 0.005), 1000, 10.0)
    peaks = [TimedPeak(0, start, end, 0.6 + n / 10) for n, (start, end) in enumerate(spans)]
    point = OperatingPoint(name="x", low_hz=10, high_hz=20, **operating)
    return [(event.start_s, event.end_s, event.score) for event in events_of(peaks, reading, [point])]


def test_short_events_are_dropped() -> None:
    assert columns_to_events([(1.0, 1.06), (3.0, 3.1)], shortest_s=0.1) == [(3.0, 3.1, 0.7)]


def test_spans_are_cut_where_higher_ones_are() -> None:
    assert apart([(0.0, 2.0, 0.5), (1.0, 3.0, 0.9), (2.5, 4.0, 0.7)]) == [
        (0.0, 1.0, 0.5),
        (1.0, 3.0, 0.9),
        (3.0, 4.0, 0.7),
    ]
    assert apart([(0.0, 5.0, 0.5), (1.0, 2.0, 0.4)]) == [(0.0, 5.0, 0.5)]
    assert apart([(0.0, 2.0, 0.5), (1.0, 3.0, 0.5)]) == [(0.0, 2.0, 0.5), (2.0, 3.0, 0.5)]  # the first counts as higher


def test_events_carry_the_band_of_their_label_and_stand_in_order_of_time() -> None:
    reading = ColumnReading(Points(0.0, 0.01, 0.005), 1000, 10.0)
    operating = [OperatingPoint(name="a", low_hz=100, high_hz=200), OperatingPoint(name="b")]
    events = events_of([TimedPeak(0, 5.0, 6.0, 0.9), TimedPeak(1, 1.0, 2.0, 0.8)], reading, operating)
    assert [(event.label, event.low_hz, event.high_hz) for event in events] == [("b", None, None), ("a", 100, 200)]
