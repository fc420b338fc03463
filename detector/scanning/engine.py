"""Engines turn the scaled frames of a channel into the scores of its windows, as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.clock import Clock
from detector.model import Model
from detector.network.head import Overlap
from detector.network.layers import Geometry
from detector.scanning.batches import Batches
from detector.scanning.layout import Layout
from detector.scanning.trunks import TrunkRunner

WINDOWS_AT_ONCE = 8
STRIP_FIELDS = 48  # receptive fields in a strip, so that strips compute at most a forty-eighth of the columns twice
STRIP_BYTES = 2**26  # most memory for the activations of a strip, about

Scores = NDArray[np.float32]


class Engine(Protocol):
    """Score the windows of one channel.

    Frames are pushed from the first frame of the first window on. However they are divided, the same numbers are
    computed in the same shapes, so scores are the same to the last bit.
    """

    def push(self, frames: Tensor) -> Iterator[Scores]:
        """Add the next scaled frames (band, frame); yield scores as `finish` does."""
        ...

    def finish(self, n_windows: int) -> Iterator[Scores]:
        """End after `n_windows` windows in all; yield the remaining scores. Missing frames are zero.

        Yields
        ------
        ndarray
            Scores of the next windows (window, label), or (window, column, label) for a model with frame outputs.
        """
        ...


class WindowEngine:
    """Run every window through the whole network on its own, in groups of a fixed size.

    A group for which the memory of an accelerator is too small is halved by `batches`. See `BatchedTrunk` for what this
    changes.
    """

    def __init__(
        self, model: Model, layout: Layout, trunk: TrunkRunner, clock: Clock, batches: Batches | None = None
    ) -> None:
        self._model = model
        self._batches = batches or Batches()
        self._trunk = trunk
        self._clock = clock
        self._length = layout.grid.length
        self._hop = layout.grid.hop
        self._group = model.network.geometry.windows_at_once(WINDOWS_AT_ONCE)
        self._frames = Frames(model)
        self._n_scored = 0

    def push(self, frames: Tensor) -> Iterator[Scores]:
        """Add the next scaled frames (band, frame); yield the scores of every complete group."""
        self._frames.add(frames)
        while self._frames.number >= self._need(self._group):
            yield from self._next(self._group)

    def finish(self, n_windows: int) -> Iterator[Scores]:
        """End after `n_windows` windows in all; yield the remaining scores."""
        while (left := n_windows - self._n_scored) > 0:
            yield from self._next(min(left, self._group))

    def _need(self, n: int) -> int:
        return (n - 1) * self._hop + self._length

    def _next(self, n: int) -> Iterator[Scores]:
        frames = self._frames.take(self._need(n), n * self._hop)
        windows = frames.unfold(-1, self._length, self._hop).transpose(0, 1)  # (window, band, frame)
        self._n_scored += n
        yield from self._batches.each(n, lambda first, end: self._scored(windows[first:end]))

    def _scored(self, windows: Tensor) -> Scores:
        with torch.inference_mode():
            with self._clock("trunk"):
                features = self._trunk(windows.contiguous())
            with self._clock("head"):
                return scored(self._model, self._model.network.head(features))


class SharedEngine:
    """Run the trunk once over strips of frames, cut windows from its columns, and run the head on them.

    Two strips overlap by the frames that the receptive field reaches beyond their columns. If the memory of an
    accelerator is too small for the head over a strip, `batches` halves the number of windows.
    """

    def __init__(
        self, model: Model, layout: Layout, trunk: TrunkRunner, clock: Clock, batches: Batches | None = None
    ) -> None:
        geometry = model.network.geometry
        self._model = model
        self._batches = batches or Batches()
        self._trunk = trunk
        self._clock = clock
        self._field = geometry.frames.size
        self._step = layout.step
        spacing = geometry.frames.step // layout.step
        self._overlap = Overlap(geometry.columns, layout.grid.hop // layout.step, spacing)
        self._span = (geometry.columns - 1) * spacing + 1  # columns from a window's first to its last
        self._strip = strip_columns(geometry, layout)
        self._frames = Frames(model)
        self._columns: Tensor | None = None  # (channel, band, column), from the next window on
        self._passed = 0  # next columns that lie between two windows and are not used
        self._n_scored = 0

    def push(self, frames: Tensor) -> Iterator[Scores]:
        """Add the next scaled frames (band, frame); yield the scores of every complete window."""
        self._frames.add(frames)
        while self._frames.number >= max(self._need(self._strip), self._strip * self._step):
            yield from self._next(self._strip)

    def finish(self, n_windows: int) -> Iterator[Scores]:
        """End after `n_windows` windows in all; yield the remaining scores."""
        while (left := n_windows - self._n_scored) > 0:
            kept = 0 if self._columns is None else self._columns.shape[-1]
            missing = self._passed + (left - 1) * self._overlap.hop + self._span - kept
            yield from self._next(min(missing, self._strip))

    def _need(self, n: int) -> int:
        """Count the frames that `n` columns depend on."""
        return (n - 1) * self._step + self._field

    def _next(self, n: int) -> Iterator[Scores]:
        """Compute the next `n` columns; yield the scores of the windows that they complete."""
        frames = self._frames.take(self._need(n), n * self._step)
        with torch.inference_mode():
            with self._clock("trunk"):
                columns = self._trunk(frames[None])[0]
            passed = min(self._passed, n)
            self._passed -= passed
            columns = columns[..., passed:]
            if self._columns is not None:
                columns = torch.cat([self._columns, columns], dim=-1)
            n_windows = max(0, (columns.shape[-1] - self._span) // self._overlap.hop + 1)
            done = min(n_windows * self._overlap.hop, columns.shape[-1])
            self._passed += n_windows * self._overlap.hop - done
            self._columns = columns[..., done:]
            self._n_scored += n_windows
        yield from self._batches.each(n_windows, lambda first, end: self._scored(columns, first, end, n_windows))

    def _scored(self, columns: Tensor, first: int, end: int, n_windows: int) -> Scores:
        """Score the windows from `first` to `end` of those that begin in `columns`, `n_windows` in all."""
        stop = None if end == n_windows else (end - 1) * self._overlap.hop + self._span
        columns = columns[..., first * self._overlap.hop : stop]
        with torch.inference_mode(), self._clock("head"):
            return scored(self._model, self._model.network.head.over(columns, self._overlap, end - first))


class Frames:
    """Scaled frames that are not yet processed."""

    def __init__(self, model: Model) -> None:
        self._waiting = [torch.zeros(model.recipe.n_bands, 0, device=model.device)]
        self.number = 0

    def add(self, frames: Tensor) -> None:
        """Add the next frames (band, frame)."""
        self._waiting.append(frames)
        self.number += frames.shape[-1]

    def take(self, n: int, done: int) -> Tensor:
        """Return the next `n` frames, filled up with zeros, and drop the first `done` of them."""
        frames = torch.cat(self._waiting, dim=-1)
        self._waiting = [frames[:, done:]]
        self.number = max(0, self.number - done)
        return torch.nn.functional.pad(frames[:, :n], (0, max(0, n - frames.shape[-1])))


def strip_columns(geometry: Geometry, layout: Layout) -> int:
    """Return the number of columns of a strip: as many as `STRIP_FIELDS` and `STRIP_BYTES` allow."""
    frames = STRIP_FIELDS * geometry.frames.size
    a_frame = geometry.activation_bytes * geometry.frames.step / layout.step / layout.grid.length
    return max(1, min(frames, int(STRIP_BYTES / a_frame)) // layout.step)


def scored(model: Model, logits: Tensor) -> Scores:
    """Turn logits into scores, as an array in the memory of the processor."""
    return model.scores(logits.float()).cpu().numpy()
