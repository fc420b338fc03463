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
    the score nearest to the middle of the span.

    Parameters
    ----------
    spans_of : callable
        Returns the spans of a recording, start and end in s, given its name.
    """

    def __init__(self, spans_of: Callable[[str], Sequence[Span]]) -> None:
        self._spans_of = spans_of
        self._spans: Sequence[Span] = ()
        self._channels: dict[str, _Channel] = {}

    def __call__(self, block: ScoreBlock) -> None:
        """Add the next scores. The first block of a recording discards those of the recording before."""
        if block.first == 0:
            self._spans = self._spans_of(block.recording.name)
            places = [_places(span, block.points) for span in self._spans]
            ranges = np.array(places, dtype=np.int64).reshape(-1, 2)
            self._channels = {channel: _Channel(ranges) for channel in block.scores}
        for channel, rows in block.scores.items():
            self._channels[channel].add(block.first, rows)

    def scores(self, heard_s: float) -> dict[str, SpanScores]:
        """Return the scores of each channel of a recording of `heard_s` seconds; a channel without scores is absent."""
        begun = np.array([start_s < heard_s for start_s, _ in self._spans], dtype=bool)  # windows reach beyond the end
        scores = {name: channel.scores(begun) for name, channel in self._channels.items()}
        return {name: of_channel for name, of_channel in scores.items() if of_channel is not None}


def _places(span: Span, points: Points) -> tuple[int, int]:
    """Return the numbers of the first score in a span, and of the first one after it; there is at least one."""
    start_s, end_s = span
    first = max(0, ceil((start_s - points.first_s) / points.step_s - ROUNDING))
    stop = np.iinfo(np.int64).max if end_s == inf else ceil((end_s - points.first_s) / points.step_s - ROUNDING)
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
    """

    def __init__(self, ranges: NDArray[np.int64]) -> None:
        self._ranges = ranges
        self._counts = np.zeros(len(ranges), np.int64)
        self._sums: Rows = np.zeros((len(ranges), 0))
        self._highest: Rows = np.zeros((len(ranges), 0))
        self._last: Rows | None = None  # the last score of each label

    def add(self, number: int, rows: Rows) -> None:
        """Add scores (point, label), of which the first has a number."""
        if not len(rows):
            return
        if self._last is None:
            self._sums = np.zeros((len(self._ranges), rows.shape[1]))
            self._highest = np.full((len(self._ranges), rows.shape[1]), -inf)
        self._last = rows[-1]
        firsts = np.maximum(self._ranges[:, 0] - number, 0)
        stops = np.minimum(self._ranges[:, 1] - number, len(rows))
        for n in np.flatnonzero(firsts < stops):
            part = rows[firsts[n] : stops[n]]
            self._counts[n] += len(part)
            self._sums[n] += part.sum(axis=0)
            np.maximum(self._highest[n], part.max(axis=0), out=self._highest[n])

    def scores(self, begun: NDArray[np.bool_]) -> SpanScores | None:
        """Return the scores of the spans; one at the end has the last score. None if there are no scores at all."""
        if self._last is None:
            return None
        has_scores = self._counts[:, None] > 0
        mean = np.where(has_scores, self._sums / np.maximum(self._counts, 1)[:, None], self._last)
        highest = np.where(has_scores, self._highest, self._last)
        mean[~begun] = np.nan
        highest[~begun] = np.nan
        return SpanScores(highest, mean)
