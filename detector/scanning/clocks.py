"""Doubtful clocks of recorders: no time, no zone, never set, in the future, or against the recording before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import PurePosixPath

from detector.audio.metadata import FIRST_YEAR
from detector.audio.times.names import BY_NAME, BY_PATTERN, natural_order, without_time
from detector.chronology import Chronology
from detector.errors import Parameter
from detector.scanning.outcome import Scanned
from detector.texts import many

_MOST_RECORDERS = 1000  # whose last recording is kept
_SLACK = timedelta(seconds=2)  # clocks write whole seconds
_DRIFT = 1e-4  # clocks and sample rates of recorders differ by less
_NEXT_DAY = timedelta(days=1)  # a time without a zone may be of a place whose date is tomorrow's


@dataclass
class _Doubt:
    """The recordings with one kind of doubtful clock: how many, and the first of them."""

    number: int = 0
    example: str = ""


@dataclass(frozen=True)
class _Last:
    """The last recording of a recorder."""

    name: str
    start: datetime
    end: datetime


class ClockWatch:
    """Look at the times of recordings, one after another, and describe those that are doubtful.

    It keeps one recording for each of the recorders that it saw last, so memory does not grow with the recordings. One
    recorder is: one folder, the same channels, and names that differ in nothing but the time.

    Parameters
    ----------
    now : datetime, optional
        The time after which a recording lies in the future, with a zone. By default, that of the computer's clock.
    patterned : bool
        Whether a user said where the time stands in the names.
    """

    def __init__(self, now: datetime | None = None, *, patterned: bool = False) -> None:
        self._now = now or datetime.now(UTC)
        self._patterned = patterned
        self._last: OrderedDict[tuple[object, ...], _Last] = OrderedDict()
        self._timeless = _Doubt()
        self._zoneless = _Doubt()
        self._unmatched = _Doubt()
        self._unset = _Doubt()
        self._future = _Doubt()
        self._overlapping = _Doubt()
        self._backward = _Doubt()

    def add(self, scanned: Scanned) -> None:
        """Look at the next recording."""
        name = str(scanned.recording)
        chronology = scanned.chronology
        if self._patterned and (chronology is None or chronology.source != BY_PATTERN):
            _count(self._unmatched, name)
        if chronology is None:
            if not (self._patterned or scanned.failed):
                _count(self._timeless, name)
            return
        if not chronology.zoned:
            _count(self._zoneless, name)
        starts = [piece.start for piece in chronology.pieces]
        if min(start.year for start in starts) < FIRST_YEAR:
            _count(self._unset, f"{name} ({starts[0].isoformat()})")
            return
        if max(starts) > self._latest(chronology):
            _count(self._future, f"{name} ({max(starts).isoformat()})")
        elif any(later < start for start, later in pairwise(starts)):
            _count(self._backward, name)
        self._compare(scanned, chronology)

    def lines(self) -> Iterator[str]:
        """Describe each kind of doubtful clock in one line."""
        zoneless = f"start_time is what the clock showed; give its zone with {Parameter('timezone', 'scan')}"
        doubts = (
            (
                self._unmatched,
                f"{Parameter('time_pattern', 'scan')} does not fit the name of",
                "its time is read elsewhere, if at all",
            ),
            (
                self._timeless,
                "no start time in",
                f"neither the header nor the name gives one; {Parameter('time_pattern', 'scan')} reads other names",
            ),
            (self._zoneless, "no time zone in", zoneless),
            (self._unset, f"a time before {FIRST_YEAR} in", "the clock was probably never set"),
            (self._future, "a time in the future in", "the clock was probably set wrongly"),
            (self._overlapping, "a start before the end of the recording before in", "wrong clocks, or copies"),
            (self._backward, "a clock that jumps backward in", "it was probably set anew"),
        )
        for doubt, what, why in doubts:
            if doubt.number:
                yield f"{what} {many(doubt.number, 'recording')}: {why} (first: {doubt.example})"

    def _latest(self, chronology: Chronology) -> datetime:
        """Return the latest time that is not in the future, with a zone if the chronology has one."""
        return self._now if chronology.zoned else self._now.replace(tzinfo=None) + _NEXT_DAY

    def _compare(self, scanned: Scanned, chronology: Chronology) -> None:
        """Compare a recording with the one before it of the same recorder."""
        name = str(scanned.recording)
        start = chronology.pieces[0].start
        last = next((piece for piece in reversed(chronology.pieces) if piece.offset_s <= scanned.heard_s), None)
        end = start if last is None else last.at(min(scanned.heard_s, last.end_s))
        recorder = (
            PurePosixPath(scanned.recording.name).parent,
            without_time(scanned.recording.name, chronology.pieces[0].raw),
            tuple(row.channel for row in scanned.effort),
            chronology.zoned,
        )
        before = self._last.pop(recorder, None)
        self._last[recorder] = _Last(name, start, end)
        if len(self._last) > _MOST_RECORDERS:
            self._last.popitem(last=False)
        if before is None:
            return
        slack = _SLACK + _DRIFT * (before.end - before.start)
        if start >= before.start:
            if start + slack < before.end:
                _count(self._overlapping, f"{name} and {before.name}")
        elif chronology.source not in {BY_NAME, BY_PATTERN} and natural_order(name) > natural_order(before.name):
            _count(self._backward, f"{name} ({start.isoformat()}) after {before.name} ({before.start.isoformat()})")


def _count(doubt: _Doubt, example: str) -> None:
    doubt.number += 1
    doubt.example = doubt.example or example
