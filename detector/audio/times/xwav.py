"""XWAV, of the HARP recorders: the chunk `harp` gives time and place of each raw file in the recording.

Source: MarineBioAcousticsRC/Triton, `rdxwavhd.m` and `wrxwavhd.m`. The chunk has no field for a zone. HARPs run in UTC,
and other readers take it so (google/multispecies-whale-detection, `xwav.py`).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from detector.audio.times.evidence import YEARS, Evidence
from detector.chronology import Chronology, Piece

_N_RAW_FILES = slice(36, 38)
_DIRECTORY = 56  # bytes before the directory of raw files
_ENTRY = struct.Struct("<6BHIIII")
_ENTRY_BYTES = 32
_CHANNEL_BYTES = 4  # that version 2 adds for each channel, to the head and to each entry
_VERSION_2 = 2
_WRAP = 2**32


@dataclass(frozen=True)
class _RawFile:
    """A stretch that was recorded without a pause; `start` is None if its fields are no time."""

    start: datetime | None
    byte: int
    n_bytes: int
    sample_rate: int


def read(evidence: Evidence) -> Chronology | None:
    """Read the time of each raw file. One of another sample rate than the recording has no known time."""
    if not evidence.frame_bytes or not evidence.sample_rate:
        return None
    bytes_per_s = evidence.frame_bytes * evidence.sample_rate
    pieces = tuple(
        Piece(offset / bytes_per_s, raw.start, f"{raw.start:%Y-%m-%d %H:%M:%S.%f}"[:-3], end / bytes_per_s)
        for offset, end, raw in _placed(evidence)
        if raw.start is not None and raw.sample_rate == evidence.sample_rate
    )
    return Chronology(pieces, "xwav") if pieces else None


def sample_rate(evidence: Evidence) -> int | None:
    """Return the sample rate that all raw files agree on, Hz; None if they do not, or if one of them is damaged.

    It goes before that of the format chunk, in which Triton may write another one. Sample rates are multiples of 25; a
    single wrong bit never turns one into another.
    """
    raw_files = list(_raw_files(evidence))
    rates = {raw.sample_rate for raw in raw_files}
    if len(rates) != 1 or any(raw.start is None or not raw.n_bytes for raw in raw_files):
        return None
    rate = rates.pop()
    return rate if rate and rate % 25 == 0 else None


def _placed(evidence: Evidence) -> Iterator[tuple[int, int, _RawFile]]:
    """Yield each raw file with its first byte and its end, counted from the first sample.

    Raw files adjoin in the file; only their times have gaps. The list ends where two of them would overlap.
    """
    offset = 0
    end = 0
    byte_before: int | None = None
    for raw in _raw_files(evidence):
        if byte_before is not None:
            offset += (raw.byte - byte_before) % _WRAP  # the field wraps in files over 4 GiB
        if offset < end or not raw.n_bytes:
            return
        end = offset + raw.n_bytes
        byte_before = raw.byte
        yield offset, end, raw


def _raw_files(evidence: Evidence) -> Iterator[_RawFile]:
    """Read the directory of raw files, as far as the chunk holds it."""
    content = evidence.contents.get(b"harp", b"")
    n_raw_files = int.from_bytes(content[_N_RAW_FILES], "little")
    extra = _CHANNEL_BYTES * evidence.n_channels
    size_2 = _DIRECTORY + extra + n_raw_files * (_ENTRY_BYTES + extra)
    if content[:1] != bytes([_VERSION_2]) or len(content) < size_2:  # Triton copies the version, but writes version 1
        extra = 0
    for n in range(n_raw_files):
        start = _DIRECTORY + extra + n * (_ENTRY_BYTES + extra)
        if start + _ENTRY.size > len(content):
            return
        *clock, milliseconds, byte, n_bytes, _, rate = _ENTRY.unpack_from(content, start)
        yield _RawFile(_time(clock, milliseconds), byte, n_bytes, rate)


def _time(clock: list[int], milliseconds: int) -> datetime | None:
    """Read year (two digits, or since 1900), month, day, hour, minute and second; None if they are no time."""
    year, month, day, hour, minute, second = clock
    year += 2000 if year < 90 else 1900
    with suppress(ValueError):
        if milliseconds < 1000 and year in YEARS:
            return datetime(year, month, day, hour, minute, second, milliseconds * 1000, UTC)
    return None
