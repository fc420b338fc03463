"""What the writers of all formats share: how to write, and what a writer can do."""

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
    """How many decimals the numbers of a table have: times in s, frequencies in Hz, scores."""

    seconds: int
    hertz: int
    score: int

    def span(self, event: Event) -> tuple[str, str]:
        """Write onset and offset; the offset lies after the onset even where rounding makes them equal."""
        units_per_s = 10**self.seconds
        onset = round(event.start_s * units_per_s)
        offset = max(round(event.end_s * units_per_s), onset + 1)
        return f"{onset / units_per_s:.{self.seconds}f}", f"{offset / units_per_s:.{self.seconds}f}"

    def frequency(self, hertz: float | None, unknown: str = "") -> str:
        """Write one side of a band; `unknown` where nobody said."""
        return unknown if hertz is None else f"{hertz:.{self.hertz}f}"

    def rounded(self, score: float | None) -> str:
        """Write a score; "" where there is none."""
        return "" if score is None else f"{score:.{self.score}f}"


@dataclass(frozen=True)
class WriteOptions:
    """How to write a table.

    Attributes
    ----------
    columns : tuple of str
        Extra columns, after those of the format; `Detection.extra` has a cell for each.
    decimals : Decimals or None
        None for those of the format, which suit detections. Annotations that must come back as they were placed
        may need more of them.
    """

    columns: tuple[str, ...] = ()
    decimals: Decimals | None = None


class Writer(ABC):
    """Writes detections in one format, as they come.

    Parameters
    ----------
    sink : Sink
        Takes the table; of text, or of bytes where the format is binary.
    options : WriteOptions, optional
        How to write it.
    """

    DECIMALS: ClassVar[Decimals]
    """Those of the format."""

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
        """Hand on what was written so far."""
        self._sink.flush()

    def finish(self) -> None:  # noqa: B027 (most formats have nothing to do here)
        """Write what ends a table of this format, once all rows are there; the stream stays open."""

    def _extra(self, detection: Detection) -> tuple[str, ...]:
        """Return the cells of the extra columns."""
        if len(detection.extra) != len(self._columns):
            raise ValueError(f"{len(detection.extra)} extra cells for {len(self._columns)} extra columns")
        return detection.extra
