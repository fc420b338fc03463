"""Reduce the scores of a recording to those of spans of it, block by block, so that no recording is held."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf

import numpy as np
from numpy.typing import NDArray

from detector.events import Span
from detector.scanning.blocks import Rows, ScoreBlock
from detector.scanning.windows import Points

ROUNDING = 1e-6
"""A score lies in a span that begins this little after its time, as a fraction of a step."""

ROUNDING_S = 0.001
"""A span reaches the end of a recording if it ends this little before; tables write milliseconds, s."""

NO_END = np.iinfo(np.int64).max

WHOLE: Span = (0.0, inf)
"""The span of a whole recording."""


@dataclass(frozen=True)
class SpanScores:
    """The scores of spans in one channel.

    Attributes
    ----------
    highest, mean : ndarray (span, label)
        Of the scores of each span; not a number for a span that begins after the end of the recording.
    """

    highest: Rows
    mean: Rows

    def of(self, statistic: str) -> Rows:
        """Return the highest scores for "max", the means for "mean"."""
        return self.highest if statistic == "max" else self.mean


class SpanCollector:
    """Collect the scores of spans, one recording at a time. It is a `Take`.

    The scores of a span are those whose time lies in it: the middle of a window, or a frame column. If none does, it is
    the score nearest to the middle of the span. A span that reaches the end of the recording also has the scores whose
    time lies beyond the end, as the whole recording has.

    Parameters
    ----------
    spans_of : callable
        Returns the spans of a recording, start and end in s, given its name.
    """

    def __init__(self, spans_of: Callable[[str], Sequence[Span]]) -> None:
        self._spans_of = spans_of
        self._spans: NDArray[np.float64] = np.zeros((0, 2))
        self._channels: dict[str, _Channel] = {}

    def __call__(self, block: ScoreBlock) -> None:
        """Add the next scores. The first block of a recording discards those of the recording before."""
        if block.first == 0:
            spans = self._spans_of(block.recording.name)
            ranges = np.array([_places(span, block.points) for span in spans], dtype=np.int64).reshape(-1, 2)
            n_beyond = ceil(block.points.half_s / block.points.step_s) + 1
            self._spans = np.array(spans, dtype=np.float64).reshape(-1, 2)
            self._channels = {channel: _Channel(ranges.copy(), n_beyond) for channel in block.scores}
        for channel, rows in block.scores.items():
            self._channels[channel].add(rows)

    def scores(self, heard_s: float) -> dict[str, SpanScores]:
        """End a recording of `heard_s` seconds; return the scores of each channel that has any."""
        has_begun = self._spans[:, 0] < heard_s
        reaches_end = self._spans[:, 1] >= heard_s - ROUNDING_S
        scores = {name: channel.finish(has_begun, reaches_end) for name, channel in self._channels.items()}
        self._channels = {}
        return {name: of_channel for name, of_channel in scores.items() if of_channel is not None}


def _places(span: Span, points: Points) -> tuple[int, int]:
    """Return the numbers of the first score in a span, and of the first one after it; there is at least one."""
    start_s, end_s = span
    first = max(0, ceil((start_s - points.first_s) / points.step_s - ROUNDING))
    stop = NO_END if end_s == inf else ceil((end_s - points.first_s) / points.step_s - ROUNDING)
    if stop > first:
        return first, stop
    nearest = max(0, round(((start_s + end_s) / 2 - points.first_s) / points.step_s))
    return nearest, nearest + 1


class _Channel:
    """The running sums of one channel.

    Parameters
    ----------
    ranges : ndarray of int (span, 2)
        Numbers of the first score of each span, and of the first one after it.
    n_beyond : int
        Most scores whose time lies beyond the end of a recording. So many wait until the end is known.
    """

    def __init__(self, ranges: NDArray[np.int64], n_beyond: int) -> None:
        self._ranges = ranges
        self._n_beyond = n_beyond
        self._counts = np.zeros(len(ranges), np.int64)
        self._sums: Rows = np.zeros((len(ranges), 0))
        self._highest: Rows = np.zeros((len(ranges), 0))
        self._waiting: Rows | None = None  # the last scores (point, label)
        self._n_done = 0

    def add(self, rows: Rows) -> None:
        """Add the next scores (point, label)."""
        if not len(rows):
            return
        if self._waiting is None:
            self._sums = np.zeros((len(self._ranges), rows.shape[1]))
            self._highest = np.full((len(self._ranges), rows.shape[1]), -inf)
            self._waiting = rows[:0]
        waiting = np.concatenate([self._waiting, rows])
        n_ready = max(0, len(waiting) - self._n_beyond)
        self._count(waiting[:n_ready])
        self._waiting = waiting[n_ready:]

    def finish(self, has_begun: NDArray[np.bool_], reaches_end: NDArray[np.bool_]) -> SpanScores | None:
        """Return the scores of the spans; None if there are no scores.

        A span near the end that no score lies in has the last score. One that has not begun has none.
        """
        if self._waiting is None:
            return None
        self._ranges[reaches_end, 1] = NO_END
        last = self._waiting[-1]
        self._count(self._waiting)
        has_scores = self._counts[:, None] > 0
        mean = np.where(has_scores, self._sums / np.maximum(self._counts, 1)[:, None], last)
        highest = np.where(has_scores, self._highest, last)
        mean[~has_begun] = np.nan
        highest[~has_begun] = np.nan
        return SpanScores(highest, mean)

    def _count(self, rows: Rows) -> None:
        """Add scores to the sums of the spans that they lie in."""
        firsts = np.maximum(self._ranges[:, 0] - self._n_done, 0)
        stops = np.minimum(self._ranges[:, 1] - self._n_done, len(rows))
        for n in np.flatnonzero(firsts < stops):
            part = rows[firsts[n] : stops[n]]
            self._counts[n] += len(part)
            self._sums[n] += part.sum(axis=0)
            np.maximum(self._highest[n], part.max(axis=0), out=self._highest[n])
        self._n_done += len(rows)
