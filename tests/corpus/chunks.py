"""Comments and chunks of every kind, of true and of wrong sizes, before and after the samples."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from math import inf

from tests.corpus import ogg, riff
from tests.corpus.case import Case, Source, content, healthy, in_header
from tests.corpus.sound import from_source, source_name

_SOURCE = source_name("wav16")
_ID3 = b"ID3\x03\x00\x00\x00\x00\x00\x19TIT2\x00\x00\x00\x0f\x00\x00\x00recorder no. 7"
_CUE = struct.pack("<IIIIIII", 1, 1, 0, 0x61746164, 0, 0, 4000)
BODIES = {
    b"LIST": b"INFOICMT\x0e\x00\x00\x00a comment here",
    b"bext": b"a description".ljust(602, b"\0") + b"A=PCM",
    b"guan": b"GUANO|Version: 1.0\nMake: none\nNote: a GUANO chunk\n",
    b"wamd": b"\x00\x00\x02\x00\x00\x00\x01\x00\x01\x00\x06\x00\x00\x00SM4BAT",
    b"id3 ": _ID3,
    b"cue ": _CUE,
    b"JUNK": bytes(28),
    b"PAD ": bytes(4000),
    b"iXML": b"<BWFXML></BWFXML>",
    b"_PMX": b"<x:xmpmeta/>",
    b"fact": struct.pack("<I", 480000),
    b"afsp": b"AFspdate: 2020-01-01",
    b"smpl": bytes(36),
    b"plst": bytes(4),
}

_ORDERS: dict[str, Callable[[bytes, bytes, bytes], list[bytes]]] = {
    "before": lambda head, more, body: [head, more, body],
    "first": lambda head, more, body: [more, head, body],
    "after": lambda head, more, body: [head, body, more],
}


def chunks(quick: bool) -> Iterator[Case]:
    """Give all of them."""
    head, body = riff.fmt(), riff.chunk(b"data", riff.samples())
    for name, whole in BODIES.items():
        kind = name.decode().strip()
        more = riff.chunk(name, whole)
        longer = riff.chunk(name, whole + b"\0")  # whose insides may not fill it
        for place, order in _ORDERS.items():
            yield healthy(f"chunk-{kind}-{place}.wav", riff.wav(order(head, more, body)), _SOURCE)
            data = content(riff.wav(order(head, longer, body)))
            yield Case(f"chunk-{kind}-longer-{place}.wav", data, (Source(_SOURCE),), named="may")
        odd = riff.chunk(name, whole[: len(whole) - 1 + len(whole) % 2], padded=False)
        yield in_header(f"chunk-{kind}-unpadded-before.wav", riff.wav([head, odd, body]), _SOURCE)
        after = riff.wav([head, body, odd])
        yield Case(f"chunk-{kind}-unpadded-after.wav", content(after), (Source(_SOURCE),), named="may")
        yield from _lies(kind, name, whole)
    yield from _crowds()
    yield from _tags()
    yield from _flac_blocks()
    yield from _ogg_comments()


def _lies(kind: str, name: bytes, whole: bytes) -> Iterator[Case]:
    head, body = riff.fmt(), riff.chunk(b"data", riff.samples())
    for size in (0, len(whole) + 2, len(whole) + 7, 10**6, 2**31 - 1, 2**32 - 1):
        lie = riff.chunk(name, whole, size)
        yield in_header(f"chunk-{kind}-says-{size}-before.wav", riff.wav([head, lie, body]), _SOURCE)
        after = riff.wav([head, body, lie])
        yield Case(f"chunk-{kind}-says-{size}-after.wav", content(after), (Source(_SOURCE),), named="may")


def _crowds() -> Iterator[Case]:
    head, body = riff.fmt(), riff.chunk(b"data", riff.samples())
    for n in (999, 1000, 20000):
        yield in_header(f"chunk-crowd-{n}.wav", riff.wav([head, riff.chunk(b"junk", b"") * n, body]), _SOURCE)
    yield in_header("chunk-no-name.wav", riff.wav([head, riff.chunk(b"\0\1\2\3", bytes(8)), body]), _SOURCE)
    large = riff.chunk(b"LIST", b"INFOICMT" + struct.pack("<I", 10**6) + b"x" * 10**6)
    yield healthy("chunk-large-comment.wav", riff.wav([head, large, body]), _SOURCE)
    litter = riff.wav([head, body]) + b"litter that is no chunk"
    yield Case("chunk-litter-after.wav", content(litter), (Source(_SOURCE),), named="may")
    zeros = riff.wav([head, body]) + bytes(50000)
    yield Case("chunk-zeros-after.wav", content(zeros), (Source(_SOURCE),), ((60.0, inf),), named="may")


def _syncsafe(size: int) -> bytes:
    return bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))


def _tags() -> Iterator[Case]:
    """Put ID3v2 tags before MP3 and FLAC files, whose sizes are true, too small or too large."""
    text = b"TIT2" + struct.pack(">IH", 401, 0) + b"\0" + b"a" * 400
    for kind in ("mp3", "flac"):
        source = source_name(kind)
        data = from_source(source)
        tag = b"ID3\x03\x00\x00" + _syncsafe(len(text)) + text
        yield healthy(f"tag-true.{kind}", tag + data, source)
        for size in (0, len(text) // 2, len(text) - 1, len(text) + 1, 5000, len(data) // 2, 2**28 - 1):
            lie = b"ID3\x03\x00\x00" + _syncsafe(size) + text
            yield in_header(f"tag-says-{size}.{kind}", lie + data, source)
        unsafe = b"ID3\x03\x00\x00\xff\xff\xff\xff" + text
        yield in_header(f"tag-no-syncsafe.{kind}", unsafe + data, source)
        last = data + b"TAG" + b"a title".ljust(125, b"\0")
        yield Case(f"tag-id3v1.{kind}", content(last), (Source(source),), named="may")


def _flac_blocks() -> Iterator[Case]:
    """Add metadata blocks to a FLAC file after its first one."""
    source = source_name("flac")
    data = from_source(source)
    for number, name in {
        1: "padding",
        2: "application",
        3: "seektable",
        5: "cuesheet",
        6: "picture",
        100: "new",
    }.items():
        for size in (0, 18, 4000, 10**6):
            block = bytes([number]) + size.to_bytes(3, "big") + bytes(size)
            yield in_header(f"block-{name}-{size}.flac", data[:42] + block + data[42:], source)
        for size in (17, 2**24 - 1):
            lie = bytes([number]) + size.to_bytes(3, "big") + bytes(18)
            yield in_header(f"block-{name}-says-{size}.flac", data[:42] + lie + data[42:], source)


def _ogg_comments() -> Iterator[Case]:
    """Put a long comment into an Opus file, on as many pages as it takes, and one whose counts lie."""
    source = source_name("opus")
    first, comment, *sound = ogg.pages(from_source(source))
    for name, n_said, n_comments in (("true", 1, 1), ("many", 2**32 - 1, 1), ("none", 0, 1)):
        text = b"DESCRIPTION=" + b"a" * 800
        body = b"OpusTags" + struct.pack("<I", 4) + b"none" + struct.pack("<I", n_said)
        body += (struct.pack("<I", len(text)) + text) * n_comments
        segments = b"\xff" * (len(body) // 255) + bytes([len(body) % 255])
        page = ogg.Page(0, comment.flags, comment.granule, comment.serial, comment.number, segments, body)
        data = ogg.joined([first, page, *sound])
        yield (
            healthy("comment-true.opus", data, source)
            if name == "true"
            else in_header(f"comment-{name}.opus", data, source)
        )
