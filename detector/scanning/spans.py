"""From a run of high scores to the onset and offset of the sound behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from detector.events import Span
from detector.scanning.runs import Run
from detector.scanning.windows import Points


class Reading(Protocol):
    """How a run gives the onset and offset of a sound."""

    def span(self, run: Run, typical_s: float | None) -> Span:
        """Give onset and offset, s. `typical_s` is the typical length of such sounds, if it is known."""
        ...


@dataclass(frozen=True)
class ColumnReading:
    """Reading for scores of columns: the run is the sound.

    A run that begins or ends with the recording reaches half a step further. `seconds` is the length of the recording,
    `n_points` the number of its scores.
    """

    points: Points
    n_points: int
    seconds: float

    def span(self, run: Run, typical_s: float | None) -> Span:
        """Give onset and offset within the recording, s."""
        del typical_s
        start_s = self.points.span(0)[0] if run.start_s is None else run.start_s
        end_s = self.points.span(self.n_points - 1)[1] if run.end_s is None else run.end_s
        return max(0.0, start_s), min(end_s, self.seconds)


@dataclass(frozen=True)
class WindowReading:
    """Reading for scores of windows: the run is longer than the sound, by a known amount.

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
        """Give onset and offset within the recording, s."""
        window_s = 2 * self.points.half_s
        typical = window_s if typical_s is None else min(typical_s, window_s)
        expected = window_s + (1 - 2 * self.overlap) * typical
        start_s, end_s = self._crossings(run, expected)
        half = (typical + max(0.0, end_s - start_s - expected)) / 2
        middle = min(max(0.0, (start_s + end_s) / 2), self.seconds)
        return max(0.0, middle - half), min(middle + half, self.seconds)

    def _crossings(self, run: Run, expected: float) -> Span:
        """Give the run's ends in s, and for those that the recording's ends hide, where they are taken to lie."""
        start_s = run.start_s
        end_s = run.end_s
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
