"""Smooth scores with a moving median, which keeps edges and removes short peaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from detector.scanning.windows import Points

Scores = NDArray[np.float64]

VALUES = 1 << 22  # most values to sort at once: points times neighbours


def half_width(smooth_s: float | None, points: Points) -> int:
    """Return how many points before and after a point a median over `smooth_s` includes; 0 for no smoothing."""
    return 0 if smooth_s is None else max(0, round((smooth_s / points.step_s - 1) / 2))


def moving_median(scores: Scores, half: int) -> Scores:
    """Return the median of each score (point,) and its neighbours, up to `half` points before and after.

    At the ends, the number of scores may be even. The median is then the mean of the middle two.
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
    """Smooth a stream of scores, each label by its own width. The result does not depend on how the stream is divided.

    Parameters
    ----------
    halves : sequence of int
        For each label, the number of points before and after a point that its median includes.
    """

    def __init__(self, halves: Sequence[int]) -> None:
        self._halves = halves
        self._ahead = max(halves, default=0)
        self._kept = np.zeros((0, len(halves)))  # points that are still needed
        self._n_done = 0  # of them, those that were returned

    def push(self, rows: Scores) -> Scores:
        """Add the next scores (point, label); return those that later scores cannot change, smoothed."""
        return self._give(rows, self._ahead) if self._ahead else rows

    def finish(self) -> Scores:
        """End the recording; return the remaining scores."""
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
