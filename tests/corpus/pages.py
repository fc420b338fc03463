"""Ogg Vorbis and Opus files with lost, moved and spoilt pages, and chains of streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import inf

from tests.corpus import ogg
from tests.corpus.case import Case, Source, content, in_header
from tests.corpus.holes import litter
from tests.corpus.index import Index, index
from tests.corpus.ogg import Page, joined
from tests.corpus.sound import KINDS, from_source, source_name

_FIELDS = {
    0: "magic",
    4: "version",
    5: "flags",
    6: "granule",
    14: "serial",
    18: "number",
    22: "crc",
    26: "count",
}
Parts = list[Page | bytes]


def pages(quick: bool) -> Iterator[Case]:
    """Give all of them, for both codecs, and at a rate that is resampled."""
    for source in (source_name("vorbis"), source_name("opus"), source_name("vorbis", rate=24000)):
        whole = ogg.pages(from_source(source))
        where = index(source)
        for name, parts, numbers in _spoilt(whole, where):
            damaged = tuple((where.pieces[n][2], where.pieces[n][3]) for n in numbers)
            yield Case(_name(name, source), content(joined(parts)), (Source(source),), damaged)
        yield from _headers(source, whole)
    for kind in ("vorbis", "opus"):
        yield from _chains(kind)


def _name(name: str, source: str) -> str:
    return f"page-{name}-{source.removeprefix('healthy-')}"


def _spoilt(whole: list[Page], where: Index) -> Iterator[tuple[str, Parts, list[int]]]:
    """Give names, parts and the numbers of pieces that are damaged."""
    n_heads = len(whole) - len(where.pieces)
    middle = len(where.pieces) // 2
    at = n_heads + middle
    page = whole[at]
    flipped = bytearray(bytes(page))
    flipped[200] ^= 4
    yield "lost", [*whole[:at], *whole[at + 1 :]], [middle]
    yield "lost-three", [*whole[:at], *whole[at + 3 :]], [middle, middle + 1, middle + 2]
    yield "lost-apart", [*whole[: at - 5], *whole[at - 4 : at + 5], *whole[at + 6 :]], [middle - 5, middle + 5]
    yield "lost-first", [*whole[:n_heads], *whole[n_heads + 1 :]], [0]
    yield "lost-second", [*whole[: n_heads + 1], *whole[n_heads + 2 :]], [1]
    yield "lost-last", [*whole[:-1]], [len(where.pieces) - 1]
    yield "swapped", [*whole[:at], whole[at + 1], page, *whole[at + 2 :]], [middle, middle + 1]
    yield "flipped", [*whole[:at], bytes(flipped), *whole[at + 1 :]], [middle]
    for byte, field in _FIELDS.items():
        spoilt = bytearray(bytes(page))
        spoilt[byte] ^= 64
        damaged = [middle, middle + 1] if field == "count" else [middle]
        yield f"flipped-{field}", [*whole[:at], bytes(spoilt), *whole[at + 1 :]], damaged
    yield "zeros", [*whole[:at], bytes(len(bytes(page))), *whole[at + 1 :]], [middle]
    yield "half", [*whole[:at], bytes(page)[: len(page.body) // 2], *whole[at + 1 :]], [middle]
    yield "doubled", [*whole[:at], page, page, *whole[at + 1 :]], [middle]
    yield "litter", [*whole[:at], litter(3000), *whole[at:]], [middle]
    several = [part for n, part in enumerate(whole) if n < n_heads or (n - n_heads) % 9 != 4]
    yield "lost-many", [*several], list(range(4, len(where.pieces), 9))


def _headers(source: str, whole: list[Page]) -> Iterator[Case]:
    """Spoil the pages before the sound, and times that the pages tell."""
    yield in_header(_name("no-head", source), joined(whole[1:]), source)
    yield in_header(_name("no-comment", source), joined([whole[0], *whole[2:]]), source)
    yield in_header(_name("litter-first", source), litter(1000) + joined(whole), source)
    at = len(whole) // 2
    for name, granule in (("back", 1), ("far", 2**62), ("negative", -5), ("none", -1)):
        changed = [*whole[:at], replace(whole[at], granule=granule), *whole[at + 1 :]]
        yield in_header(_name(f"granule-{name}", source), joined(changed), source)
    later = [replace(page, granule=page.granule + 48000 * 5) if page.granule > 0 else page for page in whole]
    from_later = content(joined(later))
    yield Case(_name("granules-from-later", source), from_later, (Source(source),), ((0.0, inf),), named="may")


def _chains(kind: str) -> Iterator[Case]:
    """Chain streams: the second is scanned at its true time, or the row says that it is not."""
    first, second = source_name(kind, "long"), source_name(kind, "next")
    for name, serial in (("equal", 1), ("different", 2)):
        data = from_source(first) + ogg.with_serial(from_source(second), serial)
        sources = (Source(first), Source(second, 60.0))
        yield Case(
            f"chain-{name}.{KINDS[kind].suffix}",
            content(data),
            sources,
            ((60.0, 60.0),),
            ((60.0, inf),),
            "unless",
        )
