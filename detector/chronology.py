"""The absolute time of each moment of a recording, and the source that it is known from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from math import inf

JITTER_S = 0.1
"""Absolute time that jumps by no more than this has not jumped: clocks write whole milliseconds, and buffers vary."""

NO_ZONE = ", no zone"


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording that was made without a pause.

    Attributes
    ----------
    offset_s : float
        Offset of its beginning in the recording, s.
    start : datetime
        Absolute time of its beginning. Without a zone, it is what the recorder's clock showed.
    raw : str
        The text that this time was read from, such as "20210219_175100Z".
    end_s : float
        Offset of its end in the recording, s. Infinity stands for the recording's end.
    """

    offset_s: float
    start: datetime
    raw: str
    end_s: float = inf

    def __post_init__(self) -> None:
        if not 0 <= self.offset_s < self.end_s:
            raise ValueError(f"offset_s={self.offset_s}, end_s={self.end_s}: must be 0 <= offset_s < end_s")

    @property
    def zoned(self) -> bool:
        """Return whether the zone of its time is known."""
        return self.start.tzinfo is not None

    def at(self, offset_s: float) -> datetime:
        """Return the absolute time of an offset, to the millisecond, in the zone of `start`."""
        elapsed = timedelta(milliseconds=round((offset_s - self.offset_s) * 1000))
        if not self.zoned:
            return self.start + elapsed
        when = self.start.astimezone(UTC) + elapsed  # in UTC, because daylight saving time may begin meanwhile
        return when.astimezone(self.start.tzinfo)

    def seconds_until(self, later: Piece) -> float:
        """Return the time from the beginning of this piece to that of another one, s."""
        if not self.zoned:
            return (later.start - self.start).total_seconds()
        return (later.start.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()


@dataclass(frozen=True, slots=True)
class Moment:
    """A time, the source of the time, and the text that it was read from."""

    when: datetime
    source: str
    raw: str

    def __str__(self) -> str:
        """Format the time as ISO 8601, with milliseconds, and the offset of its zone if that is known."""
        return self.when.isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Chronology:
    """The absolute time of each moment of a recording.

    A recorder may sleep between two stretches and write both into one file. Absolute time then jumps between them.
    Each stretch is a piece.

    Attributes
    ----------
    pieces : tuple of Piece
        In order of the recording, at least one. They do not overlap. The time between two pieces is unknown. Either all
        of them have a zone or none has.
    source : str
        The source of the times, such as "guano" or "filename".
    """

    pieces: tuple[Piece, ...]
    source: str

    def __post_init__(self) -> None:
        if not self.pieces:
            raise ValueError("pieces: needs at least one")
        for piece, later in pairwise(self.pieces):
            if later.offset_s < piece.end_s:
                raise ValueError(f"pieces: one begins at {later.offset_s} s, the one before it ends at {piece.end_s} s")
            if later.zoned != piece.zoned:
                raise ValueError("pieces: some times have a zone, and some have none")

    @classmethod
    def since(cls, start: datetime, source: str, raw: str) -> Chronology:
        """Return the chronology of a recording that began at `start` and has no pause."""
        return cls((Piece(0.0, start, raw),), source)

    @property
    def zoned(self) -> bool:
        """Return whether the zone of the times is known."""
        return self.pieces[0].zoned

    @property
    def time_source(self) -> str:
        """Return the source as tables name it: "filename", or "filename, no zone"."""
        return self.source if self.zoned else self.source + NO_ZONE

    def in_zone(self, zone: tzinfo | None) -> Chronology:
        """Return the chronology with `zone` for times without one; None changes nothing."""
        if self.zoned or zone is None:
            return self
        pieces = tuple(replace(piece, start=piece.start.replace(tzinfo=zone)) for piece in self.pieces)
        return Chronology(pieces, self.source)

    def at(self, offset_s: float) -> Moment | None:
        """Return the absolute time of an offset, to the millisecond.

        Parameters
        ----------
        offset_s : float
            Seconds from the recording's beginning.

        Returns
        -------
        Moment or None
            None if the offset lies in no piece. At the border of two pieces, the later one counts.
        """
        number = bisect_right(self.pieces, offset_s, key=lambda piece: piece.offset_s) - 1
        if number < 0 or offset_s > self.pieces[number].end_s:
            return None
        piece = self.pieces[number]
        return Moment(piece.at(offset_s), self.time_source, piece.raw)

    def breaks(self) -> tuple[float, ...]:
        """List the offsets at which absolute time jumps, or becomes known or unknown between two pieces, s, in order.

        A sound that lasts beyond such an offset in the file is two sounds.
        """
        offsets = {self.pieces[0].offset_s} - {0.0}
        for piece, later in pairwise(self.pieces):
            if later.offset_s > piece.end_s:
                offsets |= {piece.end_s, later.offset_s}
            elif abs(piece.seconds_until(later) - (later.offset_s - piece.offset_s)) > JITTER_S:
                offsets.add(later.offset_s)
        return tuple(sorted(offsets))

    def stretches(self, length_s: float) -> Iterator[tuple[Piece, float]]:
        """Yield the first piece of each stretch without a pause, and the offset at which the stretch ends, s.

        Parameters
        ----------
        length_s : float
            Length of the recording, s. Stretches behind it are left out, but not the first one.
        """
        breaks = set(self.breaks())
        first: Piece | None = None
        for piece, later in zip(self.pieces, (*self.pieces[1:], None)):
            first = first or piece
            end_s = min(piece.end_s, length_s, inf if later is None else later.offset_s)
            if later is None or later.offset_s in breaks:
                if end_s > first.offset_s or first is self.pieces[0]:
                    yield first, max(end_s, first.offset_s)
                first = None


def absolute_time(chronology: Chronology | None, offset_s: float) -> str:
    """Format the absolute time of an offset, s, for a table; empty if it is unknown."""
    moment = None if chronology is None else chronology.at(offset_s)
    return "" if moment is None else str(moment)
