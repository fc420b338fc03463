"""The absolute time of each moment of a recording, and the source that it is known from."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Literal

Source = Literal["header", "filename"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording that was made without a pause.

    Attributes
    ----------
    offset_s : float
        Offset of its beginning in the recording, s.
    start : datetime
        Absolute time of its beginning, with a zone.
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
        if self.start.tzinfo is None:
            raise ValueError(f"start={self.start.isoformat()}: needs a zone")
        if not 0 <= self.offset_s < self.end_s:
            raise ValueError(f"offset_s={self.offset_s}, end_s={self.end_s}: must be 0 <= offset_s < end_s")


@dataclass(frozen=True, slots=True)
class Moment:
    """An absolute time with a zone, the source of the time, and the text that it was read from."""

    when: datetime
    source: Source
    raw: str

    def __str__(self) -> str:
        """Format the time as ISO 8601, with milliseconds and the offset of its zone."""
        return self.when.isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Chronology:
    """The absolute time of each moment of a recording.

    A recorder may sleep between two stretches and write both into one file. Absolute time then jumps between them.
    Each stretch is a piece.

    Attributes
    ----------
    pieces : tuple of Piece
        In order of the recording, at least one. They do not overlap. The time between two pieces is unknown.
    source : str
        The source of the times: "header" or "filename".
    """

    pieces: tuple[Piece, ...]
    source: Source

    def __post_init__(self) -> None:
        if not self.pieces:
            raise ValueError("pieces: needs at least one")
        for piece, later in zip(self.pieces, self.pieces[1:]):
            if later.offset_s < piece.end_s:
                raise ValueError(f"pieces: one begins at {later.offset_s} s, the one before it ends at {piece.end_s} s")

    @classmethod
    def since(cls, start: datetime, source: Source, raw: str) -> Chronology:
        """Return the chronology of a recording that began at `start` and has no pause."""
        return cls((Piece(0.0, start, raw),), source)

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
        elapsed = timedelta(milliseconds=round((offset_s - piece.offset_s) * 1000))
        when = piece.start.astimezone(UTC) + elapsed  # in UTC, because daylight saving time may begin meanwhile
        return Moment(when.astimezone(piece.start.tzinfo), self.source, piece.raw)


def absolute_time(chronology: Chronology | None, offset_s: float) -> str:
    """Format the absolute time of an offset, s, for a table; empty if it is unknown."""
    moment = None if chronology is None else chronology.at(offset_s)
    return "" if moment is None else str(moment)
