"""Read text tables with a header, in any of the usual encodings, line ends and column names."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from detector.errors import AnnotationError
from detector.tables.table import Problem, ReadOptions, UnreadableTableError

LABEL_COLUMNS = ("annotation", "species", "label", "class", "type", "tags", "common_name", "species_code")
"""Names of the column of labels, the preferred one first, as `plain` writes them."""

HEAD_BYTES = 65536
LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
"""A line with its end, as `csv` wants it; a text stream would hold four bytes for each character."""


def read_text(path: Path, n_bytes: int = -1) -> str:
    """Read a text file, or its first `n_bytes`, in UTF-8, UTF-16 with a byte order mark, or Latin-1."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(n_bytes)
    except OSError as error:
        raise UnreadableTableError(path, f"cannot be read: {error.strerror}") from error
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    raw = raw.removeprefix(codecs.BOM_UTF8)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def lines_of(text: str) -> list[str]:
    """Split a text at line ends; `str.splitlines` also splits at characters that labels in Latin-1 may contain."""
    return re.split(r"\r\n|\r|\n", text)


def first_line(path: Path) -> str:
    """Return the first line that is not blank; "" if there is none."""
    return next((line for line in lines_of(read_text(path, HEAD_BYTES)) if line.strip()), "")


def plain(name: str) -> str:
    """Write a column's name in lower case with underscores: "Begin Time (s)" is `begin_time_s`."""
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


@dataclass(frozen=True)
class Sheet:
    """The header and the rows of a table. Each row has its number, from 1, and as many cells as the header."""

    source: Path
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    problems: tuple[Problem, ...]

    def column(self, *names: str) -> int | None:
        """Return the index of the first of `names`, as `plain` writes them, that is a column; None if none is."""
        header = [plain(name) for name in self.header]
        return next((header.index(name) for name in names if name in header), None)

    def required(self, *names: str) -> int:
        """Return the index of the first of `names` that is a column; otherwise raise `UnreadableTableError`."""
        column = self.column(*names)
        if column is None:
            others = f" (or {', '.join(names[1:])})" if names[1:] else ""
            raise UnreadableTableError(self.source, f"no column {names[0]}{others}; {self._columns()}")
        return column

    def label_column(self, options: ReadOptions, *first: str) -> int | None:
        """Return the index of the column of labels: the requested one, or the first known one."""
        if options.label_column is None:
            return self.column(*first, *LABEL_COLUMNS)
        if options.label_column in self.header:
            return self.header.index(options.label_column)
        column = self.column(plain(options.label_column))
        if column is None and self.rows:
            raise AnnotationError(f"{self.source}: no column {options.label_column!r}; {self._columns()}")
        return column

    def _columns(self) -> str:
        return "it has " + ", ".join(name for name in self.header if name)


def cell(cells: Sequence[str], column: int | None) -> str:
    """Return the text of a cell; "" if the table has no such column."""
    return "" if column is None else cells[column]


def read_sheet(path: Path, delimiter: str, *, quoted: bool) -> Sheet:
    """Read a table; its header is the first line that is not blank.

    Parameters
    ----------
    path : Path
        The table.
    delimiter : str
        The character between cells.
    quoted : bool
        Whether double quotes enclose cells, as in CSV. In tables of Raven they are ordinary characters.
    """
    filled = _filled_lines(path, delimiter, quoted=quoted)
    header = tuple(next(filled, ()))
    if not header:
        raise UnreadableTableError(path, "is empty: it has no header")
    rows: list[tuple[int, tuple[str, ...]]] = []
    problems: list[Problem] = []
    above = header
    for row, line in enumerate(filled, start=1):
        if any(line[len(header) :]):
            problems.append(Problem(path, row, f"it has {len(line)} cells under {len(header)} columns"))
            continue
        cells = [*line, *[""] * (len(header) - len(line))]
        above = tuple(old if old == new else new for old, new in zip(above, cells))  # equal cells share one text
        rows.append((row, above))
    return Sheet(path, header, tuple(rows), tuple(problems))


def _filled_lines(path: Path, delimiter: str, *, quoted: bool) -> Iterator[list[str]]:
    """Yield the cells of each line that is not blank; nobody holds all lines."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    lines = (line[0] for line in LINE.finditer(read_text(path)))
    reader = csv.reader(lines, delimiter=delimiter, quoting=quoting, strict=True)
    try:
        for line in reader:
            cells = list(map(str.strip, line))
            if any(cells):
                yield cells
    except csv.Error as error:
        raise UnreadableTableError(path, f"line {reader.line_num} cannot be read: {error}") from error
