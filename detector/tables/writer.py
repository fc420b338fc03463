"""The interface of the writers of all formats, and their options."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from detector.events import Event
from detector.tables.detection import Detection
from detector.tables.sink import Sink


@dataclass(frozen=True)
class Decimals:
    """Numbers of decimals in a table: of times in s, frequencies in Hz, and scores."""

    seconds: int
    hertz: int
    score: int

    def span(self, event: Event) -> tuple[str, str]:
        """Format onset and offset; if rounding makes them equal, the offset is one unit later."""
        units_per_s = 10**self.seconds
        onset = round(event.start_s * units_per_s)
        offset = max(round(event.end_s * units_per_s), onset + 1)
        return f"{onset / units_per_s:.{self.seconds}f}", f"{offset / units_per_s:.{self.seconds}f}"

    def frequency(self, hertz: float | None, unknown: str = "") -> str:
        """Format one edge of a band; `unknown` stands for None."""
        return unknown if hertz is None else f"{hertz:.{self.hertz}f}"

    def rounded(self, score: float | None) -> str:
        """Format a score; "" stands for None."""
        return "" if score is None else f"{score:.{self.score}f}"


@dataclass(frozen=True)
class WriteOptions:
    """How to write a table.

    Attributes
    ----------
    columns : tuple of str
        Extra columns, after those of the format; `Detection.extra` has a cell for each.
    decimals : Decimals or None
        None for the decimals of the format, which suit detections. Annotations may need more, to keep exact times.
    """

    columns: tuple[str, ...] = ()
    decimals: Decimals | None = None


class Writer(ABC):
    """Write detections in one format, one by one.

    Parameters
    ----------
    sink : Sink
        Takes the table; of text, or of bytes where the format is binary.
    options : WriteOptions, optional
        Extra columns and decimals.
    """

    DECIMALS: ClassVar[Decimals]
    """The decimals of the format."""

    def __init__(self, sink: Sink[Any], options: WriteOptions | None = None) -> None:
        options = options or WriteOptions()
        self._sink = sink
        self._columns = options.columns
        self._decimals = options.decimals or self.DECIMALS

    @abstractmethod
    def add(self, detections: Iterable[Detection]) -> None:
        """Write rows.

        Raises
        ------
        OutputError
            If the format cannot hold them, or the stream cannot be written.
        """

    def flush(self) -> None:
        """Flush the stream."""
        self._sink.flush()

    def finish(self) -> None:  # noqa: B027 (most formats have nothing to do here)
        """Write the end of the table, after all rows; the stream stays open."""

    def _extra(self, detection: Detection) -> tuple[str, ...]:
        """Return the cells of the extra columns; raise `ValueError` if their number is wrong."""
        if len(detection.extra) != len(self._columns):
            raise ValueError(f"{len(detection.extra)} extra cells for {len(self._columns)} extra columns")
        return detection.extra
