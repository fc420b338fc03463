"""The effort table: one row for each recording and channel, so that "no detections" and "not analysed" differ."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from detector.audio.status import STATUSES, Status
from detector.chronology import NO_ZONE, Chronology, absolute_time
from detector.errors import AnnotationError
from detector.place import LocalPlace, Place
from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import DELIMITERS
from detector.tables.instants import parse_time
from detector.tables.origin import Searched
from detector.tables.rows import number
from detector.tables.sheet import cell, first_line, read_sheet
from detector.tables.sink import Sink

COLUMNS = ("recording", "channel", "status", "seconds", "scanned_s", "start_time", "time_source", "detail")
LONGEST_S = 1e8
"""No recording is longer than three years."""

THIS_TABLE = "table"
"""The source of a time that an effort table gives without its source."""

DATE_LENGTH = len("2024-05-11")
"""A text that is no longer names a day, and not when on that day a recording began."""


@dataclass(frozen=True)
class Effort:
    """The analysis of one channel of a recording.

    Attributes
    ----------
    recording : Place
        The file.
    channel : str
        The channel; empty if the recording could not be opened.
    status : str
        "ok"; "short": shorter than a window; "failed": not analysed; or what `judge` says.
    seconds : float or None
        Length according to the header; None if unknown.
    scanned_s : float
        Length of the scanned sound.
    chronology : Chronology or None
        When the recording was made; None if unknown.
    detail : str
        Description of the problem; empty if there was none.
    """

    recording: Place
    channel: str
    status: Status
    seconds: float | None = None
    scanned_s: float = 0.0
    chronology: Chronology | None = None
    detail: str = ""

    def row(self) -> tuple[str, ...]:
        """Return the cells of the row, in the order of `COLUMNS`."""
        return (
            self.recording.name,
            self.channel,
            self.status,
            "" if self.seconds is None else f"{self.seconds:.3f}",
            f"{self.scanned_s:.3f}",
            absolute_time(self.chronology, 0.0),
            "" if self.chronology is None else self.chronology.time_source,
            self.detail,
        )

    def searched(self) -> Searched:
        """Return the recording with its length and time."""
        seconds = self.scanned_s if self.seconds is None else self.seconds
        start_time = absolute_time(self.chronology, 0.0)
        end_time = absolute_time(self.chronology, seconds)
        return Searched(self.recording.name, seconds, start_time or None, end_time or None)


class EffortWriter:
    """Write the effort table, recording by recording."""

    def __init__(self, sink: Sink[str]) -> None:
        self._rows = CsvRows(sink, COLUMNS)

    def add(self, efforts: Iterable[Effort]) -> None:
        """Write rows."""
        self._rows.add(effort.row() for effort in efforts)

    def flush(self) -> None:
        """Flush the stream."""
        self._rows.flush()


def read_effort(path: Path) -> list[Effort]:
    """Read an effort table, with the rows of recordings that were not scanned.

    A table made by hand needs only the columns `recording`, `channel` and `scanned_s`. A `start_time` counts without
    `time_source`, too.

    Raises
    ------
    AnnotationError
        If the file is not such a table, has an unknown status, or has two rows for one channel.
    """
    sheet = read_sheet(path, max(DELIMITERS, key=first_line(path).count), quoted=True)
    for name in ("recording", "channel", "scanned_s"):
        sheet.required(name)
    if sheet.problems:
        raise AnnotationError(str(sheet.problems[0]))
    columns = {name: sheet.column(name) for name in COLUMNS}
    efforts: dict[tuple[Place, str], Effort] = {}
    for row, cells in sheet.rows:
        where = f"{path}, row {row}"
        text = {name: cell(cells, column) for name, column in columns.items()}
        if columns["status"] is None:
            text["status"] = "ok"
        effort = _effort(where, text)
        if efforts.setdefault((effort.recording, effort.channel), effort) is not effort:
            raise AnnotationError(f"{where}: {effort.recording}, channel {effort.channel!r}, has two rows")
    return list(efforts.values())


def _effort(where: str, text: dict[str, str]) -> Effort:
    """Make an effort from the cells of a row, by column, or raise `AnnotationError`."""
    if not text["recording"]:
        raise AnnotationError(f"{where}: recording is empty")
    status = next((known for known in STATUSES if known == text["status"]), None)
    if status is None:
        raise AnnotationError(f"{where}: status {text['status']!r}: must be one of {', '.join(STATUSES)}")
    return Effort(
        recording=LocalPlace(Path(text["recording"])),
        channel=text["channel"],
        status=status,
        seconds=_length_s(where, status, text["seconds"]),
        scanned_s=_seconds(where, "scanned_s", text["scanned_s"]),
        chronology=_chronology(text["start_time"], text["time_source"]),
        detail=text["detail"],
    )


def _length_s(where: str, status: Status, text: str) -> float | None:
    """Read the length of a recording, s; None if unknown.

    A text that is not a length is an error only for a damaged recording. It may have holes, so that `scanned_s` does
    not say where the scan ended.
    """
    try:
        return _seconds(where, "seconds", text) if text else None
    except AnnotationError:
        if status == "damaged":
            raise
        return None


def _seconds(where: str, column: str, text: str) -> float:
    try:
        seconds = number(column, text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_S:
        raise AnnotationError(f"{where}: {column} {text!r}: must be a number from 0 to {LONGEST_S:.0f}")
    return seconds


def _chronology(text: str, source: str) -> Chronology | None:
    """Read the start of a recording; None if the text is no date with a time of day.

    The source is this table where the table names none, or one that disagrees with the text on a zone.
    """
    when = parse_time(text)
    if when is None or len(text) <= DATE_LENGTH:
        return None
    chronology = Chronology.since(when, source.removesuffix(NO_ZONE), text)
    return chronology if source and chronology.time_source == source else Chronology.since(when, THIS_TABLE, text)
