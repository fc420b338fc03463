"""Fields of a WAV header that contradict each other, or say what no recorder can mean."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np

from tests.corpus import riff
from tests.corpus.case import WHOLE, Case, Source, content, in_header
from tests.corpus.sound import RATE, encode, from_source, recording, source_name

_SOURCE = source_name("wav16")


def fields(quick: bool) -> Iterator[Case]:
    """Give all of them."""
    yield from _flipped_rates()
    yield from _contradictions()
    yield from _extremes()
    yield from _orders()


def _told(name: str, data: bytes, source: str = _SOURCE) -> Case:
    """A header that nobody can believe: any calls, or a refusal, but never without a word."""
    return Case(name, content(data), (Source(source),), optional=(WHOLE,), failed=True, strict=False)


def _flipped_rates() -> Iterator[Case]:
    """Turn over one bit of the sample rate; byte rate and block size still tell the true one."""
    for kind in ("wav16", "rf64", "w64"):
        data = from_source(source_name(kind))
        at = data.index(b"fmt ") + {"wav16": 12, "rf64": 12, "w64": 28}[kind]
        for bit in range(32):
            changed = riff.patched(data, {at: struct.pack("<I", RATE ^ 1 << bit)})
            yield _told(f"field-rate-{kind}-bit{bit}.{kind.removesuffix('16')}", changed, source_name(kind))


def _contradictions() -> Iterator[Case]:
    said: dict[str, dict[int, bytes]] = {
        **{f"byterate-{n}": {riff.BYTE_RATE_AT: struct.pack("<I", n)} for n in (0, 1, 15999, 16001, 32000, 2**32 - 1)},
        **{f"align-{n}": {riff.ALIGN_AT: struct.pack("<H", n)} for n in (0, 1, 3, 4, 65535)},
        **{f"channels-{n}": {riff.CHANNELS_AT: struct.pack("<H", n)} for n in (0, 2, 3, 64, 1025, 65535)},
        **{f"bits-{n}": {riff.BITS_AT: struct.pack("<H", n)} for n in (0, 1, 8, 12, 13, 24, 32, 64, 65535)},
        **{f"tag-{n}": {riff.TAG_AT: struct.pack("<H", n)} for n in (0, 2, 3, 6, 17, 85, 0xFFFE, 0xFFFF)},
        "all-zero": {riff.TAG_AT: bytes(16)},
        "all-ones": {riff.TAG_AT: b"\xff" * 16},
    }
    for name, changes in said.items():
        yield in_header(f"field-{name}.wav", riff.patched(recording("wav16"), changes), _SOURCE)


def _extremes() -> Iterator[Case]:
    """Headers that agree with themselves about what is no recording."""
    data = chunked = riff.samples()
    for rate in (0, 1, 7, 2**31 - 1, 2**31, 2**32 - 1):
        yield _told(f"field-consistent-{rate}-hz.wav", riff.wav([riff.fmt(rate), riff.chunk(b"data", data)]))
    for kind in ("flac", "aiff"):
        quiet = encode(np.zeros(480000, np.float32), kind, rate=1)
        yield _told(f"field-consistent-1-hz.{kind}", quiet)
    million = riff.wav([riff.fmt(10**6, 64), riff.chunk(b"data", chunked * 60)])
    yield Case("field-64-channels-1-mhz.wav", content(million), damaged=(WHOLE,), named="may")
    many = riff.wav([riff.fmt(RATE, 1024), riff.chunk(b"data", chunked)])
    yield Case("field-1024-channels.wav", content(many), damaged=(WHOLE,), named="may")


def _orders() -> Iterator[Case]:
    """Chunks that are missing, doubled, or in the wrong order."""
    head, data = riff.fmt(), riff.samples()
    half = len(data) // 2 & ~1
    body = riff.chunk(b"data", data)
    halves = [riff.chunk(b"data", data[:half]), riff.chunk(b"data", data[half:])]
    yield _told("chunks-no-fmt.wav", riff.wav([body]))
    yield _told("chunks-no-data.wav", riff.wav([head]))
    yield in_header("chunks-fmt-after-data.wav", riff.wav([body, head]), _SOURCE)
    yield in_header("chunks-two-fmt.wav", riff.wav([head, riff.fmt(RATE * 2), body]), _SOURCE)
    yield in_header("chunks-two-fmt-alike.wav", riff.wav([head, head, body]), _SOURCE)
    two = riff.wav([head, *halves])
    yield Case("chunks-two-data.wav", content(two), (Source(_SOURCE),), optional=((30.0, WHOLE[1]),))
    apart = riff.wav([head, halves[0], riff.chunk(b"LIST", b"INFO"), halves[1]])
    yield Case("chunks-two-data-apart.wav", content(apart), (Source(_SOURCE),), optional=((30.0, WHOLE[1]),))
    for size in (0, 2, 14, 15, 17, 18, 40, 1000, 2**32 - 1):
        cut = (head[8:] + bytes(24))[: min(size, 40)]
        changed = riff.wav([riff.chunk(b"fmt ", cut, size), body])
        yield in_header(f"chunks-fmt-of-{size}.wav", changed, _SOURCE)
