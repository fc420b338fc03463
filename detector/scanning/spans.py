"""Estimate the onset and offset of a sound from a peak of scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from detector.events import Span
from detector.scanning.peak_finder import TimedPeak
from detector.scanning.windows import Points


class Reading(Protocol):
    """A rule that gives the onset and offset of the sound that made a peak."""

    def span(self, peak: TimedPeak, typical_s: float | None) -> Span:
        """Return onset and offset, s. `typical_s` is the typical length of such sounds, if it is known."""
        ...


@dataclass(frozen=True)
class ColumnReading:
    """The rule for scores of columns: the sound lasts as long as the peak.

    A peak that begins with the first score of the recording, or ends with the last, reaches half a step further.
    `seconds` is the length of the recording, `n_points` the number of its scores.
    """

    points: Points
    n_points: int
    seconds: float

    def span(self, peak: TimedPeak, typical_s: float | None) -> Span:
        """Return onset and offset within the recording, s."""
        del typical_s
        start_s = self.points.span(0)[0] if peak.start_s is None else peak.start_s
        end_s = self.points.span(self.n_points - 1)[1] if peak.end_s is None else peak.end_s
        return max(0.0, start_s), min(end_s, self.seconds)


@dataclass(frozen=True)
class WindowReading:
    """The rule for scores of windows: the peak lasts longer than the sound by a known amount.

    A window of length D scores high while it holds the fraction r (`labels.overlap`) of a sound of length L <= D. The
    middles of such windows make a peak of length D + (1 - 2 r) L around the middle of the sound. A sound of typical
    length makes a peak of length W0. A peak of length W0, or a shorter one, counts as a sound of typical length,
    because a faint sound makes a short peak. A longer peak counts as a sound (or a row of sounds) that is longer by as
    much. The middle of the sound is the middle of the peak.

    The end of a recording may cut a peak off. If a sound of typical length explains the visible part of the peak, it is
    placed by the visible end of the peak. If the visible part is longer by a time t, the peak is assumed to go on for t
    beyond the last score, at most to the end of the recording. The same holds for the beginning of a recording.
    """

    points: Points
    n_points: int
    seconds: float
    overlap: float

    def span(self, peak: TimedPeak, typical_s: float | None) -> Span:
        """Return onset and offset within the recording, s."""
        typical = self._typical(typical_s)
        expected = typical + self.excess_s(typical_s)
        start_s, end_s = self._crossings(peak, expected)
        half = (typical + max(0.0, end_s - start_s - expected)) / 2
        middle = min(max(0.0, (start_s + end_s) / 2), self.seconds)
        return max(0.0, middle - half), min(middle + half, self.seconds)

    def excess_s(self, typical_s: float | None) -> float:
        """Return by how much a peak lasts longer than the sound that made it, s."""
        return 2 * self.points.half_s - 2 * self.overlap * self._typical(typical_s)

    def _typical(self, typical_s: float | None) -> float:
        window_s = 2 * self.points.half_s
        return window_s if typical_s is None else min(typical_s, window_s)

    def _crossings(self, peak: TimedPeak, expected: float) -> Span:
        """Return both ends of a peak, s; an end that the recording cuts off is estimated."""
        start_s = peak.start_s
        end_s = peak.end_s
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
