"""Band power as a stream: blocks of samples in, tiles of frames out.

Tiles are counted from the first frame, and all but the last have the same shape. The size of the blocks therefore does
not change a single bit of a frame.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from detector.frontend.power import BandPower
from detector.frontend.scaling import Scale

TILE_SAMPLES = 2**19
"""Samples of all frames of a tile together; those that overlapping frames share count for each."""

LEAST_TILE_FRAMES = 32


def tile_frames(n_fft: int) -> int:
    """Count the frames of a tile, for frames of `n_fft` samples."""
    return max(LEAST_TILE_FRAMES, TILE_SAMPLES // n_fft)


class PowerStream:
    """Turn blocks of samples (channel, n) into tiles of band power (channel, band, frame).

    Parameters
    ----------
    power : BandPower
        The linear half of the front end.
    n_channels : int
        Rows of every block.
    device : torch.device
        Where `power` is.
    first_frame : int
        The recording's frame to begin with. Tiles are counted from it.

    Attributes
    ----------
    first_sample : int
        The recording's sample that the first block must begin with.
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
        """Add a block of samples (channel, n); yield every tile that is complete."""
        self._n_samples += block.shape[-1]
        self._kept = torch.cat([self._kept, block], dim=-1)
        # where frames are shorter than the hop, the samples between the last frame and the next tile count, too
        needed = max(self._count_samples(self.tile), self.tile * self.power.hop_length)
        while self._kept.shape[-1] >= needed:
            yield self._next_tile(self.tile)

    def flush(self, end_frame: int | None = None) -> Iterator[Tensor]:
        """End the stream; yield the remaining tiles, with zeros in the place of samples that are missing.

        Parameters
        ----------
        end_frame : int, optional
            The frame after the last one; by default, that of the recording.
        """
        total = self.power.count_frames(self._n_samples) if end_frame is None else end_frame
        while (remaining := total - self._n_frames) > 0:
            n_frames = min(remaining, self.tile)
            missing = self._count_samples(n_frames) - self._kept.shape[-1]
            if missing > 0:
                self._kept = torch.nn.functional.pad(self._kept, (0, missing))
            yield self._next_tile(n_frames)

    def _count_samples(self, n_frames: int) -> int:
        """Count the samples that consecutive frames depend on."""
        return (n_frames - 1) * self.power.hop_length + self.power.n_fft

    def _next_tile(self, n_frames: int) -> Tensor:
        samples = self._on_device(self._kept[:, : self._count_samples(n_frames)])
        self._kept = self._kept[:, n_frames * self.power.hop_length :]
        self._n_frames += n_frames
        with torch.inference_mode():
            return self.power(samples)

    def _on_device(self, samples: Tensor) -> Tensor:
        """Copy samples to the device; for CUDA from pinned memory, so that the copy does not wait for the device."""
        if self.device.type != "cuda":
            return samples.to(self.device)
        return samples.pin_memory().to(self.device, non_blocking=True)


class ScaleStream:
    """Scale the tiles of one recording in order; each begins with the smoother's state after the one before."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        self._state: Tensor | None = None

    def push(self, tile: Tensor) -> Tensor:
        """Scale the next tile (channel, band, frame)."""
        with torch.inference_mode():
            scaled, self._state = self.scale(tile, self._state)
        return scaled
