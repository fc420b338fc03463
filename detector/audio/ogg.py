"""Find out whether an Ogg file has its last page. Format: RFC 3533."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Literal

_LARGEST_PAGE = 65307
_HEAD = 27


@dataclass(frozen=True, slots=True)
class Page:
    """The last page of an Ogg file: whether the stream says that it ends here, whether it is whole, whose it is."""

    ends: bool
    whole: bool
    serial: bytes


def last_page(file: BinaryIO, size: int) -> Page | None:
    """Find the last page that begins in a file of `size` bytes; None where none is near the end."""
    start = max(0, size - _LARGEST_PAGE - _HEAD)
    file.seek(start)
    tail = file.read(size - start)
    at = tail.rfind(b"OggS\0")
    page = tail[at:] if at >= 0 else b""
    if len(page) < _HEAD or len(page) < _HEAD + page[26]:
        return Page(False, False, page[14:18]) if page else None
    length = _HEAD + page[26] + sum(page[_HEAD : _HEAD + page[26]])
    return Page(bool(page[5] & 4), length <= len(page), page[14:18])


def faults(file: BinaryIO, size: int) -> tuple[Literal["damaged", "truncated"], str] | None:
    """Say what is wrong with the end of an Ogg file, as a status and a line; None where nothing is."""
    page = last_page(file, size)
    file.seek(14)
    if page is None or (page.ends and page.whole and page.serial == file.read(4)):
        return None
    if page.ends and page.whole:
        return "damaged", "several streams follow one another; only the first is read"
    return "truncated", "truncated: its last page is missing"
