"""Decode a stretch of a recording to the very numbers that the file holds: at its rate, with all channels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from detector.audio.blocks import Coded, Undecodable
from detector.audio.header import Header
from detector.audio.pieces import pieces
from detector.errors import RecordingError

MOST_SAMPLES = 1 << 20
"""Most samples, of all channels together, that are decoded at once."""


def original_blocks(header: Header, first: int, end: int) -> Iterator[tuple[int, Coded]]:
    """Decode a stretch of a recording, block by block, without resampling and without rounding.

    Parameters
    ----------
    header : Header
        Of the recording.
    first, end : int
        First sample, and the one after the last. The blocks end earlier where the recording does, or its damage begins.

    Yields
    ------
    int, ndarray (sample, channel)
        The number of the first sample, and samples. They follow one another without a gap: a hole is filled with zeros
        if the recording goes on behind it.

    Raises
    ------
    RecordingError
        If the file is missing or was changed, or the disk or the network cannot read it.
    """
    length = max(1, MOST_SAMPLES // header.n_channels)
    position = first
    try:
        with header.file() as file:
            for start, piece in pieces(header, file, first, end, length, _ignore):
                for hole in range(position, min(start, end), length):
                    n_samples = min(length, start - hole, end - hole)
                    yield hole, np.zeros((n_samples, header.n_channels), np.float32)
                    position = hole + n_samples
                block = piece[max(0, position - start) : max(0, end - start)]
                if len(block):
                    yield position, block
                    position += len(block)
                if position >= end:
                    break
    except Undecodable:
        pass  # the stretch ends here
    except OSError as error:
        time_s = position / header.sample_rate
        raise RecordingError(
            f"{header.place}: cannot be read: {error.strerror or error} (at {time_s:.1f} s)"
        ) from error
    header.check_unchanged()


def _ignore() -> None:
    """Take no notice of foreign bytes between samples: a scan reports them."""
