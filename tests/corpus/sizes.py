"""Size fields of 0, of the greatest number, odd, drawn, and with single high bits set."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from math import inf
from pathlib import Path

from tests.corpus import riff
from tests.corpus.case import Case, Source, content, in_header
from tests.corpus.index import data_offset
from tests.corpus.sound import RATE, from_source, source_name

_GIB = 1 << 30


def sizes(quick: bool) -> Iterator[Case]:
    """Give all of them; the file beyond 4 GiB is no part of the quick ones."""
    yield from _data_32("wav16")
    yield from _data_32("wavfloat")
    yield from _whole_32()
    yield from _data_64("rf64", at=28, extra=0)
    yield from _data_64("w64", at=96, extra=24)
    yield from _whole_64()
    yield from _aiff()
    yield from _flac_total()
    if not quick:
        yield Case("size-wrapped.wav", _write_wrapped, (Source(source_name("wavfloat", "short"), _wrapped_s()),))


def _claimed(name: str, data: bytes, source: str, claimed: int, true: int) -> Case:
    """Judge a size field of the samples by what it claims against the truth."""
    if claimed in {0, true} or claimed > true:
        return Case(name, content(data), (Source(source),), named="unless" if claimed == true else "must")
    claimed_s = claimed / true * 60.0
    if claimed >= true - 1:
        return Case(name, content(data), (Source(source),), ((claimed_s - 0.01, inf),), named="may")
    return Case(name, content(data), (Source(source),), optional=((claimed_s, inf),))


def _drawn(limit: int, seed: int) -> list[int]:
    rng = random.Random(seed)
    return [rng.randrange(limit) for _ in range(3)]


def _values(true: int, bits: int) -> list[int]:
    top = 1 << bits
    near = [0, 1, true - 1, true + 1, true + 2, true // 2 & ~3, 2 * true]
    return [*near, top - 1, top - 2, top // 2, top // 2 - 1, *_drawn(true, 1), *_drawn(top - 2 * true, 2)]


def _data_32(kind: str) -> Iterator[Case]:
    source = source_name(kind)
    data = from_source(source)
    true = len(data) - data_offset(data)
    for claimed in _values(true, 32):
        changed = riff.patched(data, {data_offset(data) - 4: struct.pack("<I", claimed)})
        yield _claimed(f"size-{kind}-data-{claimed}.wav", changed, source, claimed, true)


def _whole_32() -> Iterator[Case]:
    source = source_name("wav16")
    data = from_source(source)
    for claimed in _values(len(data) - 8, 32):
        changed = riff.patched(data, {4: struct.pack("<I", claimed)})
        yield Case(f"size-riff-{claimed}.wav", content(changed), (Source(source),), named="may")


def _data_64(kind: str, at: int, extra: int) -> Iterator[Case]:
    """Change the 64-bit size of the samples at byte `at`, which counts `extra` bytes besides."""
    source = source_name(kind)
    data = from_source(source)
    true = int.from_bytes(data[at : at + 8], "little") - extra
    flipped = [true + extra ^ 1 << bit for bit in (63, 62, 56, 52, 40, 33, 32, 31)]
    for claimed in dict.fromkeys([*(value - extra for value in flipped), *_values(true, 64)]):
        field = (claimed + extra) % 2**64
        changed = riff.patched(data, {at: field.to_bytes(8, "little")})
        yield _claimed(f"size-{kind}-data-{field}.{kind}", changed, source, (claimed + 2**64) % 2**64, true)


def _whole_64() -> Iterator[Case]:
    for kind, fields in {"rf64": {"riff": 20, "count": 36}, "w64": {"riff": 16}}.items():
        source = source_name(kind)
        data = from_source(source)
        for field, at in fields.items():
            true = int.from_bytes(data[at : at + 8], "little")
            for said in (0, true // 2, true + 1, true ^ 1 << 52, true ^ 1 << 63, 2**64 - 1):
                changed = riff.patched(data, {at: said.to_bytes(8, "little")})
                yield Case(f"size-{kind}-{field}-{said}.{kind}", content(changed), (Source(source),), named="may")


def _aiff() -> Iterator[Case]:
    source = source_name("aiff")
    data = from_source(source)
    frames_at, size_at = data.index(b"COMM") + 10, data.index(b"SSND") + 4
    true = len(data) - data_offset(data)
    for claimed in (0, 1, true // 4, true // 2 - 1, true // 2 + 1, true, 2**31 - 1, 2**31, 2**32 - 1):
        changed = riff.patched(data, {frames_at: struct.pack(">I", claimed)})
        optional = ((2 * claimed / true * 60.0, inf),) if 0 < claimed < true // 2 else ()
        yield Case(f"size-aiff-frames-{claimed}.aiff", content(changed), (Source(source),), optional=optional)
    for claimed in _values(true, 32):
        changed = riff.patched(data, {size_at: struct.pack(">I", (claimed + 8) % 2**32)})
        yield _claimed(f"size-aiff-ssnd-{claimed}.aiff", changed, source, (claimed + 8) % 2**32 - 8, true)
    for offset in (2, 1000, 2**31):
        changed = riff.patched(data, {size_at + 4: struct.pack(">I", offset)})
        yield in_header(f"size-aiff-offset-{offset}.aiff", changed, source)


def _flac_total() -> Iterator[Case]:
    source = source_name("flac")
    data = from_source(source)
    field = int.from_bytes(data[21:26], "big")
    true = field % 2**36
    for total in (true // 2, 2 * true, true - 1, true + 1, 1, 2**36 - 1):
        changed = riff.patched(data, {21: (field - true + total).to_bytes(5, "big")})
        yield Case(f"size-flac-total-{total}.flac", content(changed), (Source(source),))
    unknown = riff.patched(data, {21: (field - true).to_bytes(5, "big")})
    yield Case("size-flac-total-unknown.flac", content(unknown), (Source(source),), named="may")


_WRAPPED_CHANNELS = 64
_WRAPPED_SIZE = 4 * _GIB + 1024 * _WRAPPED_CHANNELS * 4


def _wrapped_s() -> float:
    """Give when the calls at the end of the file beyond 4 GiB begin: on a whole frame of it."""
    n_frames = _WRAPPED_SIZE // (4 * _WRAPPED_CHANNELS)
    return (n_frames - 6 * RATE) / RATE


def _write_wrapped(path: Path) -> None:
    """Write a sparse file of zeros with a short recording at its end, in each channel; its size field has wrapped."""
    tail = b"".join(
        sample * _WRAPPED_CHANNELS
        for sample in (riff.samples("wavfloat", "short")[at : at + 4] for at in range(0, 6 * RATE * 4, 4))
    )
    head = riff.fmt(channels=_WRAPPED_CHANNELS, bits=32, tag=3)
    head = riff.wav([head], _WRAPPED_SIZE) + b"data" + struct.pack("<I", _WRAPPED_SIZE % 2**32)
    with path.open("wb") as file:
        file.write(head)
        file.seek(len(head) + _WRAPPED_SIZE - len(tail))
        file.write(tail)
