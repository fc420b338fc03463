"""The interface of the writers of all formats, and their options."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, ClassVar, Self

from detector.errors import OutputError
from detector.events import Event
from detector.tables.detection import Detection
from detector.tables.origin import Origin, Searched
from detector.tables.sink import Sink
from detector.tables.tally import Tally

MOST_DECIMALS = 9
"""Of an exact number: nanoseconds."""


@dataclass(frozen=True)
class Decimals:
    """Numbers of decimals in a table: of times in s, frequencies in Hz, and scores.

    With `exact`, a number that has more decimals keeps them, up to `MOST_DECIMALS`.
    """

    seconds: int
    hertz: int
    score: int
    exact: bool = False

    def span(self, event: Event) -> tuple[str, str]:
        """Format onset and offset; if rounding makes them equal, the offset is one unit later."""
        n_decimals = self._needed(self.seconds, event.start_s, event.end_s)
        if self.exact and round(event.duration_s, n_decimals) <= 0:
            n_decimals = MOST_DECIMALS  # so that a very short event does not become longer
        units_per_s = 10**n_decimals
        onset = round(event.start_s * units_per_s)
        offset = max(round(event.end_s * units_per_s), onset + 1)
        return f"{onset / units_per_s:.{n_decimals}f}", f"{offset / units_per_s:.{n_decimals}f}"

    def length_s(self, event: Event) -> float:
        """Return the time between the formatted onset and offset, s."""
        start, end = self.span(event)
        return float(Decimal(end) - Decimal(start))

    def frequency(self, hertz: float | None, unknown: str = "") -> str:
        """Format one edge of a band; `unknown` stands for None."""
        return unknown if hertz is None else f"{hertz:.{self._needed(self.hertz, hertz)}f}"

    def rounded(self, score: float | None) -> str:
        """Format a score; "" stands for None."""
        return "" if score is None else f"{score:.{self._needed(self.score, score)}f}"

    def _needed(self, least: int, *numbers: float) -> int:
        """Return how many decimals the numbers are written with."""
        if not self.exact:
            return least

        def is_exact(n_decimals: int) -> bool:
            return all(abs(round(number, n_decimals) - number) < 10**-MOST_DECIMALS / 2 for number in numbers)

        return next(filter(is_exact, range(least, MOST_DECIMALS)), MOST_DECIMALS)


@dataclass(frozen=True)
class WriteOptions:
    """How to write a table.

    Attributes
    ----------
    columns : tuple of str
        Extra columns, after those of the format; `Detection.extra` has a cell for each.
    decimals : Decimals or None
        None for the decimals of the format, which suit detections. Annotations may need more, to keep exact times.
    exact : bool
        Whether a number with more decimals keeps them.
    leave_out : bool
        Whether rows that the format cannot hold are left out and counted (`Tally`). Otherwise they are an error.
    origin : Origin
        What made the detections, for formats that say so.
    """

    columns: tuple[str, ...] = ()
    decimals: Decimals | None = None
    exact: bool = False
    leave_out: bool = False
    origin: Origin = field(default_factory=Origin)


class DetectionsTable(ABC):
    """A table of detections, or a folder of tables, that is written as results arrive.

    As a context manager, it is finished when the block ends without an error, and closed in any case.

    Attributes
    ----------
    tally : Tally
        What the format could not hold.
    """

    def __init__(self) -> None:
        self.tally = Tally()

    @abstractmethod
    def add(self, detections: Iterable[Detection]) -> None:
        """Write rows.

        Raises
        ------
        OutputError
            If the format cannot hold them, or the stream cannot be written.
        """

    def cover(self, searched: Searched) -> None:  # noqa: B027 (most formats do not say what was searched)
        """Take in that a recording was searched, after its rows."""

    def flush(self) -> None:  # noqa: B027 (a folder of tables has nothing to flush)
        """Flush the stream."""

    def finish(self) -> None:  # noqa: B027 (most formats have nothing to do here)
        """Write the end of the table, after all rows; the stream stays open."""

    def close(self) -> None:  # noqa: B027 (most formats hold nothing)
        """Let go of what is held; write nothing more, even if the table is not finished."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self.close()


class Writer(DetectionsTable):
    """Write detections in one format, one by one.

    Parameters
    ----------
    sink : Sink
        Takes the table; of text, or of bytes where the format is binary.
    options : WriteOptions, optional
        How to write.
    """

    DECIMALS: ClassVar[Decimals]
    """The decimals of the format."""

    def __init__(self, sink: Sink[Any], options: WriteOptions | None = None) -> None:
        super().__init__()
        self._options = options or WriteOptions()
        self._sink = sink
        self._columns = self._options.columns
        self._decimals = self._options.decimals or self.DECIMALS
        if self._options.exact:
            self._decimals = replace(self._decimals, exact=True)

    def add(self, detections: Iterable[Detection]) -> None:
        """Write rows, and count what the format cannot hold."""
        self._write(row for row in detections if self._takes(row))

    @abstractmethod
    def _write(self, detections: Iterable[Detection]) -> None:
        """Write rows that the format can hold."""

    def lost(self, detection: Detection) -> Iterable[str]:
        """Name the fields of a row that the format has no place for, such as "score"."""
        del detection
        return ()

    def refusal(self, detection: Detection) -> str:
        """Return why the format cannot hold a row; "" if it can."""
        del detection
        return ""

    def _takes(self, detection: Detection) -> bool:
        """Count a row; return whether it can be written."""
        reason = self.refusal(detection)
        if reason and not self._options.leave_out:
            event = detection.event
            raise OutputError(f"{detection.recording}, {event.label!r} at {event.start_s:.3f} s: {reason}")
        self.tally.count(self.lost(detection), reason)
        return not reason

    def flush(self) -> None:
        """Flush the stream."""
        self._sink.flush()

    def _extra(self, detection: Detection) -> tuple[str, ...]:
        """Return the cells of the extra columns; raise `ValueError` if their number is wrong."""
        if len(detection.extra) != len(self._columns):
            raise ValueError(f"{len(detection.extra)} extra cells for {len(self._columns)} extra columns")
        return detection.extra
