"""Wildlife Acoustics: the chunk `wamd`, items of number, length and value.

Source: QutEcoacoustics/emu, `docs/WildlifeAcoustics/WildlifeAcousticsMetadataHeader/wa_meta.h`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from detector.audio.times.evidence import Evidence, read_iso, text_of
from detector.chronology import Chronology

_ITEM = struct.Struct("<HI")
_VERSION = 0
_VERSION_1 = b"\1\0"
_START_TIME = 5


def read(evidence: Evidence) -> Chronology | None:
    """Read the start time, such as "2014-04-02 22:59:14-05:00"."""
    items = _items(evidence.contents.get(b"wamd", b""))
    if next(items, None) != (_VERSION, _VERSION_1):
        return None
    for number, value in items:
        if number == _START_TIME:
            stamp = text_of(value).strip()
            when = read_iso(stamp)
            return None if when is None else Chronology.since(when, "wamd", stamp)
    return None


def _items(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and value of each whole item."""
    start = 0
    while start + _ITEM.size <= len(content):
        number, size = _ITEM.unpack_from(content, start)
        start += _ITEM.size
        if start + size > len(content):
            return
        yield number, content[start : start + size]
        start += size
