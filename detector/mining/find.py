"""Windows that a model scores high though nobody annotated a call there."""

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

FLOOR = 0.5  # of a label's threshold: what scores lower is not taken for a call, now or after a little more training

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Find:
    """A window to learn from.

    Attributes
    ----------
    recording, channel : str
        Where it is.
    start_s : float
        When it starts.
    hardness : float
        Its highest score, each divided by its label's threshold: from 1 on, it is a false alarm.
    """

    recording: str
    channel: str
    start_s: float
    hardness: float


@dataclass(frozen=True)
class Peaks:
    """Points of one channel that score high: their numbers (point,), and how hard each is (point,)."""

    numbers: NDArray[np.int64]
    hardness: Numbers


class PeakKeeper:
    """Keep the points of a recording that score high, as a scan hands its scores on; no more of it is held."""

    def __init__(self, operating: Operating) -> None:
        self._thresholds = np.array([max(point.threshold, 1e-3) for point in operating.label])
        self._kept: dict[str, list[tuple[NDArray[np.int64], Numbers]]] = defaultdict(list)
        self.points: Points | None = None

    def __call__(self, block: ScoreBlock) -> None:
        """Take the next scores."""
        self.points = block.points
        for channel, scores in block.scores.items():
            if not len(scores):
                continue
            hardness = (scores / self._thresholds).max(axis=1)
            high = np.flatnonzero(hardness >= FLOOR)
            self._kept[channel].append((block.first + high, hardness[high]))

    def peaks(self) -> dict[str, Peaks]:
        """Give what was kept of each channel, and forget it."""
        kept = {channel: Peaks(*map(np.concatenate, zip(*parts))) for channel, parts in self._kept.items()}
        self._kept.clear()
        return kept


@dataclass(frozen=True)
class Search:
    """Where windows may lie: `length_s` long, in a recording of `seconds`, for scores of windows or of `columns`."""

    points: Points
    length_s: float
    seconds: float
    columns: bool

    def windows(
        self, peaks: Peaks, known: Iterable[Event], taken: Sequence[float], most: int
    ) -> list[tuple[float, float]]:
        """Choose the hardest windows that are wrong, none within half a length of another.

        Where a window is scored, it must share no time with a call or a doubt. Where columns are scored, the run of
        high columns must not, for the edges of a call are high beside it; the window around may hold calls.

        Parameters
        ----------
        known : iterable of Event
            What is annotated on the channel.
        taken : sequence of float
            When windows start that were chosen before, s.
        most : int
            How many.

        Returns
        -------
        list of (float, float)
            Start in s, and hardness.
        """
        wrong = self._wrong(peaks, [event.span for event in known if event.label != CONFUSING])
        order = wrong[np.argsort(-peaks.hardness[wrong], kind="stable")]
        starts, chosen = sorted(taken), list[tuple[float, float]]()
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
        """List the points that lie beside every call."""
        if not len(peaks.numbers):
            return np.zeros(0, dtype=np.intp)
        first = last = peaks.numbers
        if self.columns:
            breaks = np.flatnonzero(np.diff(peaks.numbers) > 1) + 1
            bounds = np.array([0, *breaks.tolist(), len(peaks.numbers)])
            lengths = np.diff(bounds)
            first = np.repeat(peaks.numbers[bounds[:-1]], lengths)
            last = np.repeat(peaks.numbers[bounds[1:] - 1], lengths)
        at_first, at_last = (self.points.first_s + n.astype(np.float64) * self.points.step_s for n in (first, last))
        return np.flatnonzero(~meets(at_first - self.points.half_s, at_last + self.points.half_s, calls))

    def _start(self, number: int) -> float:
        """Tell when the window of a point starts, s: the scored one, or the one around a column."""
        start = self.points.at(number) - self.length_s / 2
        latest = self.seconds - self.length_s if self.columns else start
        return max(0.0, min(start, latest))


def meets(starts: Numbers, ends: Numbers, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Tell of each stretch of time whether it shares some with any of the spans."""
    bounds = np.array(merged(span for span in spans if span[1] > span[0])).reshape(-1, 2)  # people draw empty ones, too
    if not len(bounds):
        return np.zeros(len(starts), dtype=bool)
    following = np.searchsorted(bounds[:, 1], starts, side="right")  # the first span that ends after the start
    inside = np.minimum(following, len(bounds) - 1)
    return (following < len(bounds)) & (bounds[inside, 0] < ends)
