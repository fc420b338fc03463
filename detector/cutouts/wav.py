"""Write a WAV file block by block, with the coding of its source, so that no sample changes.

The header is written by hand: libsndfile scales integers that come as floats, and writes the time of day into files of
floats. Source: IBM and Microsoft, Multimedia Programming Interface 1.0; Microsoft, New Multimedia Data Types (1994).
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from detector.audio.blocks import Coded

BITS = {"PCM_U8": 8, "PCM_S8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32, "FLOAT": 32, "DOUBLE": 32}
"""Bits of a sample in the clip, by the coding of the source. All others, such as MP3, become integers of 16 bits."""

MOST_BYTES = 2**32 - 2**20
"""Most bytes of samples: the sizes in a WAV file have 32 bits."""

_FLOATS = ("FLOAT", "DOUBLE")
_INTEGER_TAG = 1
_FLOAT_TAG = 3


class WavWriter:
    """Write a WAV file. The file is open only while a block is written, so many may be in progress.

    Parameters
    ----------
    path : Path
        The file; it must not exist.
    subtype : str
        Coding of the source, by libsndfile's name.
    sample_rate, n_channels : int
        Of the source.

    Attributes
    ----------
    n_samples : int
        Samples of each channel written so far.
    """

    def __init__(self, path: Path, subtype: str, sample_rate: int, n_channels: int) -> None:
        self.path = path
        self.n_samples = 0
        self._is_float = subtype in _FLOATS
        self._bits = BITS.get(subtype, 16)
        self._sample_rate = sample_rate
        self._n_channels = n_channels

    @property
    def frame_bytes(self) -> int:
        """Return the bytes of a sample of every channel."""
        return self._bits // 8 * self._n_channels

    def append(self, samples: Coded) -> None:
        """Write the next samples (sample, channel)."""
        if self.n_samples == 0:
            self.path.write_bytes(bytes(len(self._head(0))))
        content = samples.astype("<f4").tobytes() if self._is_float else integer_bytes(samples, self._bits)
        with self.path.open("ab") as file:
            file.write(content)
        self.n_samples += len(samples)

    def finish(self, chunk: bytes, content: bytes) -> None:
        """Write a last chunk, and the header.

        Parameters
        ----------
        chunk : bytes
            Its name, such as ``b"guan"``.
        content : bytes
            Its content, of an even number of bytes.
        """
        tail = bytes(self.n_samples * self.frame_bytes % 2) + chunk + struct.pack("<I", len(content)) + content
        with self.path.open("r+b") as file:
            file.write(self._head(len(tail)))
            file.seek(0, 2)
            file.write(tail)

    def _head(self, n_after: int) -> bytes:
        """Return the header, with `n_after` bytes behind the samples."""
        n_bytes = self.n_samples * self.frame_bytes
        tag = _FLOAT_TAG if self._is_float else _INTEGER_TAG
        byte_rate = self._sample_rate * self.frame_bytes
        form = struct.pack("<HHIIHH", tag, self._n_channels, self._sample_rate, byte_rate, self.frame_bytes, self._bits)
        fact = b""
        if self._is_float:
            form += struct.pack("<H", 0)
            fact = b"fact" + struct.pack("<II", 4, self.n_samples)
        body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + fact + b"data" + struct.pack("<I", n_bytes)
        return b"RIFF" + struct.pack("<I", len(body) + n_bytes + n_after) + body


def integer_bytes(samples: Coded, bits: int) -> bytes:
    """Write samples as integers of 8, 16, 24 or 32 bits, little-endian.

    Integers must have that many bits already; floats are from -1 to 1, and beyond that they are cut off.
    """
    if samples.dtype.kind == "i":
        return samples.astype(f"<i{bits // 8}").tobytes()
    scaled = np.rint(np.nan_to_num(samples.astype(np.float64), posinf=1.0, neginf=-1.0) * 2 ** (bits - 1))
    integers = np.clip(scaled, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1).astype("<i4")
    if bits == 8:
        return (integers + 128).astype(np.uint8).tobytes()  # the only coding of WAV without a sign
    return integers.reshape(-1, 1).view(np.uint8)[:, : bits // 8].tobytes()
