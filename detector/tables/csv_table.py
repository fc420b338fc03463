"""CSV and TSV tables with a header, among them the table of detections."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from detector.errors import AnnotationError, Parameter
from detector.tables.csv_rows import CsvRows
from detector.tables.detection import Detection
from detector.tables.rows import LONGEST_S, Row, table_of
from detector.tables.sheet import Sheet, first_line, read_sheet
from detector.tables.sink import Sink
from detector.tables.table import ReadOptions, Table
from detector.tables.writer import Decimals, WriteOptions, Writer

# The names that people and other programs give to each column, the most specific first.
AUDIO = (
    *("recording", "file", "filename", "file_name", "audio", "audio_file", "audio_path"),
    *("path", "filepath", "file_path", "notated_path", "begin_path", "begin_file"),
)
START = (
    *("start_s", "start", "onset_s", "onset", "begin_s", "begin"),
    *("begin_time_s", "begin_time", "start_time_s", "start_time"),
)
END = ("end_s", "end", "offset_s", "offset", "stop_s", "stop", "end_time_s", "end_time")
LOW = ("low_hz", "low_freq_hz", "low_freq", "low_f", "min_freq", "fmin")
HIGH = ("high_hz", "high_freq_hz", "high_freq", "high_f", "max_freq", "fmax")
DELIMITERS = (",", "\t", ";")
SCORE_COLUMNS = ("recording", "channel", "start_s", "end_s")
"""The first columns of the table of scores; a column for each label follows."""


def recognise(path: Path, line: str) -> bool:
    """Return whether a file is a CSV or TSV, by its name; its content may be anything."""
    return path.suffix.casefold() in (".csv", ".tsv") and bool(line)


def read(path: Path, options: ReadOptions) -> Table:
    """Read a CSV; the delimiter is the most frequent one of `DELIMITERS` in the header."""
    line = first_line(path)
    delimiter = max(DELIMITERS, key=line.count)
    sheet = read_sheet(path, delimiter, quoted=True)
    if _holds_scores(sheet):
        option = Parameter("scores", "scan")
        raise AnnotationError(f"{path}: is a table of scores ({option} of scan); it has no detections or annotations")
    return table_from(sheet, options, decimal_commas=delimiter == ";")


def table_from(sheet: Sheet, options: ReadOptions, *, decimal_commas: bool = False) -> Table:
    """Make a table of a sheet whose columns have names that people and programs give to them."""
    untimed = options.untimed and sheet.column(*START) is None
    start = None if untimed else sheet.required(*START)
    audio = sheet.column(*AUDIO)
    time = sheet.column("start_time")
    columns = (
        start,
        None if untimed else sheet.required(*END),
        sheet.label_column(options, "label"),
        sheet.column(*LOW),
        sheet.column(*HIGH),
        sheet.column("score", "confidence"),
        sheet.column("channel"),
        audio,
        None if untimed or time == start else time,  # other programs write the onset under this name
    )
    missing = len(sheet.header)  # index of an empty cell, which is added to each row for missing columns
    pick = itemgetter(*(missing if column is None else column for column in columns))
    rows = (_row(number, pick((*cells, ""))) for number, cells in sheet.rows)
    if untimed:
        rows = (row._replace(start="0", end=str(LONGEST_S)) for row in rows)
    if decimal_commas:
        rows = (_with_points(row) for row in rows)
    return table_of(sheet.source, rows, options, names_audio=audio is not None, problems=sheet.problems)


def _holds_scores(sheet: Sheet) -> bool:
    """Return whether a sheet is a table of scores: its columns, then one for each label with numbers from 0 to 1."""
    labels = sheet.header[len(SCORE_COLUMNS) :]
    if tuple(sheet.header[: len(SCORE_COLUMNS)]) != SCORE_COLUMNS or not labels or not sheet.rows:
        return False
    if {"label", "score", *LOW, *HIGH} & set(labels):
        return False
    cells = sheet.rows[0][1][len(SCORE_COLUMNS) :]
    return all(re.fullmatch(r"[01]\.\d{6}", cell) for cell in cells)


def _row(number: int, cells: tuple[str, ...]) -> Row:
    """Make a row from its cells, in the order of `columns` in `read`."""
    start, end, label, low, high, score, channel, audio, time = cells
    return Row(number, start, end, label, low, high, score, _channel(channel), audio, start_time=time)


def _with_points(row: Row) -> Row:
    """Replace decimal commas by points; programs that write decimal commas put semicolons between cells."""
    names = ("start", "end", "low", "high", "score")
    return row._replace(**{name: getattr(row, name).replace(",", ".") for name in names})


@cache
def _channel(text: str) -> str | None:
    """Read a channel; some programs write "1.0" for 1 in a column with empty cells."""
    return re.sub(r"\.0+$", "", text) or None


class Cells(NamedTuple):
    """The cells of a detection, by the names of the columns."""

    recording: str
    channel: str
    start_s: str
    end_s: str
    low_hz: str
    high_hz: str
    label: str
    score: str
    start_time: str


COLUMNS = Cells._fields
DECIMALS = Decimals(seconds=3, hertz=1, score=4)
"""The times of a detection are exact to some milliseconds at best."""


def cells_of(detection: Detection, decimals: Decimals = DECIMALS) -> Cells:
    """Write a detection as cells."""
    event = detection.event
    return Cells(
        detection.recording,
        detection.channel,
        *decimals.span(event),
        decimals.frequency(event.low_hz),
        decimals.frequency(event.high_hz),
        event.label,
        decimals.rounded(event.score),
        detection.start_time or "",
    )


class CsvWriter(Writer):
    """Write the table of detections: `COLUMNS`, then the extra columns."""

    DECIMALS = DECIMALS

    def __init__(self, sink: Sink[str], options: WriteOptions | None = None) -> None:
        super().__init__(sink, options)
        self._rows = CsvRows(sink, (*COLUMNS, *self._columns))

    def _write(self, detections: Iterable[Detection]) -> None:
        self._rows.add((*cells_of(row, self._decimals), *self._extra(row)) for row in detections)
