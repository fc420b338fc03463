"""Write the sample as a table for spreadsheets, and read it back with verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from detector.audit.items import Item
from detector.errors import AnnotationError
from detector.tables.csv_rows import CsvRows
from detector.tables.csv_table import DELIMITERS, cells_of
from detector.tables.rows import number
from detector.tables.sheet import first_line, read_sheet
from detector.tables.sink import Sink

COLUMNS = (
    *("id", "recording", "channel", "start_s", "end_s", "label", "verdict", "score"),
    *("stratum", "stratum_size", "stratum_drawn", "probability", "drawn_from"),
)
BACKGROUND = "background"
"""The stratum of windows without detections."""

YES = {"yes", "y", "true"}
NO = {"no", "n", "false"}
UNSURE = {"unsure", "?"}

Verdict = int | Literal["unsure"] | None
"""1 for yes, 0 for no, "unsure", or the number of calls in a window of background; None without a verdict."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row of a sample: the table, the number of the row from 1, its cells and its verdict."""

    source: Path
    row: int
    id: str
    verdict: Verdict
    cells: dict[str, str]

    def decimal(self, name: str) -> float:
        """Read a number with a decimal point, or with a decimal comma, which some spreadsheets write."""
        try:
            return number(name, self.cells[name].replace(",", "."))
        except ValueError as fault:
            raise self.fault(str(fault)) from fault

    def fault(self, reason: str) -> AnnotationError:
        """Return an error that names the file and the row."""
        return AnnotationError(f"{self.source}, row {self.row}: {reason}")


def write_sample(items: Iterable[Item], drawn_from: str, stream: TextIO) -> None:
    """Write a sample with empty verdicts; `drawn_from` is the fingerprint of the detections."""
    CsvRows(Sink(stream), COLUMNS).add(_cells(item, drawn_from) for item in items)


def _cells(item: Item, drawn_from: str) -> tuple[str, ...]:
    """Return the cells of an item for `COLUMNS`, with an empty verdict."""
    row = cells_of(item.detection)
    place = (row.recording, row.channel, row.start_s, row.end_s, row.label)
    stratum = (str(item.stratum or BACKGROUND), str(item.stratum_size), str(item.stratum_drawn))
    return (item.id, *place, "", row.score, *stratum, f"{item.probability:.6g}", drawn_from)


def read_sample(path: Path) -> Iterator[SampleRow]:
    """Read a sample, in any form in which a spreadsheet may have saved it.

    Raises
    ------
    AnnotationError
        If the table is not a sample, or a verdict is not allowed.
    """
    sheet = read_sheet(path, max(DELIMITERS, key=first_line(path).count), quoted=True)
    columns = {name: sheet.required(name) for name in COLUMNS}
    if sheet.problems:
        raise AnnotationError(str(sheet.problems[0]))
    for row, cells in sheet.rows:
        named = {name: cells[column] for name, column in columns.items()}
        verdict = read_verdict(named["verdict"], named["stratum"] == BACKGROUND, f"{path}, row {row}")
        yield SampleRow(path, row, named["id"], verdict, named)


MOST_DIGITS = 9
"""Most digits of a number of calls."""


def read_verdict(text: str, background: bool, where: str) -> Verdict:
    """Read a verdict, in capital or small letters.

    Parameters
    ----------
    text : str
        The cell.
    background : bool
        Whether it is about a window of background, which may hold several calls.
    where : str
        Names the file and the row in an error.
    """
    plain = text.strip().casefold().removesuffix(".0")  # a column of numbers with gaps may have become 1.0
    if not plain:
        return None
    if plain in UNSURE:
        return "unsure"
    if plain in YES | NO:
        return int(plain in YES)
    if plain.isdecimal() and len(plain) <= MOST_DIGITS and (background or int(plain) <= 1):
        return int(plain)
    allowed = "yes, no or unsure (y, n, 1, 0, true, false, ?)" + (" or the number of calls" if background else "")
    raise AnnotationError(f"{where}: verdict {text!r} must be {allowed}")
