"""Band power as a stream: blocks of samples in, tiles of frames out, the same frames whatever the blocks.

Tiles lie on a grid anchored at the start of the recording and are always computed whole (the last one over zeros, then
cut), so the arithmetic of a frame, to the last bit, does not depend on how the samples arrived.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from detector.frontend.power import BandPower
from detector.frontend.scaling import Scale

TILE_SAMPLES = 61_440  # a tile spans about as many samples as this, and at least 32 frames


def tile_frames(hop_length: int) -> int:
    """Count the frames of a tile."""
    return max(32, TILE_SAMPLES // hop_length)


class PowerStream:
    """Turn blocks of samples (channel, n) into tiles of band power (channel, band, frame).

    Parameters
    ----------
    power : BandPower
        The linear half of the front end.
    n_channels : int
        Rows of every block.
    device : torch.device
        Where `power` lives.
    """

    def __init__(self, power: BandPower, n_channels: int, device: torch.device) -> None:
        self.power = power
        self.device = device
        self.tile = tile_frames(power.hop_length)
        self._step = self.tile * power.hop_length
        self._need = max(self._step, self._step - power.hop_length + power.n_fft)  # short filters may leave gaps
        self._kept = torch.zeros(n_channels, power.lead)
        self._n_samples = 0
        self._n_frames = 0

    def push(self, block: Tensor) -> Iterator[Tensor]:
        """Take the next samples; give every tile that is whole now."""
        self._n_samples += block.shape[-1]
        self._kept = torch.cat([self._kept, block], dim=-1)
        while self._kept.shape[-1] >= self._need:
            yield self._next()

    def flush(self) -> Iterator[Tensor]:
        """End the recording; give the tiles that are left, the last one cut to the recording's frames."""
        total = self.power.count_frames(self._n_samples)
        while self._n_frames < total:
            missing = self._need - self._kept.shape[-1]
            if missing > 0:
                self._kept = torch.nn.functional.pad(self._kept, (0, missing))
            left = total - self._n_frames
            yield self._next()[..., :left]

    def _next(self) -> Tensor:
        samples = self._kept[:, : self._need].to(self.device)
        self._kept = self._kept[:, self._step :]
        self._n_frames += self.tile
        with torch.inference_mode():
            return self.power(samples)


class ScaleStream:
    """Scale tiles of one recording in order, carrying the slow mean from one to the next."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self._state: Tensor | None = None

    def push(self, tile: Tensor) -> Tensor:
        """Scale the next tile (channel, band, frame)."""
        with torch.inference_mode():
            scaled, self._state = self.scale(tile, self._state)
        return scaled
