"""Engines: the scaled frames of one channel of one recording in, the scores of its windows out, as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.model import Model
from detector.scanning.windows import WindowGrid

WINDOWS_AT_ONCE = 16

Scores = NDArray[np.float32]


class Engine(Protocol):
    """What scores the windows of one channel of one recording, from the first to the last."""

    def push(self, tile: Tensor) -> Iterator[Scores]:
        """Take the next scaled frames (band, frame); give scores as `flush` does."""
        ...

    def flush(self) -> Iterator[Scores]:
        """End the recording; give the scores that are left.

        Yields
        ------
        ndarray
            (window, label), or (window, column, label) for a model with frame outputs: the next windows' scores.
        """
        ...


class WindowEngine:
    """Run every window through the whole network, by itself.

    Windows go through in groups anchored at window 0. A group always has the same shape, the last one filled up with
    windows of zeros, because the last bits of what torch computes depend on the shape.
    """

    def __init__(self, model: Model, grid: WindowGrid) -> None:
        self._model = model
        self._grid = grid
        self._group = model.network.geometry.windows_at_once(WINDOWS_AT_ONCE)
        self._need = (self._group - 1) * grid.hop + grid.length
        # frames from window `_n_scored` on
        self._kept = torch.zeros(model.recipe.n_bands, -grid.first, device=model.device)
        self._n_frames = 0
        self._n_scored = 0

    def push(self, tile: Tensor) -> Iterator[Scores]:
        """Take the next scaled frames (band, frame); give the scores of every group that lies within them."""
        self._n_frames += tile.shape[-1]
        self._kept = torch.cat([self._kept, tile], dim=-1)
        while self._kept.shape[-1] >= self._need:
            yield self._next(self._group)

    def flush(self) -> Iterator[Scores]:
        """End the recording; give the scores of the windows that are left, over zeros beyond its end."""
        while (left := self._grid.count(self._n_frames) - self._n_scored) > 0:
            missing = max(0, self._need - self._kept.shape[-1])
            self._kept = torch.nn.functional.pad(self._kept, (0, missing))
            yield self._next(min(left, self._group))

    def _next(self, n: int) -> Scores:
        frames = self._kept[:, : self._need]
        windows = frames.unfold(-1, self._grid.length, self._grid.hop).transpose(0, 1)  # (window, band, frame)
        batch = windows.clone(memory_format=torch.contiguous_format)
        batch[n:] = 0
        self._kept = self._kept[:, self._group * self._grid.hop :]
        self._n_scored += n
        with torch.inference_mode():
            return self._model.score(batch).float().cpu().numpy()[:n]
