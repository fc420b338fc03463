"""Each bit of the first kilobyte turned over, in every format."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from math import inf

from tests.corpus.case import Case, Group, Source, content, in_header
from tests.corpus.index import index
from tests.corpus.sound import KINDS, from_source, source_name

_N_BYTES = 1024
_QUICK_SHARE = 40  # one flip in so many, besides those of the first bytes
_QUICK_BYTES = 48
_ONCE_FOUND = {("mp3", byte) for byte in (289, 290, 291, 577, 579)} | {("opus", 895)}  # by the full corpus

_TOLD_HZ = (10.0, 4_000_000.0)  # no recorder is slower or faster: such a rate tells by itself that it is wrong


def flips_of(kind: str) -> Group:
    """Give the group of one format's flips."""

    def flips(quick: bool) -> Iterator[Case]:
        source = source_name(kind, "short")
        data = from_source(source)
        for bit in range(8 * min(_N_BYTES, len(data))):
            chosen = bit < 8 * _QUICK_BYTES or (kind, bit // 8) in _ONCE_FOUND
            chosen = chosen or zlib.crc32(f"{kind}{bit}".encode()) % _QUICK_SHARE == 0
            if (chosen or not quick) and not untellable(kind, data, bit):
                yield _flipped(kind, source, data, bit)

    return flips


def _flipped(kind: str, source: str, data: bytes, bit: int) -> Case:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    where = index(source)
    name = f"flip-{kind}-{bit // 8:04d}-{bit % 8}.{KINDS[kind].suffix}"
    if bit // 8 < where.header:
        return in_header(name, bytes(changed), source)
    start_s, end_s = where.touched(bit // 8, bit // 8 + 1)
    if kind == "mp3":  # without checksums and numbers, frames after a lost one move
        later = ((end_s, inf),)
        return Case(name, content(bytes(changed)), (Source(source),), ((start_s, end_s),), later, "unless")
    told = "must" if kind in {"flac", "vorbis", "opus"} else "may"  # by checksums
    return Case(name, content(bytes(changed)), (Source(source),), ((start_s, end_s),), named=told)


def untellable(kind: str, data: bytes, bit: int) -> bool:
    """Say whether nobody could tell that a bit was turned over, as the file is sound and only means another sound.

    AIFF says its sample rate once, as a float of 80 bits, and no other field of it follows from the rate. A WAV of
    floating-point samples is one of whole numbers, but for the one bit that says so. A frame of an MP3 file with
    another bit rate has another size: where that leads to the head of a later frame, the file is sound.
    """
    if kind == "wavfloat":
        return bit == 8 * 20 + 1
    if kind == "mp3":
        return bit // 8 > 100 and data[bit // 8 - 2] == 0xFF and data[bit // 8 - 1] & 0xE0 == 0xE0 and bit % 8 >= 4
    rate_at = data.index(b"COMM") + 16 if kind == "aiff" else -1
    if kind != "aiff" or not rate_at <= bit // 8 < rate_at + 10:
        return False
    changed = int.from_bytes(data[rate_at : rate_at + 10], "big") ^ 1 << 8 * (9 - (bit // 8 - rate_at)) + bit % 8
    exponent, mantissa = changed >> 64 & 0x7FFF, changed & (1 << 64) - 1
    if changed >> 79 or abs(exponent - 16383) > 64:
        return False
    return _TOLD_HZ[0] <= mantissa * 2.0 ** (exponent - 16383 - 63) <= _TOLD_HZ[1]
