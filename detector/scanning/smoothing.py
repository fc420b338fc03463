"""A moving median over scores, exact however the scores come: it keeps edges and drops short peaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from detector.scanning.windows import Points

Scores = NDArray[np.float64]

VALUES = 1 << 22  # that are looked at at once: points, each with its neighbours


def half_width(smooth_s: float | None, points: Points) -> int:
    """Count the points to either side that a median of `smooth_s` takes in: a whole number, 0 for no smoothing."""
    return 0 if smooth_s is None else max(0, round((smooth_s / points.step_s - 1) / 2))


def moving_median(scores: Scores, half: int) -> Scores:
    """Give the median of each score (point,) and its neighbours, up to `half` points before and after.

    A median of an even number, which only the ends have, is the mean of the middle two.
    """
    if half == 0:
        return scores
    smooth = np.empty_like(scores)
    n = len(scores)
    step = max(1, VALUES // (2 * half + 1))
    for first in range(half, n - half, step):
        end = min(first + step, n - half)
        windows = sliding_window_view(scores[first - half : end + half], 2 * half + 1)
        smooth[first:end] = np.median(windows, axis=1)
    for i in (*range(min(half, n)), *range(max(half, n - half), n)):
        smooth[i] = np.median(scores[max(0, i - half) : i + half + 1])
    return smooth


class Smoother:
    """Smooth the scores of each label by its own width, as they come.

    Parameters
    ----------
    halves : sequence of int
        For each label, the points to either side that a median takes in.
    """

    def __init__(self, halves: Sequence[int]) -> None:
        self._halves = halves
        self._ahead = max(halves, default=0)
        self._kept = np.zeros((0, len(halves)))  # points that are needed yet
        self._n_done = 0  # of them, those that were given

    def push(self, rows: Scores) -> Scores:
        """Take the next scores (point, label); give those of which all that they depend on is known."""
        return self._give(rows, self._ahead) if self._ahead else rows

    def finish(self) -> Scores:
        """End the recording; give the scores that are left."""
        return self._give(self._kept[:0], 0)

    def _give(self, rows: Scores, ahead: int) -> Scores:
        self._kept = np.concatenate([self._kept, rows])
        end = max(self._n_done, len(self._kept) - ahead)
        smooth = np.stack([moving_median(column, half) for column, half in zip(self._kept.T, self._halves)], axis=1)
        given = smooth[self._n_done : end]
        drop = max(0, end - self._ahead)
        self._kept = self._kept[drop:]
        self._n_done = end - drop
        return given
