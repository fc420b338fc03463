"""Turn the scores of windows into one row of scores for each point in time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.scanning.windows import Columns, WindowGrid

Rows = NDArray[np.float64]


class WindowTimeline:
    """Pass the scores of windows on: each window is a point in time."""

    def push(self, scores: NDArray[np.float32]) -> Rows:
        """Add the next scores (window, label); return the next points (point, label)."""
        return scores.astype(np.float64)

    def flush(self, n_frames: float) -> Rows:
        """End the recording; return no points."""
        del n_frames
        return np.zeros((0, 0))


class ColumnTimeline:
    """Average the scores that overlapping windows give to one column.

    Columns in the middle of a window have the largest weight, because the network sees most of their surroundings. The
    weight falls linearly to both ends of the window, and stays above 0.
    """

    def __init__(self, grid: WindowGrid, columns: Columns) -> None:
        self._grid = grid
        self._shift = grid.hop // columns.step
        ramp = np.arange(1, columns.number + 1, dtype=np.float64)
        self._weight = np.minimum(ramp, ramp[::-1])[:, None]  # (column, 1)
        self._sum: Rows | None = None  # (column, label), from column `_n_given` on
        self._total = np.zeros((columns.number, 1))
        self._n_given = 0

    def push(self, scores: NDArray[np.float32]) -> Rows:
        """Add the next scores (window, column, label); return the columns before all later windows (column, label)."""
        given = [self._add(window.astype(np.float64)) for window in scores]
        return np.concatenate(given) if given else np.zeros((0, 0))

    def flush(self, n_frames: float) -> Rows:
        """End the recording after `n_frames`; return the remaining columns that lie at least partly in it."""
        if self._sum is None:
            return np.zeros((0, 0))
        return self._give(min(self._grid.count_columns(n_frames) - self._n_given, len(self._weight)))

    def _add(self, window: Rows) -> Rows:
        if self._sum is None:
            self._sum = np.zeros_like(window)
            done = window[:0]
        else:
            done = self._give(self._shift)
        self._sum += self._weight * window
        self._total += self._weight
        return done

    def _give(self, n: int) -> Rows:
        assert self._sum is not None
        # in the precision of the network, so that scores which are kept in float32 are the scores of the scan
        rows = (self._sum[:n] / self._total[:n]).astype(np.float32).astype(np.float64)
        self._sum = np.concatenate([self._sum[n:], np.zeros_like(rows)])
        self._total = np.concatenate([self._total[n:], np.zeros((n, 1))])
        self._n_given += n
        return rows


def timeline(grid: WindowGrid) -> WindowTimeline | ColumnTimeline:
    """Return the timeline for the windows of `grid`."""
    return WindowTimeline() if grid.columns is None else ColumnTimeline(grid, grid.columns)
