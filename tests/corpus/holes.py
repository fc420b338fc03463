"""FLAC and MP3 files damaged in their midst."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import inf

from tests.corpus import riff
from tests.corpus.case import Case, Source, content
from tests.corpus.index import index
from tests.corpus.sound import KINDS, from_source, source_name


def litter(n: int, seed: int = 0) -> bytes:
    """Draw bytes."""
    return random.Random(seed).randbytes(n)


def flac_holes(quick: bool) -> Iterator[Case]:
    """Spoil, remove, swap and double frames; numbers in the rest tell its true times, a total the gap."""
    for source in (source_name("flac"), source_name("flac", rate=24000)):
        rate = source.removesuffix(".flac").rsplit("-", 1)[1]
        data, where = from_source(source), index(source)
        starts = [piece[0] for piece in where.pieces]
        middle = starts[len(starts) // 2]
        overwritten = {
            "byte": [(middle + 100, b"\xa5")],
            "zeros": [(middle + 100, bytes(300))],
            "ones": [(middle + 100, b"\xff" * 300)],
            "litter": [(middle + 50, litter(5000))],
            "long": [(middle + 50, litter(60000))],
            "sync": [(middle, bytes(2))],
            "header": [(middle, litter(8))],
            "tail": [(middle - 2, b"\0\0")],
            "three": [(starts[len(starts) * n // 5] + 70, litter(700, n)) for n in (1, 2, 3)],
            "sector": [(middle // 4096 * 4096, bytes(4096))],
            "first": [(starts[0] + 60, litter(400))],
            "last": [(starts[-2] + 60, litter(400))],
            "other-flac": [(middle + 50, data[: len(data) // 8])],  # a cluster of another file
        }
        for name, holes in overwritten.items():
            changed = riff.patched(data, dict(holes))
            damaged = tuple(where.touched(at, at + len(value)) for at, value in holes)
            yield Case(f"hole-{name}-{rate}.flac", content(changed), (Source(source),), damaged)
        yield from _moved(source, data, rate)


def _moved(source: str, data: bytes, rate: str) -> Iterator[Case]:
    where = index(source)
    pieces = where.pieces
    n = len(pieces) // 2
    first, second, fourth = pieces[n][0], pieces[n + 1][0], pieces[n + 3][0]
    cut = data[:first] + data[fourth:]
    yield Case(f"lost-frames-{rate}.flac", content(cut), (Source(source),), (where.touched(first, fourth),))
    cut = data[: first + 99] + data[first + 10099 :]
    yield Case(f"lost-bytes-{rate}.flac", content(cut), (Source(source),), (where.touched(first, first + 10100),))
    third = pieces[n + 2][0]
    swapped = data[:first] + data[second:third] + data[first:second] + data[third:]
    yield Case(f"swapped-frames-{rate}.flac", content(swapped), (Source(source),), (where.touched(first, third),))
    doubled = data[:second] + data[first:]
    yield Case(f"doubled-frame-{rate}.flac", content(doubled), (Source(source),), (where.touched(first, second),))
    inserted = data[:first] + litter(3000) + data[first:]
    yield Case(f"inserted-{rate}.flac", content(inserted), (Source(source),), ((pieces[n][2], pieces[n][2]),))


def mp3_holes(quick: bool) -> Iterator[Case]:
    """Spoil MP3 files. Nothing numbers their frames: after a hole, calls may be missing, but none may be wrong."""
    source = source_name("mp3")
    data, where = from_source(source), index(source)
    middle = where.pieces[len(where.pieces) // 2][0]
    overwritten = {
        "header": [(middle, b"\0\0")],
        "zeros": [(middle + 10, bytes(400))],
        "litter": [(middle, litter(5000))],
        "long": [(middle, litter(30000))],
        "sector": [(middle // 4096 * 4096, bytes(4096))],
        "many": [(piece[0], b"\0\0\0\0") for piece in where.pieces[100::7]],  # makes libmpg123 talk
        "ones": [(middle, b"\xff" * 3000)],
    }
    for name, holes in overwritten.items():
        changed = riff.patched(data, dict(holes))
        start_s = min(where.touched(at, at + len(value))[0] for at, value in holes)
        end_s = max(where.touched(at, at + len(value))[1] for at, value in holes)
        damaged, rest = ((start_s, end_s),), ((end_s, inf),)
        yield Case(f"hole-{name}.{KINDS['mp3'].suffix}", content(changed), (Source(source),), damaged, rest)
    removed = data[:middle] + data[where.pieces[len(where.pieces) // 2 + 40][0] :]
    damaged = ((where.touched(middle, middle + 1)[0], inf),)
    yield Case("lost-frames.mp3", content(removed), (Source(source),), damaged)
    other = riff.patched(data, {middle: from_source(source_name("flac"))[:20000]})
    damaged, rest = (where.touched(middle, middle + 20000),), ((where.touched(middle, middle + 20000)[1], inf),)
    yield Case("hole-other-file.mp3", content(other), (Source(source),), damaged, rest)
