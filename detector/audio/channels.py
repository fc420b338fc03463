"""Choose or mix the channels of a recording, and name the result."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detector.audio.header import Header
from detector.errors import ContentError


def channel_names(header: Header, channel: str | int) -> tuple[str, ...]:
    """Name the channels that a stream has.

    Parameters
    ----------
    header : Header
        Of the recording.
    channel : str or int
        The recipe's choice: "mix", "each", or a number from 0.

    Raises
    ------
    RecordingError
        If the recording has no such channel.
    """
    if channel == "mix":
        return ("mix",)
    if channel == "each":
        return tuple(str(n) for n in range(header.n_channels))
    if int(channel) >= header.n_channels:
        raise ContentError(f"{header.place}: has no channel {channel}; its {header.n_channels} channels count from 0")
    return (str(channel),)


def picked(block: NDArray[np.float32], channel: str | int) -> NDArray[np.float32]:
    """Return the channel that is chosen by number, or all channels, of a block (sample, channel)."""
    return block[:, channel : channel + 1] if isinstance(channel, int) else block


def mixed(block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean (sample, 1) of the channels of a block (sample, channel)."""
    if block.shape[1] == 1:
        return block
    total = block[:, 0].copy()  # numpy's own sum depends on the block's shape in its last bit
    for channel in range(1, block.shape[1]):
        total += block[:, channel]
    mean: NDArray[np.float32] = (total / np.float32(block.shape[1]))[:, None]
    return mean
