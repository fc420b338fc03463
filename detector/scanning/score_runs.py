"""Find runs of scores at or above a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detector.scanning.blocks import Rows
from detector.scanning.windows import Points


@dataclass(frozen=True, slots=True)
class ScoreRun:
    """Neighbouring scores of one label that reach its threshold.

    Attributes
    ----------
    label : int
        Number of the label.
    start_s, end_s : float or None
        Times at which the straight line between two scores crosses the threshold, s. None if the run begins with the
        first score of the recording, or ends with the last.
    score : float
        The highest score.
    """

    label: int
    start_s: float | None
    end_s: float | None
    score: float


class RunFinder:
    """Find the runs of each label, block by block.

    Parameters
    ----------
    thresholds : sequence of float
        One for each label.
    points : Points
        The times of the scores.
    """

    def __init__(self, thresholds: Sequence[float], points: Points) -> None:
        self._thresholds = np.asarray(thresholds, dtype=np.float64)
        self._points = points
        self._last = np.full((1, len(thresholds)), np.nan)  # the row before the next
        self._open: dict[int, tuple[float | None, float]] = {}  # start and highest score of an open run, by label
        self._runs: list[ScoreRun] = []
        self.n_points = 0

    def push(self, scores: Rows) -> None:
        """Add the next scores (point, label)."""
        if not len(scores):
            return
        rows = np.concatenate([self._last, scores])
        above = rows >= self._thresholds
        for label in np.flatnonzero(above.any(axis=0)):
            self._follow(int(label), rows[:, label], above[:, label])
        self._last = rows[-1:]
        self.n_points += len(scores)

    def finish(self) -> list[ScoreRun]:
        """End the recording; return the runs, sorted by label, then by time."""
        open_runs = [ScoreRun(label, start_s, None, score) for label, (start_s, score) in self._open.items()]
        return sorted([*self._runs, *open_runs], key=lambda run: run.label)

    def _follow(self, label: int, scores: Rows, above: NDArray[np.bool_]) -> None:
        """Add the scores of one label. The first score is the last one of the block before."""
        turns = np.flatnonzero(above[1:] != above[:-1]) + 1
        times = self._crossings(label, scores, turns)
        highest = np.maximum.reduceat(scores, np.append(0, turns)).tolist()
        for n in range(0 if above[0] else 1, len(highest), 2):
            start_s, score = self._open.pop(label) if n == 0 else (times[n - 1], 0.0)
            score = max(score, highest[n])
            if n < len(times):
                self._runs.append(ScoreRun(label, start_s, times[n], score))
            else:
                self._open[label] = (start_s, score)

    def _crossings(self, label: int, scores: Rows, turns: NDArray[np.intp]) -> list[float | None]:
        """Return the times at which the scores cross the threshold, by linear interpolation, s."""
        before = scores[turns - 1]
        after = scores[turns]
        share = (self._thresholds[label] - before) / (after - before)
        times = self._points.first_s + (self.n_points + turns - 2 + share) * self._points.step_s
        return [None if unknown else time for unknown, time in zip(np.isnan(before).tolist(), times.tolist())]
