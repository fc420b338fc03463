"""Spread the time of a recording over the hours that it covers, in whole milliseconds, so that sums are exact."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

MS = timedelta(milliseconds=1)
HOUR_MS = 3_600_000


class Hour(NamedTuple):
    """An hour of a day, by the clock of some zone."""

    day: date
    hour: int


def hour_of(when: datetime) -> Hour:
    """Return the hour in which a moment lies."""
    return Hour(when.date(), when.hour)


def local(when: datetime, zone: tzinfo | None) -> datetime:
    """Return a time as a clock in `zone` shows it. A time without a zone is taken for one of that clock.

    Without `zone`, nothing changes.
    """
    if zone is None:
        return when
    return when.astimezone(zone) if when.tzinfo else when.replace(tzinfo=zone)


def spread(start: datetime, covered_ms: int, scanned_ms: int) -> Iterator[tuple[Hour, int]]:
    """Spread scanned time over the hours that a recording covers.

    Parameters
    ----------
    start : datetime
        Beginning of the recording. Hours are those of its zone; where that changes to summer time, one is left out.
    covered_ms : int
        Time from the beginning to the end of the scan, ms.
    scanned_ms : int
        Scanned time, ms. It is less than `covered_ms` if parts could not be read. As nobody knows where they lay, the
        scanned time is spread evenly.

    Yields
    ------
    Hour, int
        An hour and its scanned time, ms. All times together are `scanned_ms`.

    Raises
    ------
    OverflowError
        If the recording ends after the year 9999.
    """
    done_ms = 0
    given_ms = 0
    now = _later(start, 0)  # the same moment, also where the clock skipped this time
    while done_ms < covered_ms:
        left_ms = covered_ms - done_ms
        in_hour = timedelta(minutes=now.minute, seconds=now.second, microseconds=now.microsecond)
        step_ms = min(left_ms, -(-(timedelta(hours=1) - in_hour) // MS))
        done_ms += step_ms
        share_ms = done_ms * scanned_ms // covered_ms - given_ms
        given_ms += share_ms
        yield hour_of(now), share_ms
        now = _later(start, done_ms)


def _later(when: datetime, elapsed_ms: int) -> datetime:
    """Return the time after some milliseconds. They pass in UTC, because summer time may begin meanwhile."""
    if when.tzinfo is None:
        return when + elapsed_ms * MS
    return (when.astimezone(UTC) + elapsed_ms * MS).astimezone(when.tzinfo)
