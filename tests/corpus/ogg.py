"""Take Ogg files apart into pages and put them together again. Format: RFC 3533."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

_POLYNOMIAL = 0x04C11DB7


def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = (value << 1 ^ (_POLYNOMIAL if value & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(value)
    return table


_TABLE = _table()


def crc(data: bytes) -> int:
    """Give the checksum of a page in which the checksum is zero."""
    value = 0
    for byte in data:
        value = (value << 8 ^ _TABLE[value >> 24 ^ byte]) & 0xFFFFFFFF
    return value


@dataclass(frozen=True)
class Page:
    """A page; `start` is where it begins in its file, `granule` the sample after its last, at the stream's rate."""

    start: int
    flags: int
    granule: int
    serial: int
    number: int
    segments: bytes
    body: bytes

    @property
    def end(self) -> int:
        """Give the first byte after it."""
        return self.start + 27 + len(self.segments) + len(self.body)

    def __bytes__(self) -> bytes:
        """Write it, with a true checksum."""
        head = b"OggS\0" + bytes([self.flags]) + self.granule.to_bytes(8, "little", signed=True)
        head += self.serial.to_bytes(4, "little") + self.number.to_bytes(4, "little")
        tail = bytes([len(self.segments)]) + self.segments + self.body
        return head + crc(head + bytes(4) + tail).to_bytes(4, "little") + tail


def pages(data: bytes) -> list[Page]:
    """Take an undamaged file apart."""
    found, at = [], 0
    while at < len(data):
        n_segments = data[at + 26]
        segments = data[at + 27 : at + 27 + n_segments]
        body = data[at + 27 + n_segments : at + 27 + n_segments + sum(segments)]
        numbers = (int.from_bytes(data[at + first : at + first + n], "little") for first, n in ((14, 4), (18, 4)))
        granule = int.from_bytes(data[at + 6 : at + 14], "little", signed=True)
        found.append(Page(at, data[at + 5], granule, *numbers, segments, body))
        at = found[-1].end
    return found


def joined(parts: Iterable[Page | bytes]) -> bytes:
    """Put pages, and bytes between them, together."""
    return b"".join(bytes(part) for part in parts)


def with_serial(data: bytes, serial: int) -> bytes:
    """Give the stream another serial number."""
    return joined(replace(page, serial=serial) for page in pages(data))
