"""Detections as named values, and named values as the cells of a sheet: for JSON lines and Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from detector.tables.csv_table import cells_of
from detector.tables.detection import Detection
from detector.tables.sheet import Sheet
from detector.tables.table import Problem
from detector.tables.writer import Decimals

NUMBERS = ("start_s", "end_s", "low_hz", "high_hz", "score")
"""The columns of numbers; the others hold text."""


def values_of(detection: Detection, decimals: Decimals) -> dict[str, str | float | None]:
    """Return the values of a detection by the names of the CSV columns; None stands for an empty cell."""
    cells = cells_of(detection, decimals)._asdict()
    return {name: (float(text) if name in NUMBERS else text) if text else None for name, text in cells.items()}


def sheet_of(source: Path, rows: Iterable[tuple[int, dict[str, Any]]], problems: Sequence[Problem] = ()) -> Sheet:
    """Make a sheet of rows with numbers and named values; its columns are in the order of their first appearance."""
    numbered = list(rows)
    header = tuple(dict.fromkeys(name for _, row in numbered for name in row))
    cells = tuple((number, tuple(_text(row.get(name)) for name in header)) for number, row in numbered)
    return Sheet(source, header, cells, tuple(problems))


def _text(value: Any) -> str:
    """Write a value as the text of a cell."""
    match value:
        case None:
            return ""
        case str():
            return value
        case int() | float():
            return repr(value)
        case _:
            return json.dumps(value, default=str)
