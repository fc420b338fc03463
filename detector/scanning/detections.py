"""From scores to events: runs of scores at or above the threshold, and what a run says of the sound behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from detector.events import Event, Span
from detector.scanning.windows import Points

if TYPE_CHECKING:
    from detector.operating.points import OperatingPoint

Rows = NDArray[np.float64]
Scored = tuple[float, float, float]  # onset in s, offset in s, score
SLACK_S = 1e-9  # what an event may lack of the least length


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring scores of one label that reach its threshold.

    Attributes
    ----------
    label : int
        Number of the label.
    start_s, end_s : float or None
        Where the straight line between two scores crosses the threshold, s; None where the run begins with the first
        score, or ends with the last.
    score : float
        The highest.
    """

    label: int
    start_s: float | None
    end_s: float | None
    score: float


class RunFinder:
    """Find the runs of each label, from scores that come block by block.

    Parameters
    ----------
    thresholds : sequence of float
        One a label.
    points : Points
        The times of the scores.
    """

    def __init__(self, thresholds: Sequence[float], points: Points) -> None:
        self._thresholds = np.asarray(thresholds, dtype=np.float64)
        self._points = points
        self._last = np.full((1, len(thresholds)), np.nan)  # the row before the next
        self._open: dict[int, tuple[float | None, float]] = {}  # label -> start and highest score of an unended run
        self._runs: list[Run] = []
        self.n_points = 0

    def push(self, scores: Rows) -> None:
        """Take the next scores (point, label)."""
        if not len(scores):
            return
        rows = np.concatenate([self._last, scores])
        above = rows >= self._thresholds
        for label in np.flatnonzero(above.any(axis=0)):
            self._follow(int(label), rows[:, label], above[:, label])
        self._last = rows[-1:]
        self.n_points += len(scores)

    def finish(self) -> list[Run]:
        """End the scores; give the runs, label by label, in order of time."""
        open_runs = [Run(label, start_s, None, score) for label, (start_s, score) in self._open.items()]
        return sorted([*self._runs, *open_runs], key=lambda run: run.label)

    def _follow(self, label: int, scores: Rows, above: NDArray[np.bool_]) -> None:
        """Take one label's scores, the first of which was taken before."""
        turns = np.flatnonzero(above[1:] != above[:-1]) + 1
        times = self._crossings(label, scores, turns)
        highest = np.maximum.reduceat(scores, np.append(0, turns)).tolist()
        for n in range(0 if above[0] else 1, len(highest), 2):
            start_s, score = self._open.pop(label) if n == 0 else (times[n - 1], 0.0)
            score = max(score, highest[n])
            if n < len(times):
                self._runs.append(Run(label, start_s, times[n], score))
            else:
                self._open[label] = (start_s, score)

    def _crossings(self, label: int, scores: Rows, turns: NDArray[np.intp]) -> list[float | None]:
        """Find when the threshold was crossed, between the scores before and at each turn."""
        before, after = scores[turns - 1], scores[turns]
        share = (self._thresholds[label] - before) / (after - before)
        times = self._points.first_s + (self.n_points + turns - 2 + share) * self._points.step_s
        return [None if unknown else time for unknown, time in zip(np.isnan(before).tolist(), times.tolist())]


class Reading(Protocol):
    """How to read the time of a sound out of a run."""

    def span(self, run: Run, typical_s: float | None) -> Span:
        """Give onset and offset in s of a sound whose label typically lasts `typical_s`."""
        ...


@dataclass(frozen=True)
class ColumnReading:
    """A score tells whether its own column lies in a sound: the run is the sound.

    A run that begins or ends with the recording's columns reaches half a step further. `seconds` is the length of the
    recording, `n_points` the number of its scores.
    """

    points: Points
    n_points: int
    seconds: float

    def span(self, run: Run, typical_s: float | None) -> Span:
        """Give onset and offset in s, within the recording."""
        del typical_s
        start_s = self.points.span(0)[0] if run.start_s is None else run.start_s
        end_s = self.points.span(self.n_points - 1)[1] if run.end_s is None else run.end_s
        return max(0.0, start_s), min(end_s, self.seconds)


@dataclass(frozen=True)
class WindowReading:
    """A score tells whether enough of a sound lies in a window: the run is longer than the sound, by a known amount.

    A window of length D scores high while it holds the share r (`labels.overlap`) of a sound of length L <= D. The
    middles of such windows make a run of length D + (1 - 2 r) L around the middle of the sound. So a run of the length
    W0 that a sound of typical length makes is read as such a sound, a longer run as a sound (or a row of sounds) that
    is longer by as much, a shorter run as a typical sound that was heard faintly; always around the run's middle.

    A recording's end hides where a run would have ended. Where a sound of typical length explains what is seen of the
    run, that is the reading: it lies where the other end of the run puts it. Where the sound is too short for that, by
    some time, the run is taken to go on as long again beyond the last score, at most to the recording's end.
    """

    points: Points
    n_points: int
    seconds: float
    overlap: float

    def span(self, run: Run, typical_s: float | None) -> Span:
        """Give onset and offset in s, within the recording."""
        window_s = 2 * self.points.half_s
        typical = window_s if typical_s is None else min(typical_s, window_s)
        expected = window_s + (1 - 2 * self.overlap) * typical
        start_s, end_s = self._crossings(run, expected)
        half = (typical + max(0.0, end_s - start_s - expected)) / 2
        middle = min(max(0.0, (start_s + end_s) / 2), self.seconds)
        return max(0.0, middle - half), min(middle + half, self.seconds)

    def _crossings(self, run: Run, expected: float) -> Span:
        """Give the run's ends in s, and for those that the recording's ends hide, where they are taken to lie."""
        start_s, end_s = run.start_s, run.end_s
        if start_s is None and end_s is None:
            return 0.0, self.seconds
        if start_s is None:
            assert end_s is not None
            typical_s = end_s - expected
            start_s = min(typical_s, max(0.0, 2 * self.points.at(0) - typical_s))
        elif end_s is None:
            typical_s = start_s + expected
            end_s = max(typical_s, min(self.seconds, 2 * self.points.at(self.n_points - 1) - typical_s))
        return start_s, end_s


def events_of(runs: Iterable[Run], reading: Reading, operating: Sequence[OperatingPoint]) -> list[Event]:
    """Turn runs into events: read their times, join what is close, drop what is short.

    Parameters
    ----------
    runs : iterable of Run
        Of one channel of one recording.
    reading : Reading
        How to read the time of a sound out of a run.
    operating : sequence of OperatingPoint
        For each label: events at most `gap_s` apart are one, events shorter than `shortest_s` are none.

    Returns
    -------
    list of Event
        In order of onset, then of labels.
    """
    found: list[list[Scored]] = [[] for _ in operating]
    for run in runs:
        start_s, end_s = reading.span(run, operating[run.label].typical_s)
        found[run.label].append((start_s, end_s, run.score))
    events = [
        Event(start_s, end_s, point.name, point.low_hz, point.high_hz, score)
        for point, spans in zip(operating, found)
        for start_s, end_s, score in _written(joined(spans, point.gap_s), point)
        if end_s - start_s >= point.shortest_s - SLACK_S
    ]
    return sorted(events, key=lambda event: event.span)


def _written(spans: list[Scored], point: OperatingPoint) -> list[Scored]:
    """Bring the scores of spans to the scale on which they are written."""
    if point.calibration is None or not spans:
        return spans
    scores = point.calibration(np.array([score for _, _, score in spans])).tolist()
    return [(start_s, end_s, score) for (start_s, end_s, _), score in zip(spans, scores)]


def joined(scored: Iterable[Scored], gap_s: float) -> list[Scored]:
    """Join spans (start, end, score) that are at most `gap_s` apart; the highest score stays."""
    kept: list[Scored] = []
    for start_s, end_s, score in sorted(scored):
        if kept and start_s - kept[-1][1] <= gap_s:
            kept[-1] = (kept[-1][0], max(kept[-1][1], end_s), max(kept[-1][2], score))
        else:
            kept.append((start_s, end_s, score))
    return kept
