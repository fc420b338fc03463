"""Band power as a stream: blocks of samples in, tiles of frames out, the same frames whatever the blocks.

Tiles lie on a grid anchored at the first frame, and all but the last have the same shape, so the arithmetic of a frame,
to the last bit, does not depend on how the samples arrived.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from detector.frontend.power import BandPower
from detector.frontend.scaling import Scale

TILE_SAMPLES = 2**19  # the frames of a tile hold as many samples as this; there are at least 32


def tile_frames(n_fft: int) -> int:
    """Count the frames of a tile."""
    return max(32, TILE_SAMPLES // n_fft)


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
    first_frame : int
        The recording's frame to begin with; the samples then begin at `first_sample`, and tiles are counted from here.
    """

    def __init__(self, power: BandPower, n_channels: int, device: torch.device, first_frame: int = 0) -> None:
        self.power = power
        self.device = device
        self.tile = tile_frames(power.n_fft)
        start = first_frame * power.hop_length - power.lead
        self.first_sample = max(0, start)
        self._kept = torch.zeros(n_channels, self.first_sample - start)
        self._n_samples = self.first_sample
        self._n_frames = first_frame

    def push(self, block: Tensor) -> Iterator[Tensor]:
        """Take the next samples; give every tile that is whole now."""
        self._n_samples += block.shape[-1]
        self._kept = torch.cat([self._kept, block], dim=-1)
        need = max(self._need(self.tile), self.tile * self.power.hop_length)  # short filters may leave gaps
        while self._kept.shape[-1] >= need:
            yield self._next(self.tile)

    def flush(self, end_frame: int | None = None) -> Iterator[Tensor]:
        """End the recording; give the tiles that are left, the last one as long as the recording's frames ask for.

        With `end_frame`, give those up to this frame, over zeros where samples are missing.
        """
        total = self.power.count_frames(self._n_samples) if end_frame is None else end_frame
        while (left := total - self._n_frames) > 0:
            n_frames = min(left, self.tile)
            missing = self._need(n_frames) - self._kept.shape[-1]
            if missing > 0:
                self._kept = torch.nn.functional.pad(self._kept, (0, missing))
            yield self._next(n_frames)

    def _need(self, n_frames: int) -> int:
        return (n_frames - 1) * self.power.hop_length + self.power.n_fft

    def _next(self, n_frames: int) -> Tensor:
        samples = self._sent(self._kept[:, : self._need(n_frames)])
        self._kept = self._kept[:, n_frames * self.power.hop_length :]
        self._n_frames += n_frames
        with torch.inference_mode():
            return self.power(samples)

    def _sent(self, samples: Tensor) -> Tensor:
        """Bring samples to the device; to CUDA from pinned memory, while it still computes."""
        if self.device.type != "cuda":
            return samples.to(self.device)
        return samples.pin_memory().to(self.device, non_blocking=True)


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
