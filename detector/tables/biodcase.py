"""The CSV of BioDCASE task 2: dataset, file name, label, and absolute times in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path, PurePath

from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import DELIMITERS
from detector.tables.detection import Detection
from detector.tables.instants import end_of, instant, named_start, parse_time, since, why_unknown
from detector.tables.rows import Row, table_of
from detector.tables.sheet import cell, first_line, plain, read_sheet
from detector.tables.sink import Sink
from detector.tables.table import Problem, ReadOptions, Table
from detector.tables.writer import Decimals, WriteOptions, Writer

COLUMNS = ("dataset", "filename", "annotation", "start_datetime", "end_datetime")
NAMED = re.compile(r"(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d)_(\d{3})(?!\d)")
"""The UTC time in the name of a recording of the challenge, such as 2014-02-18T21-00-00_000.wav."""

SAME_S = 0.0005
"""Two onsets that differ by no more are the same, because absolute times of detections are in milliseconds."""


def recognise(_path: Path, line: str) -> bool:
    """Return whether a file is such a table, by its header."""
    names = {plain(name) for name in re.split(r"[,;\t]", line)}
    return names.issuperset(COLUMNS[1:])


def read(path: Path, options: ReadOptions) -> Table:
    """Read a table. The onset in a recording is its time less the time in the recording's name."""
    sheet = read_sheet(path, max(DELIMITERS, key=first_line(path).count), quoted=True)
    for name in COLUMNS[1:]:
        sheet.required(name)
    columns = {name: sheet.column(name) for name in (*COLUMNS, "low_frequency", "high_frequency")}
    rows: list[Row] = []
    problems = list(sheet.problems)
    for number, cells in sheet.rows:
        row = _row(number, {name: cell(cells, column) for name, column in columns.items()})
        if isinstance(row, Row):
            rows.append(row)
        else:
            problems.append(Problem(path, number, row, cells[sheet.required("filename")] or None))
    return table_of(path, rows, options, names_audio=True, problems=problems)


def _row(number: int, text: dict[str, str]) -> Row | str:
    """Make a row from its cells, by column, or say why its onset in the recording is unknown."""
    name = text["filename"]
    start_text = text["start_datetime"]
    start = _utc(start_text)
    end = _utc(text["end_datetime"])
    if start is None or end is None:
        wrong = start_text if start is None else text["end_datetime"]
        return f"{wrong!r} is not a time such as 2014-02-18T21:32:03.876700+00:00"
    onset_s = since(start_of(name), start)
    if onset_s is None:
        return f"its onset in the recording is unknown: {start_text} is not a time after the one in the name {name!r}"
    return Row(
        number,
        start=f"{onset_s:.6f}",
        end=f"{onset_s + (end - start).total_seconds():.6f}",
        label=text["annotation"],
        low=text["low_frequency"],
        high=text["high_frequency"],
        audio="/".join(filter(None, (text["dataset"], name))),
        start_time=start_text,
    )


def _utc(text: str) -> datetime | None:
    """Read a time; without an offset it is in UTC, as the challenge has it."""
    when = parse_time(text)
    return instant(text) if when is None or when.tzinfo else when.replace(tzinfo=UTC)


def start_of(name: str) -> datetime | None:
    """Return when a recording began, from its name; a name in the challenge's own form is in UTC."""
    if match := NAMED.search(name):
        hours, minutes, seconds, milliseconds = match.groups()
        return instant(f"{hours}:{minutes}:{seconds}.{milliseconds}+00:00")
    return named_start(name)


class BiodcaseWriter(Writer):
    """Write the table; the dataset is the name of the recording's folder."""

    DECIMALS = Decimals(seconds=3, hertz=1, score=4)

    def __init__(self, sink: Sink[str], options: WriteOptions | None = None) -> None:
        super().__init__(sink, options)
        self._rows = CsvRows(sink, (*COLUMNS, *self._columns))

    def lost(self, detection: Detection) -> Iterable[str]:
        """Name the fields that the table has no place for."""
        event = detection.event
        if detection.channel:
            yield "channel"
        if event.low_hz is not None or event.high_hz is not None:
            yield "band"
        if event.score is not None:
            yield "score"
        if len(PurePath(detection.recording).parts) > 2:
            yield "folders above the recording's own"
        start = instant(detection.start_time)
        onset_s = None if start is None else since(start_of(PurePath(detection.recording).name), start)
        if onset_s is None or abs(onset_s - event.start_s) > SAME_S:
            yield "start_s (the recording's name does not tell its beginning)"

    def refusal(self, detection: Detection) -> str:
        """Refuse a detection without an absolute time."""
        return why_unknown(detection)

    def _write(self, detections: Iterable[Detection]) -> None:
        self._rows.add((*self._cells(row), *self._extra(row)) for row in detections)

    def _cells(self, detection: Detection) -> tuple[str, ...]:
        start = instant(detection.start_time)
        assert start is not None, "refused before"
        end = end_of(start, self._decimals.length_s(detection.event))
        path = PurePath(detection.recording)
        times = (when.isoformat(timespec="microseconds") for when in (start, end))
        return (path.parent.name, path.name, detection.event.label, *times)
