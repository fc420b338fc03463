"""The sample as a table for spreadsheets, read back with verdicts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TextIO

from detector.audit.items import Item
from detector.errors import AnnotationError
from detector.line_ends import LineEnds
from detector.tables.csv_table import DELIMITERS
from detector.tables.rows import number
from detector.tables.sheet import Sheet, first_line, read_sheet

COLUMNS = (
    *("id", "recording", "channel", "start_s", "end_s", "label", "verdict", "score"),
    *("stratum", "stratum_size", "stratum_drawn", "probability", "drawn_from"),
)
BACKGROUND = "background"
"""The stratum of windows without detections."""

YES, NO, UNSURE = {"yes", "y", "true"}, {"no", "n", "false"}, {"unsure", "?"}

Verdict = int | Literal["unsure"] | None
"""1 for yes, 0 for no, for background how many calls; None where nobody has said."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A row of a sample as it was read: the table and the row's number, from 1, and the cells that count."""

    source: Path
    row: int
    id: str
    verdict: Verdict
    cells: dict[str, str]

    def decimal(self, name: str) -> float:
        """Read a number, with a decimal point or, as some spreadsheets save it, a comma."""
        try:
            return number(name, self.cells[name].replace(",", "."))
        except ValueError as fault:
            raise self.fault(str(fault)) from fault

    def fault(self, reason: str) -> AnnotationError:
        """Make the error that names file and row."""
        return AnnotationError(f"{self.source}, row {self.row}: {reason}")


def write_sample(items: Iterable[Item], drawn_from: str, stream: TextIO) -> None:
    """Write a sample with empty verdicts; `drawn_from` is the fingerprint of the detections."""
    writer = csv.writer(LineEnds(stream), lineterminator=LineEnds.QUOTED)
    writer.writerow(COLUMNS)
    for item in items:
        score = "" if item.score is None else f"{item.score:.4f}"
        place = (item.id, item.recording, item.channel, f"{item.start_s:.3f}", f"{item.end_s:.3f}", item.label)
        stratum = (item.stratum or BACKGROUND, item.stratum_size, item.stratum_drawn)
        writer.writerow((*place, "", score, *stratum, f"{item.probability:.6g}", drawn_from))


def read_csv(path: Path) -> Sheet:
    """Read a table whose delimiter is the one most frequent in its header."""
    line = first_line(path)
    return read_sheet(path, max(DELIMITERS, key=line.count), quoted=True)


def read_sample(path: Path) -> Iterator[SampleRow]:
    """Read a sample, however a spreadsheet saved it.

    Raises
    ------
    AnnotationError
        Where it is no sample, or a verdict is none.
    """
    sheet = read_csv(path)
    columns = {name: sheet.required(name) for name in COLUMNS}
    if sheet.problems:
        raise AnnotationError(str(sheet.problems[0]))
    for row, cells in sheet.rows:
        named = {name: cells[column] for name, column in columns.items()}
        verdict = read_verdict(named["verdict"], named["stratum"] == BACKGROUND, f"{path}, row {row}")
        yield SampleRow(path, row, named["id"], verdict, named)


MOST_DIGITS = 9
"""Of a number of calls."""


def read_verdict(text: str, background: bool, where: str) -> Verdict:
    """Read a verdict in any case; `background` may have more than one call, `where` names file and row."""
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
