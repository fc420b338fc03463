"""Cut clips of band power out of a recording while it streams by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.frontend.scaling import Scale
from detector.frontend.stream import PowerStream
from detector.recipe import Recipe


@dataclass(frozen=True)
class Piece:
    """A cut clip: which of the wanted ones, power (band, frame), slow mean before it (band,), and what is recording.

    Frames outside the recording hold the first frame's power before it (which leaves the slow mean where it is) and
    zeros after it; `first_frame` and `n_frames` say which are sound.
    """

    number: int
    power: NDArray[np.float32]
    state: NDArray[np.float32] | None
    first_frame: int
    n_frames: int


class ClipCutter:
    """Cut clips of a recipe's window, with `margin` frames before and after it."""

    def __init__(self, recipe: Recipe, margin: int) -> None:
        self.length = recipe.window_frames + 2 * margin
        self.power = band_power(recipe, design(recipe))
        self.scale = Scale(recipe)

    def cut(
        self, blocks: Iterable[NDArray[np.float32]], n_channels: int, wanted: Sequence[tuple[int, int]]
    ) -> Iterator[Piece]:
        """Cut from blocks of samples (channel, n).

        Parameters
        ----------
        wanted : sequence of (int, int)
            Channel and first frame (below 0 for a clip that starts before the recording), in order of frames.
        """
        strip = _Strip(self.scale)
        cursor = 0
        for tile in self._tiles(blocks, n_channels):
            strip.append(tile)
            while cursor < len(wanted) and wanted[cursor][1] + self.length <= strip.end:
                yield self._piece(strip, cursor, *wanted[cursor])
                cursor += 1
            if cursor == len(wanted):
                return
            strip.forget(wanted[cursor][1] - 1)
        for number in range(cursor, len(wanted)):
            if max(0, wanted[number][1]) < strip.end:
                yield self._piece(strip, number, *wanted[number])

    def _tiles(self, blocks: Iterable[NDArray[np.float32]], n_channels: int) -> Iterator[Tensor]:
        stream = PowerStream(self.power, n_channels, torch.device("cpu"))
        for block in blocks:
            yield from stream.push(torch.from_numpy(block))
        yield from stream.flush()

    def _piece(self, strip: _Strip, number: int, channel: int, start: int) -> Piece:
        first, last = max(0, start), min(start + self.length, strip.end)
        sound = strip.power(channel, first, last)
        power = np.zeros((sound.shape[0], self.length), dtype=np.float32)
        lead = first - start
        power[:, :lead] = sound[:, :1]
        power[:, lead : lead + last - first] = sound
        return Piece(number, power, strip.state(channel, first), lead, last - first)


class _Strip:
    """The frames of a recording that are still needed, with their slow mean."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.start = self.end = 0
        self._tiles: list[tuple[int, Tensor, Tensor | None]] = []

    def append(self, tile: Tensor) -> None:
        """Add the next tile (channel, band, frame)."""
        before = self._tiles[-1][2] if self._tiles else None
        with torch.inference_mode():
            smooth = self.scale.smooth(tile, None if before is None else before[..., -1])
        self._tiles.append((self.end, tile, smooth))
        self.end += tile.shape[-1]

    def forget(self, frame: int) -> None:
        """Let go of tiles that end before `frame`, but the last one."""
        while len(self._tiles) > 1 and self._tiles[1][0] <= frame:
            self._tiles.pop(0)

    def power(self, channel: int, first: int, last: int) -> NDArray[np.float32]:
        """Give band power (band, frame) from `first` up to `last`."""
        parts = [
            tile[channel, :, max(0, first - at) : last - at]
            for at, tile, _ in self._tiles
            if at < last and at + tile.shape[-1] > first
        ]
        return torch.cat(parts, dim=-1).numpy()

    def state(self, channel: int, frame: int) -> NDArray[np.float32] | None:
        """Give the slow mean (band,) before `frame`: at the start of the recording, the first frame."""
        if self._tiles[0][2] is None:
            return None
        if frame == 0:
            return self._tiles[0][1][channel, :, 0].numpy()
        for at, _, smooth in self._tiles:
            if at <= frame - 1 < at + (0 if smooth is None else smooth.shape[-1]):
                assert smooth is not None
                return smooth[channel, :, frame - 1 - at].numpy()
        raise AssertionError(f"frame {frame} is gone")
