"""Find the undamaged pages of Ogg files. Format: RFC 3533."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

PAGE_HEAD = 27
"""Bytes of the fixed part of a page's head. The lengths of its segments follow."""
_LARGEST_PAGE = 65307
_CHUNK = 1 << 22  # bytes read at once
_CAPTURE = b"OggS\0"
_MIRRORED = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """An undamaged page.

    Attributes
    ----------
    start, end : int
        Its first byte, and the byte after its last.
    flags : int
        Bits that say whether it begins or ends a stream.
    granule : int
        Samples of the stream up to the last packet that ends in this page; -1 if no packet ends in it.
    serial : int
        Number of its stream.
    sequence : int
        Number of the page in its stream.
    n_packets : int
        Packets that end in it.
    begins : bytes
        The first eight bytes of its content.
    """

    start: int
    end: int
    flags: int
    granule: int
    serial: int
    sequence: int
    n_packets: int
    begins: bytes


def checksum(page: bytes) -> int:
    """Return the checksum of a page: CRC-32 with the usual polynomial, the highest bit of each byte first, from 0.

    zlib's CRC-32 takes the lowest bit first. So it gets mirrored bytes here, which is hundreds of times as fast as a
    loop in Python.
    """
    mirrored = (page[:22] + bytes(4) + page[26:]).translate(_MIRRORED)
    return int(f"{zlib.crc32(mirrored, 0xFFFFFFFF) ^ 0xFFFFFFFF:032b}"[::-1], 2)


def pages(file: BinaryIO, size: int) -> Iterator[Page]:
    """Yield every undamaged page of a file of `size` bytes, in one pass over it."""
    content = b""
    offset = 0  # of `content` in the file
    position = 0  # in `content`, up to which it was searched
    while True:
        n_left = size - offset - len(content)
        if n_left > 0 and len(content) - position < _LARGEST_PAGE:
            file.seek(offset + len(content))
            more = file.read(min(_CHUNK, n_left))
            content = content[position:] + more
            offset += position
            position = 0
            size = size if more else offset + len(content)  # the file has become shorter meanwhile
            continue
        start = content.find(_CAPTURE, position)
        if start < 0:
            if n_left <= 0:
                return
            position = len(content) - len(_CAPTURE) + 1
        elif n_left > 0 and len(content) - start < _LARGEST_PAGE:
            position = start
        elif (page := _read_page(content, start, offset)) is None:
            position = start + 1
        else:
            yield page
            position = page.end - offset


def _read_page(content: bytes, start: int, offset: int) -> Page | None:
    """Read the page that begins at `start` in `content`, which is byte `offset` of the file; None if it is damaged."""
    head = content[start : start + PAGE_HEAD]
    if len(head) < PAGE_HEAD:
        return None
    n_segments = head[26]
    lengths = content[start + PAGE_HEAD : start + PAGE_HEAD + n_segments]
    body = start + PAGE_HEAD + len(lengths)
    end = body + sum(lengths)
    if len(lengths) < n_segments or end > len(content):
        return None
    if checksum(content[start:end]) != int.from_bytes(head[22:26], "little"):
        return None
    return Page(
        start=offset + start,
        end=offset + end,
        flags=head[5],
        granule=int.from_bytes(head[6:14], "little", signed=True),
        serial=int.from_bytes(head[14:18], "little"),
        sequence=int.from_bytes(head[18:22], "little"),
        n_packets=sum(length < 255 for length in lengths),
        begins=content[body : body + 8],
    )
