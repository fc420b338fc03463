"""Resample blocks of samples, with the same result as resampling them in one piece."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

Samples = NDArray[np.float32]

MARGIN = 1024
"""Samples, at the lower rate, after which the beginning of a stretch no longer changes what a resampler gives."""


class Resampler:
    """Change the sample rate of blocks. Joined, the blocks are bit for bit the same as after one call.

    Parameters
    ----------
    sample_rate : int
        Of the blocks given, Hz.
    target : int
        Of the blocks returned, Hz.
    n_channels : int
        Number of channels.
    """

    def __init__(self, sample_rate: int, target: int, n_channels: int) -> None:
        self._n_channels = n_channels
        self._stream = None
        if sample_rate != target:
            self._stream = soxr.ResampleStream(sample_rate, target, n_channels, dtype="float32", quality="HQ")

    def __call__(self, block: Samples) -> Samples:
        """Return the samples (sample, channel) that the blocks so far determine."""
        return block if self._stream is None else self._stream.resample_chunk(np.ascontiguousarray(block))

    def flushed(self) -> Samples:
        """Return the samples that remain after the last block."""
        nothing = np.empty((0, self._n_channels), dtype=np.float32)
        return nothing if self._stream is None else self._stream.resample_chunk(nothing, last=True)
