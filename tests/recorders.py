"""WAV files with the headers that recorders write, made from the published layouts."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Chunk = tuple[bytes, bytes]
Clock = tuple[int, int, int, int, int, int, int]  # year as the file writes it, month, day, hour, minute, second, ms
RATE = 8000


def riff(name: bytes, content: bytes) -> bytes:
    """Give a chunk with its head, and a byte of padding where it needs one."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def wav(
    path: Path,
    before: Sequence[Chunk] = (),
    after: Sequence[Chunk] = (),
    samples: NDArray[np.int16] | None = None,
    rate: int = RATE,
) -> Path:
    """Write a WAV file of 16 bits with chunks before and after its samples (sample,) or (sample, channel)."""
    samples = np.ones(rate, np.int16) if samples is None else samples
    n_channels = 1 if samples.ndim == 1 else samples.shape[1]
    form = struct.pack("<HHIIHH", 1, n_channels, rate, rate * 2 * n_channels, 2 * n_channels, 16)
    chunks = [(b"fmt ", form), *before, (b"data", samples.astype("<i2").tobytes()), *after]
    body = b"WAVE" + b"".join(riff(name, content) for name, content in chunks)
    path.write_bytes(riff(b"RIFF", body))
    return path


def comment(text: str, size: int = 256) -> Chunk:
    """Give the chunk of an AudioMoth's comment."""
    return b"LIST", b"INFO" + riff(b"ICMT", text.encode().ljust(size, b"\0"))


def guano(stamp: str, key: str = "Timestamp: ") -> Chunk:
    return b"guan", f"GUANO|Version: 1.0\nMake: x\nNote: 1:2\n{key}{stamp}\nTE: 1\n".encode()


def wamd(*items: tuple[int, bytes]) -> Chunk:
    return b"wamd", b"".join(struct.pack("<HI", number, len(value)) + value for number, value in items)


def bext(date: bytes, time: bytes, n_samples: int = 0) -> Chunk:
    return b"bext", (b"x" * 320 + date + time + struct.pack("<QH", n_samples, 1)).ljust(602, b"\0")


def harp(
    starts: Sequence[Clock],
    sizes: Sequence[int],
    *,
    first_byte: int | None = None,
    rate: int = RATE,
    version: int = 1,
    n_channels: int = 1,
    layout: int | None = None,
) -> Chunk:
    """Give the chunk of an XWAV file.

    Parameters
    ----------
    starts : sequence of tuple
        When each raw file began.
    sizes : sequence of int
        Bytes of each raw file.
    first_byte : int, optional
        Of the samples. By default, where they lie if only this chunk comes before them.
    version, layout : int
        Version that the chunk claims, and the one that its fields follow (by default, the same).
    """
    extra = 4 * n_channels if (layout or version) == 2 else 0
    head = struct.pack(
        "<B10s4s4s8sB8sHiih", version, b"V2.01A", b"FR05", b"CE01", b"SoCal", 1, b"12345678", len(starts), -1, 1, 99
    )
    head += bytes(extra) + bytes(8)
    n_bytes = len(head) + len(starts) * (32 + extra)
    byte = 12 + 24 + 8 + n_bytes + 8 if first_byte is None else first_byte
    entries = []
    for (*clock, milliseconds), size in zip(starts, sizes):
        fields = struct.pack("<6BHIIIIB7x", *clock, milliseconds, byte % 2**32, size, 60000, rate, 1)
        entries.append(fields + bytes(extra))
        byte += size
    return b"harp", head + b"".join(entries)
