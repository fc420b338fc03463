"""The text of a journal: a line for each record, with its checksum.

A line is the checksum of the record in 8 hexadecimal digits, a blank, and the record as a JSON object. Its key `data`
lists the stretches of another file that the record refers to.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

FLUSHED = b"flushed"  # the record of a flush to disk: all before it is safe
DATA_KEY = "data"  # the key of a record's extents

Record = dict[str, Any]


class Extent(NamedTuple):
    """A stretch of the data file: where it begins, its bytes, and the checksum of its bytes."""

    offset: int
    size: int
    checksum: int


@dataclass(frozen=True)
class Contents:
    """The contents of a journal.

    Attributes
    ----------
    records : list of dict
        The whole records, in order.
    n_flushed : int
        Of them, those that were flushed to disk.
    end : int
        Where the last line ends, in bytes. What follows was cut off.
    n_damaged : int
        Damaged lines before the end.
    """

    records: list[Record]
    n_flushed: int
    end: int
    n_damaged: int


def line_of(content: bytes) -> bytes:
    """Return the line of a record, which is given as JSON."""
    return b"%08x %b\n" % (zlib.crc32(content), content)


def extents_of(record: Record) -> Iterator[Extent]:
    """Yield the extents of a record."""
    for extent in record.get(DATA_KEY, ()):
        yield Extent(*extent)


def _parsed(text: bytes) -> Record | None:
    """Read a record; None if it is none."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and _extents_are_valid(record) else None


def _extents_are_valid(record: Record) -> bool:
    """Return whether the extents of a record are three whole numbers each, from 0."""
    try:
        return all((offset | size | checksum) >= 0 for offset, size, checksum in record.get(DATA_KEY, ()))
    except (TypeError, ValueError):
        return False


def contents_of(content: bytes) -> Contents:
    """Read the lines of a journal. Lines that are not what was written are passed over."""
    records: list[Record] = []
    n_flushed = 0
    n_damaged = 0
    *lines, cut_off = content.split(b"\n")
    for line in lines:
        text = line[9:]
        if line[:9] != b"%08x " % zlib.crc32(text):
            n_damaged += 1
        elif text == FLUSHED:
            n_flushed = len(records)
        else:
            record = _parsed(text)
            n_damaged += record is None
            records += [] if record is None else [record]
    return Contents(records, n_flushed, len(content) - len(cut_off), n_damaged)
