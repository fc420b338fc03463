"""The evidence for the time of a recording, and the rules for times that are written as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo

from detector.place import Place

YEARS = range(1970, 2101)
"""Years of recordings. Digits that give another year are no time."""


@dataclass(frozen=True)
class Evidence:
    """What may say when a recording was made.

    Attributes
    ----------
    place : Place
        The file.
    comment : str
        The comment in its header; empty without one.
    contents : mapping of bytes to bytes
        Content of the chunks in its header that may give a time, by name, such as ``b"guan"``.
    sample_rate, n_channels : int
        Of the recording; 0 if unknown.
    frame_bytes : int
        Bytes of a sample of every channel; 0 if unknown.
    """

    place: Place
    comment: str = ""
    contents: Mapping[bytes, bytes] = field(default_factory=dict)
    sample_rate: int = 0
    n_channels: int = 0
    frame_bytes: int = 0


def read_iso(text: str, zone: tzinfo | None = None) -> datetime | None:
    """Read a date with a time in ISO 8601, with "T" or a blank between them.

    Parameters
    ----------
    text : str
        Such as "2019-04-30 21:02:44+0100".
    zone : tzinfo, optional
        The zone if the text gives none. By default, the time then has no zone.

    Returns
    -------
    datetime or None
        None if the text is not a date with a time, or the year is not in `YEARS`.
    """
    if len(text) <= len("2023-07-04"):
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    when = when if when.tzinfo is not None else when.replace(tzinfo=zone)
    return when if when.year in YEARS else None


def fixed_zone(sign: str, hours: str, minutes: str | None) -> tzinfo | None:
    """Return a fixed zone; None if no place on earth has it, because then the digits mean something else."""
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    exists = int(minutes or 0) in {0, 30, 45} and timedelta(hours=-12) <= offset <= timedelta(hours=14)
    return timezone(offset) if exists else None


def text_of(content: bytes) -> str:
    """Decode text of a header, and drop the padding with NUL."""
    return content.decode("utf-8", "replace").rstrip("\0")
