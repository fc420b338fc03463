"""Absolute times in tables: ISO 8601, perhaps without an offset from UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from detector.audio.metadata import name_chronology
from detector.place import LocalPlace
from detector.tables.detection import Detection

NO_TIME = "it has no absolute time"
NO_ZONE = "its absolute time has no offset from UTC"
LONGEST_OFFSET_S = 1e7
"""No recording is longer than this; a larger offset means that a name and a time are of different recordings."""
YEARS = range(1000, 9000)
"""So that the calendar has room for the longest recording, before and after any time."""


def parse_time(text: str | None) -> datetime | None:
    """Read a time in ISO 8601, with or without an offset from UTC; None if it is not one.

    A time whose year is not in `YEARS` is none.
    """
    try:
        when = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return when if when is not None and when.year in YEARS else None


def instant(text: str | None) -> datetime | None:
    """Read a time as UTC; None if it has no offset, because then the instant is unknown."""
    when = parse_time(text)
    return None if when is None or when.tzinfo is None else when.astimezone(UTC)


def why_unknown(detection: Detection) -> str:
    """Return why the instant of a detection is unknown; "" if it is known."""
    if instant(detection.start_time) is not None:
        return ""
    return NO_ZONE if parse_time(detection.start_time) else NO_TIME


def after(when: datetime, seconds: float) -> datetime:
    """Return the time some seconds later, to the microsecond."""
    return when + timedelta(microseconds=round(seconds * 1e6))


def end_of(start: datetime, length_s: float) -> datetime:
    """Return when an event of this length ends, at least a microsecond after its start."""
    return start + timedelta(microseconds=max(1, round(length_s * 1e6)))


def onset_s(recording: str, when: datetime | None) -> float | None:
    """Return how long after the beginning of a recording a time is, s.

    The recording's beginning is read from its name, if that states the zone.

    Returns
    -------
    float or None
        None if it is unknown.
    """
    return None if when is None else since(named_start(recording), when)


@lru_cache(maxsize=1024)  # a table names the same recording in many rows
def named_start(recording: str) -> datetime | None:
    """Return when a recording began, from its name; None if that does not say, or states no zone."""
    chronology = name_chronology(LocalPlace(Path(recording))) if recording else None
    return None if chronology is None or not chronology.zoned else chronology.pieces[0].start


def since(start: datetime | None, when: datetime) -> float | None:
    """Return the seconds from the beginning of a recording to a time; None if it cannot be in the recording."""
    if start is None or when.tzinfo is None:
        return None
    seconds = (when - start).total_seconds()
    return seconds if 0 <= seconds <= LONGEST_OFFSET_S else None
