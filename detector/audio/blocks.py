"""Decode blocks of samples with libsndfile, and keep what it decoded before an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from detector.audio.decode import Sound, reason
from detector.audio.header import Header
from detector.audio.view import View

Coded = NDArray[np.float32] | NDArray[np.int16] | NDArray[np.int32]
"""Samples as the file codes them where it holds integers of 16 or 32 bits; in other codings, from -1 to 1."""
Piece = tuple[int, Coded]
"""The number of the first sample, counted from the recording's start, and samples (sample, channel)."""
Notice = Callable[[], None]
"""Is called when foreign bytes lie between two pieces, even if no sample is lost."""

_INTEGERS: dict[str, type[np.int16] | type[np.int32]] = {"PCM_16": np.int16, "PCM_32": np.int32}
_MPEG_READ = 4608  # an error in MP3 loses the whole read, so reads are short


class Undecodable(Exception):  # noqa: N818 (it ends a stretch; it is no error of the program)
    """Decoding ended before the end of the recording; the message gives the reason."""


def read_block(sound: Sound, header: Header, n_frames: int) -> tuple[Coded, str]:
    """Decode the next `n_frames`, or fewer up to the file's end or an error.

    Returns
    -------
    ndarray (sample, channel)
        The samples.
    str
        The reason of the error; empty without one.
    """
    block = np.empty((n_frames, header.n_channels), dtype=_INTEGERS.get(header.subtype, np.float32))
    most = _MPEG_READ if header.format == "MP3" else n_frames
    n_read = 0
    while n_read < n_frames:
        start = _position(sound)
        n_wanted = min(most, n_frames - n_read)
        try:
            n_more = len(sound.read(out=block[n_read : n_read + n_wanted]))
        except soundfile.LibsndfileError as error:
            n_read += max(0, _position(sound) - start)  # libsndfile counts what it decoded before the error
            return block[:n_read], reason(error)
        n_read += n_more
        # at the end of a damaged FLAC file, libsndfile may never return from a further read
        if n_more == 0 or (n_more < n_wanted and header.flac is not None):
            break
    return block[:n_read], ""


def block_length(header: Header, length: int) -> int:
    """Round a length, in samples, so that blocks of MP3 are whole reads and every read begins at the same sample."""
    return length + -length % _MPEG_READ if header.format == "MP3" else length


def seek_to(sound: Sound, sample: int) -> bool:
    """Go to a sample; return whether decoding continues there."""
    try:
        return sample == 0 or sound.seek(sample) == sample
    except soundfile.SoundFileError:  # behind the end of what can be read
        return False


def _position(sound: Sound) -> int:
    """Return the sample that is decoded next; 0 in codings that do not say."""
    try:
        return sound.tell()
    except soundfile.SoundFileError:
        return 0


def decode_view(header: Header, file: BinaryIO, view: View, length: int) -> Iterator[tuple[Coded, str]]:
    """Decode the bytes that `view` shows, up to their end or an error.

    Yields
    ------
    ndarray (sample, channel)
        Blocks of at most `length` samples.
    str
        The reason of the error that ends the last block; empty without one.
    """
    try:
        with header.decoding(file, view) as sound:
            if sound.channels != header.n_channels:
                return
            n_left = sound.frames  # a read behind the last one may never return
            error = ""
            while n_left > 0 and not error:
                block, error = read_block(sound, header, min(length, n_left))
                n_left -= len(block)
                if len(block) == 0:
                    return
                yield block, error
    except soundfile.SoundFileError:
        return
