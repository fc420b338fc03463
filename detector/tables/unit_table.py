"""The table of `detector classify`: one row for each whole recording or given span, with its labels, the best first.

A row holds pairs of columns: `label` and `score` for the best label, `label_2` and `score_2` for the next one, and so
on. So a filter on `label` works in every spreadsheet, no label can take the name of another column, and `label` and
`score` mean what they mean in a table of detections.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from detector.audio.status import Status
from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import DELIMITERS
from detector.tables.rows import Row, table_of
from detector.tables.sheet import Sheet, cell, first_line, plain, read_sheet
from detector.tables.sink import Sink
from detector.tables.table import Problem, ReadOptions, Table

COLUMNS = ("recording", "channel", "start_s", "end_s", "start_time", "status", "detail")
"""The first columns; the pairs of label and score follow."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One row.

    Attributes
    ----------
    recording, channel : str
        Path of the file, and the channel; the channel is "" if the recording could not be opened.
    start_s, end_s : float or None
        Times in the recording, s; None if unknown.
    status : str
        As in a table of effort. A failed row has no scores.
    detail : str
        Description of the problem; empty if there was none.
    ranked : sequence of (str, float)
        Labels and scores, the highest score first.
    start_time : str
        When the unit begins, in ISO 8601; empty if unknown.
    """

    recording: str
    channel: str
    start_s: float | None
    end_s: float | None
    status: Status
    detail: str = ""
    ranked: Sequence[tuple[str, float]] = ()
    start_time: str = ""

    def with_scores(self, ranked: Sequence[tuple[str, float]]) -> UnitRow:
        """Return the row with scores."""
        return replace(self, ranked=ranked)

    def failing(self, detail: str) -> UnitRow:
        """Return the row of a unit that could not be analysed."""
        return replace(self, status="failed", detail=detail)


class UnitWriter:
    """Write the table.

    Parameters
    ----------
    sink : Sink of str
        Takes the text.
    n_pairs : int
        Number of labels in each row.
    """

    def __init__(self, sink: Sink[str], n_pairs: int) -> None:
        self._n_pairs = n_pairs
        self._rows = CsvRows(sink, (*COLUMNS, *(name for n in range(n_pairs) for name in _pair(n))))

    def add(self, rows: Iterable[UnitRow]) -> None:
        """Write rows, and flush the stream."""
        self._rows.add(map(self._cells, rows))
        self._rows.flush()

    def _cells(self, row: UnitRow) -> tuple[str, ...]:
        ranked = row.ranked[: self._n_pairs]
        pairs = [text for label, score in ranked for text in (label, f"{score:.6f}")]
        blanks = [""] * (2 * (self._n_pairs - len(ranked)))
        times = (_seconds(row.start_s), _seconds(row.end_s), row.start_time)
        return (row.recording, row.channel, *times, row.status, row.detail, *pairs, *blanks)


def _pair(n: int) -> tuple[str, str]:
    """Return the columns of the label with rank `n`, from 0, and its score."""
    return ("label", "score") if n == 0 else (f"label_{n + 1}", f"score_{n + 1}")


def _seconds(value: float | None) -> str:
    """Write a time as the table of spans has it, to the microsecond, so that both can be joined by it."""
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")


def recognise(path: Path, line: str) -> bool:
    """Return whether a file is such a table, by its first line."""
    if path.suffix.casefold() not in (".csv", ".tsv"):
        return False
    header = {plain(name.strip('"')) for name in line.split(_delimiter(line))}
    return {*COLUMNS, *_pair(0)} <= header


def is_unit_table(path: Path) -> bool:
    """Return whether a path is such a table; a folder of tables is none."""
    return path.is_file() and recognise(path, first_line(path))


def read(path: Path, options: ReadOptions) -> Table:
    """Read such a table; each label of a row becomes an annotation with the times and the score of the row.

    Rows without scores are problems, so that nobody takes them for units in which nothing was found.
    """
    delimiter = _delimiter(first_line(path))
    sheet = read_sheet(path, delimiter, quoted=True)
    if delimiter == ";":  # programs that put semicolons between cells write decimal commas
        sheet = _with_points(sheet)
    pairs = [sheet.column(name) for n in range(len(sheet.header)) for name in _pair(n)]
    rows: list[Row] = []
    problems = list(sheet.problems)
    for number, cells in sheet.rows:
        recording, channel, start, end, _, status, detail = (cell(cells, sheet.column(name)) for name in COLUMNS)
        texts = [cell(cells, column) for column in pairs]
        scored = [(label, score) for label, score in zip(texts[::2], texts[1::2]) if label]
        if not scored:
            problems.append(Problem(path, number, f"{status}, no scores: {detail or 'no sound'}", recording or None))
        rows += [
            Row(number, start, end, label, score=score, channel=channel or None, audio=recording)
            for label, score in scored
        ]
    return table_of(path, rows, options, names_audio=True, problems=problems)


def _delimiter(line: str) -> str:
    return max(DELIMITERS, key=line.count)


def _with_points(sheet: Sheet) -> Sheet:
    """Replace decimal commas by points in the columns of numbers."""
    is_number = [name in ("start_s", "end_s") or name.startswith("score") for name in map(plain, sheet.header)]
    rows = tuple(
        (number, tuple(text.replace(",", ".") if flag else text for text, flag in zip(cells, is_number)))
        for number, cells in sheet.rows
    )
    return Sheet(sheet.source, sheet.header, rows, sheet.problems)
