"""Build WAV and AIFF files chunk by chunk, true or not."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

from tests.corpus.index import data_offset
from tests.corpus.sound import RATE, recording

RATE_AT, BYTE_RATE_AT, ALIGN_AT, BITS_AT, TAG_AT, CHANNELS_AT = 24, 28, 32, 34, 20, 22  # in a plain WAV header


def samples(kind: str = "wav16", length: str = "long") -> bytes:
    """Give the samples of an undamaged recording as they are coded."""
    data = recording(kind, length)
    return data[data_offset(data) :]


def chunk(name: bytes, body: bytes, size: int | None = None, *, padded: bool = True) -> bytes:
    """Build a chunk; `size` is what its field says instead of the truth."""
    said = len(body) if size is None else size
    return name + struct.pack("<I", said & 0xFFFFFFFF) + body + bytes(len(body) % 2 if padded else 0)


def fmt(rate: int = RATE, channels: int = 1, bits: int = 16, tag: int = 1, **said: int) -> bytes:
    """Build a format chunk; `said` holds `byte_rate` or `align` where they are not to follow from the others."""
    align = said.get("align", channels * bits // 8) & 0xFFFF
    byte_rate = said.get("byte_rate", rate * align) & 0xFFFFFFFF
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, byte_rate, align, bits))


def wav(chunks: Iterable[bytes], size: int | None = None) -> bytes:
    """Build a WAV file."""
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", (len(body) if size is None else size) & 0xFFFFFFFF) + body


def patched(data: bytes, fields: Mapping[int, bytes]) -> bytes:
    """Overwrite bytes at some places."""
    changed = bytearray(data)
    for at, value in fields.items():
        changed[at : at + len(value)] = value
    return bytes(changed)
