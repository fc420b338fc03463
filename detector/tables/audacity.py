r"""Audacity label files: `start TAB end TAB label`, perhaps followed by a line of the band, `\ TAB low TAB high`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from detector.errors import OutputError
from detector.events import Event
from detector.tables.rows import Row, table_of
from detector.tables.sheet import lines_of, read_text, single_line
from detector.tables.table import Located, Problem, ReadOptions, Table

NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
LABEL_LINE = re.compile(rf"{NUMBER}\t{NUMBER}(?:\t.*)?")
UNKNOWN_HZ = "-1"
"""What Audacity writes for the side of a band that is open."""


def recognise(_path: Path, line: str) -> bool:
    """Tell a label file by its first line: two numbers, perhaps a label, between tabs."""
    return LABEL_LINE.fullmatch(line.strip()) is not None


def read(path: Path, options: ReadOptions) -> Table:
    """Read a label file; an empty one is a recording without labels."""
    rows: list[Row] = []
    problems: list[Problem] = []
    number = 0
    for line in lines_of(read_text(path)):
        cells = [text.strip() for text in line.split("\t")]
        if not any(cells):
            continue
        if cells[0] == "\\":
            if rows and rows[-1].number == number:
                rows[-1] = rows[-1]._replace(low=_hz(cells, 1), high=_hz(cells, 2))
            continue
        number += 1
        if len(cells) < 2:
            problems.append(Problem(path, number, f"{line.strip()!r} is not a start, an end and a label between tabs"))
        else:
            rows.append(Row(number, cells[0], cells[1], label=" ".join(cells[2:])))
    return table_of(path, rows, options, problems=problems)


def _hz(cells: list[str], column: int) -> str:
    """Give one side of a band; "" where it is missing or open."""
    text = cells[column] if column < len(cells) else ""
    return "" if text.startswith("-") else text


def write(events: Iterable[Located], stream: TextIO) -> None:
    """Write the label file of one recording; channel and score have no place in it."""
    first: str | None = None
    for recording, _channel, event in events:
        first = recording if first is None else first
        if recording != first:
            raise OutputError(f"an Audacity label file holds one recording, not {first} and {recording}")
        stream.write(f"{event.start_s:.6f}\t{event.end_s:.6f}\t{single_line(event.label)}\n{_band(event)}")


def _band(event: Event) -> str:
    if event.low_hz is None and event.high_hz is None:
        return ""
    low, high = (UNKNOWN_HZ if hz is None else f"{hz:.6f}" for hz in (event.low_hz, event.high_hz))
    return f"\\\t{low}\t{high}\n"
