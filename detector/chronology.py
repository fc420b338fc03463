"""Tell the absolute time of every second of a recording, and where it is known from."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Literal

Source = Literal["header", "filename"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a recording that the recorder made without a pause.

    Attributes
    ----------
    offset_s : float
        Where it begins in the recording, s.
    start : datetime
        When it began, with its zone.
    raw : str
        The text that this time was read from, such as "20210219_175100Z".
    end_s : float
        Where it ends in the recording, s. Infinity stands for the recording's end.
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
    """An absolute time, with its zone; who said so, and in which words."""

    when: datetime
    source: Source
    raw: str

    def __str__(self) -> str:
        """Write it as ISO 8601 with milliseconds and the offset of its zone."""
        return self.when.isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Chronology:
    """When each second of a recording was.

    A recorder that sleeps between two stretches writes them into one file: then the recording goes on, and absolute
    time jumps. Each stretch is a piece.

    Attributes
    ----------
    pieces : tuple of Piece
        In order of the recording, at least one. They do not overlap. Between two of them nobody knows the time.
    source : str
        Where the times come from: "header" or "filename".
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
        """Give the chronology of a recording without a pause, which began at `start`."""
        return cls((Piece(0.0, start, raw),), source)

    @property
    def raw(self) -> str:
        """Give the text that the first time was read from."""
        return self.pieces[0].raw

    def at(self, offset_s: float) -> Moment | None:
        """Give the absolute time of an offset into the recording, to the millisecond.

        Parameters
        ----------
        offset_s : float
            From the recording's beginning, s.

        Returns
        -------
        Moment or None
            None where the offset lies in no piece. Where one piece ends and the next begins, the next one counts.
        """
        number = bisect_right(self.pieces, offset_s, key=lambda piece: piece.offset_s) - 1
        if number < 0 or offset_s > self.pieces[number].end_s:
            return None
        piece = self.pieces[number]
        elapsed = timedelta(milliseconds=round((offset_s - piece.offset_s) * 1000))
        when = piece.start.astimezone(UTC) + elapsed  # in UTC, as the clocks of a zone may be put forward meanwhile
        return Moment(when.astimezone(piece.start.tzinfo), self.source, piece.raw)


def absolute_time(chronology: Chronology | None, offset_s: float) -> str:
    """Write the absolute time of an offset into a recording, s, for a table; empty where nobody knows it."""
    moment = None if chronology is None else chronology.at(offset_s)
    return "" if moment is None else str(moment)
