"""What decoding brings to light of a recording, and what that makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import soundfile
from numpy.typing import NDArray

from detector.audio.header import Header, Status

_LOSSY = {"MP3", "OGG"}
_TOLERANCE_S = 0.1  # codecs pad: their headers may claim a little more than comes out
_WORSE: tuple[Status, ...] = ("ok", "silent", "truncated", "damaged", "empty")


@dataclass
class Facts:
    """What decoding a recording, or a stretch of it, brought to light.

    Attributes
    ----------
    sounding : ndarray of bool
        For each channel, whether a sample was not 0.
    n_read : int
        The file's samples that were read, counted from the recording's start.
    n_not_finite : int
        How many of them were no numbers.
    error : str
        Why decoding stopped; empty where nothing stopped it.
    """

    sounding: NDArray[np.bool_]
    n_read: int = 0
    n_not_finite: int = 0
    error: str = ""

    def of(self, channel: int) -> Facts:
        """Give what concerns one channel, by number."""
        return replace(self, sounding=self.sounding[channel : channel + 1])

    def add(self, later: Facts) -> None:
        """Take in what a later stretch of the same recording brought."""
        self.sounding = self.sounding | later.sounding
        self.n_read = max(self.n_read, later.n_read)
        self.n_not_finite += later.n_not_finite
        self.error = self.error or later.error


def judge(header: Header, channels: Sequence[str], facts: Facts) -> tuple[Status, list[str]]:
    """Say what a recording is that was decoded, and what is wrong with it, a line each.

    The status is "ok", or the worst of "empty", "damaged", "truncated" and "silent", in this order.
    """
    found: list[tuple[Status, str]] = []
    read_s, claimed = facts.n_read / header.sample_rate, header.n_frames or 0
    n_missing = claimed - facts.n_read
    n_tolerated = _TOLERANCE_S * header.sample_rate if header.format in _LOSSY else 0
    if facts.error and (header.format != "FLAC" or n_missing <= 0 or _has_its_end(header)):
        found.append(("damaged", f"decode error at {read_s:.1f} s: {facts.error}; the rest was not read"))
    elif facts.n_read and n_missing > n_tolerated:
        status: Status = "damaged" if header.format == "OGG" else "truncated"  # Ogg tells a cut by itself
        line = f"{read_s:.1f} s of {claimed / header.sample_rate:.1f} s could be read ({n_missing} samples are missing)"
        found.append((status, f"{status}: {line}"))
    if facts.n_not_finite:
        found.append(("ok", f"{facts.n_not_finite} samples are not finite, taken as 0"))
    if facts.n_read == 0:
        claim = f", though its header claims {header.n_frames}" if header.n_frames else ""
        found.append(("empty", f"holds no samples{claim}"))
    elif not facts.sounding.any():
        found.append(("silent", "silent"))
    else:
        silent = [name for name, sounding in zip(channels, facts.sounding) if not sounding]
        found.extend(("ok", f"channel {name} is silent") for name in silent)
    worst = max((header.status, *(status for status, _ in found)), key=_WORSE.index)
    return worst, [line for _, line in found]


def _has_its_end(header: Header) -> bool:
    """Say whether the last sample that the header claims is there: the damage is then in the midst of the file."""
    assert header.n_frames is not None
    try:
        with header.opened() as sound:
            sound.seek(header.n_frames - 1)
            return len(sound.read(1)) == 1
    except soundfile.SoundFileError:
        return False
