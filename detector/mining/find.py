"""Find windows in which a model scores high, although no call is annotated there."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.clips import CONFUSING
from detector.events import Event, Span, merged
from detector.operating.points import Operating
from detector.scanning.blocks import ScoreBlock
from detector.scanning.windows import Points

FLOOR = 0.5  # of the threshold; windows below it are easy for the model, so they teach it little

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Find:
    """A mined window.

    Attributes
    ----------
    recording, channel : str
        The recording and the channel of the window.
    start_s : float
        Start of the window, s.
    hardness : float
        The highest ratio of a score to the threshold of its label; from 1 on, the window is a false alarm.
    """

    recording: str
    channel: str
    start_s: float
    hardness: float


@dataclass(frozen=True)
class Peaks:
    """Points of one channel with a high score: their numbers (point,) and hardness (point,)."""

    numbers: NDArray[np.int64]
    hardness: Numbers


class PeakKeeper:
    """Keep the points of a recording with a high score, while its score blocks stream by."""

    def __init__(self, operating: Operating) -> None:
        self._thresholds = np.array([max(point.threshold, 1e-3) for point in operating.label])
        self._kept: dict[str, list[tuple[NDArray[np.int64], Numbers]]] = defaultdict(list)
        self.points: Points | None = None

    def __call__(self, block: ScoreBlock) -> None:
        """Take the next block of scores."""
        self.points = block.points
        for channel, scores in block.scores.items():
            if not len(scores):
                continue
            of_labels = scores[:, : len(self._thresholds)]
            hardness = (of_labels / self._thresholds).max(axis=1)
            high = np.flatnonzero(hardness >= FLOOR)
            self._kept[channel].append((block.first + high, hardness[high]))

    def peaks(self) -> dict[str, Peaks]:
        """Return the peaks of each channel, and start anew for the next recording."""
        kept = {channel: Peaks(*map(np.concatenate, zip(*parts))) for channel, parts in self._kept.items()}
        self._kept.clear()
        return kept


@dataclass(frozen=True)
class Search:
    """Choose windows to mine in one recording.

    Attributes
    ----------
    points : Points
        The times of the scores.
    length_s : float
        Length of a window, s.
    seconds : float
        Length of the recording, s.
    columns : bool
        Whether scores are of columns, rather than of windows.
    """

    points: Points
    length_s: float
    seconds: float
    columns: bool

    def windows(
        self, peaks: Peaks, known: Iterable[Event], earlier: Sequence[float], most: int
    ) -> list[tuple[float, float]]:
        """Choose the hardest windows without a call, at least half a length apart.

        A scored window must not overlap a call or an uncertain span. With scores of columns, the run of high columns
        must not overlap one, because columns beside the edges of a call score high, too. The window around the run may
        hold calls.

        Parameters
        ----------
        known : iterable of Event
            The annotations of the channel.
        earlier : sequence of float
            Starts of the windows that were mined before, s.
        most : int
            Most windows to choose.

        Returns
        -------
        list of (float, float)
            Start, s, and hardness of each window.
        """
        wrong = self._wrong(peaks, [event.span for event in known if event.label != CONFUSING])
        order = wrong[np.argsort(-peaks.hardness[wrong], kind="stable")]
        starts = sorted(earlier)
        chosen: list[tuple[float, float]] = []
        for n in order.tolist():
            start = self._start(int(peaks.numbers[n]))
            place = bisect_left(starts, start)
            near = starts[max(0, place - 1) : place + 1]
            if all(abs(start - other) >= self.length_s / 2 - 1e-9 for other in near):
                insort(starts, start)
                chosen.append((start, float(peaks.hardness[n])))
                if len(chosen) == most:
                    break
        return chosen

    def _wrong(self, peaks: Peaks, calls: Sequence[Span]) -> NDArray[np.intp]:
        """List the points that do not overlap any of `calls`."""
        if not len(peaks.numbers):
            return np.zeros(0, dtype=np.intp)
        first = last = peaks.numbers
        if self.columns:
            breaks = np.flatnonzero(np.diff(peaks.numbers) > 1) + 1
            bounds = np.array([0, *breaks.tolist(), len(peaks.numbers)])
            lengths = np.diff(bounds)
            first = np.repeat(peaks.numbers[bounds[:-1]], lengths)
            last = np.repeat(peaks.numbers[bounds[1:] - 1], lengths)
        points = self.points
        starts = points.first_s + first.astype(np.float64) * points.step_s - points.half_s
        ends = points.first_s + last.astype(np.float64) * points.step_s + points.half_s
        return np.flatnonzero(~overlaps(starts, ends, calls))

    def _start(self, number: int) -> float:
        """Return the start of the window of a point, s: the scored window, or the one around a column."""
        start = self.points.at(number) - self.length_s / 2
        latest = self.seconds - self.length_s if self.columns else start
        return max(0.0, min(start, latest))


def overlaps(starts: Numbers, ends: Numbers, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Return for each stretch of time whether it overlaps any of the spans (stretch,)."""
    bounds = np.array(merged(span for span in spans if span[1] > span[0])).reshape(
        -1, 2
    )  # people also draw empty spans
    if not len(bounds):
        return np.zeros(len(starts), dtype=bool)
    following = np.searchsorted(bounds[:, 1], starts, side="right")  # the first span that ends after the start
    inside = np.minimum(following, len(bounds) - 1)
    return (following < len(bounds)) & (bounds[inside, 0] < ends)
