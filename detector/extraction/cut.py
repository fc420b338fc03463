"""Cut clips of band power from a recording while it is read block by block."""

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
    """A cut clip.

    Attributes
    ----------
    number : int
        Index of the clip among the requested ones.
    power : ndarray
        (band, frame). Frames before the recording repeat its first frame, so that the slow mean does not change there;
        frames after the recording are zero.
    state : ndarray or None
        The slow mean before the clip (band,); None if the scaling has none.
    first_frame, n_frames : int
        The frames that lie within the recording.
    """

    number: int
    power: NDArray[np.float32]
    state: NDArray[np.float32] | None
    first_frame: int
    n_frames: int


class ClipCutter:
    """Cut clips: the window of a recipe, with `margin` frames before and after it."""

    def __init__(self, recipe: Recipe, margin: int) -> None:
        self.length = recipe.window_frames + 2 * margin
        self.power = band_power(recipe, design(recipe))
        self.scale = Scale(recipe)

    def cut(
        self, blocks: Iterable[NDArray[np.float32]], n_channels: int, requested: Sequence[tuple[int, int]]
    ) -> Iterator[Piece]:
        """Cut from blocks of samples (channel, n).

        Parameters
        ----------
        requested : sequence of (int, int)
            Channel and first frame of each clip, in order of frames; the frame is negative if the clip starts before
            the recording.
        """
        strip = _Strip(self.scale)
        cursor = 0
        for tile in self._tiles(blocks, n_channels):
            strip.append(tile)
            while cursor < len(requested) and requested[cursor][1] + self.length <= strip.end:
                yield self._piece(strip, cursor, *requested[cursor])
                cursor += 1
            if cursor == len(requested):
                return
            strip.forget(requested[cursor][1] - 1)
        for number in range(cursor, len(requested)):
            if max(0, requested[number][1]) < strip.end:
                yield self._piece(strip, number, *requested[number])

    def _tiles(self, blocks: Iterable[NDArray[np.float32]], n_channels: int) -> Iterator[Tensor]:
        stream = PowerStream(self.power, n_channels, torch.device("cpu"))
        for block in blocks:
            yield from stream.push(torch.from_numpy(block))
        yield from stream.flush()

    def _piece(self, strip: _Strip, number: int, channel: int, start: int) -> Piece:
        first = max(0, start)
        end = min(start + self.length, strip.end)
        n_before = first - start  # frames before the recording
        n_frames = end - first
        sound = strip.power(channel, first, end)
        power = np.zeros((sound.shape[0], self.length), dtype=np.float32)
        power[:, :n_before] = sound[:, :1]
        power[:, n_before : n_before + n_frames] = sound
        return Piece(number, power, strip.state(channel, first), n_before, n_frames)


class _Strip:
    """The frames of a recording that are still needed, with their slow mean."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self.end = 0
        self._tiles: list[tuple[int, Tensor, Tensor | None]] = []

    def append(self, tile: Tensor) -> None:
        """Add the next tile (channel, band, frame)."""
        before = self._tiles[-1][2] if self._tiles else None
        with torch.inference_mode():
            smooth = self.scale.smooth(tile, None if before is None else before[..., -1])
        self._tiles.append((self.end, tile, smooth))
        self.end += tile.shape[-1]

    def forget(self, frame: int) -> None:
        """Drop the tiles that end before `frame`, except the last one."""
        while len(self._tiles) > 1 and self._tiles[1][0] <= frame:
            self._tiles.pop(0)

    def power(self, channel: int, first: int, end: int) -> NDArray[np.float32]:
        """Return band power (band, frame) from frame `first` up to, but without, `end`."""
        parts = [
            tile[channel, :, max(0, first - start) : end - start]
            for start, tile, _ in self._tiles
            if start < end and start + tile.shape[-1] > first
        ]
        return torch.cat(parts, dim=-1).numpy()

    def state(self, channel: int, frame: int) -> NDArray[np.float32] | None:
        """Return the slow mean (band,) before `frame`; at the start of the recording it is the first frame."""
        if self._tiles[0][2] is None:
            return None
        if frame == 0:
            return self._tiles[0][1][channel, :, 0].numpy()
        for start, _, smooth in self._tiles:
            if start <= frame - 1 < start + (0 if smooth is None else smooth.shape[-1]):
                assert smooth is not None
                return smooth[channel, :, frame - 1 - start].numpy()
        raise AssertionError(f"frame {frame} was dropped")
