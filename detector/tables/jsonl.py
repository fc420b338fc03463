"""JSON lines: one object for each detection, with the names of the columns of the CSV table as keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from detector.tables.columns import sheet_of, values_of
from detector.tables.csv_table import DECIMALS, table_from
from detector.tables.detection import Detection
from detector.tables.rows import table_of
from detector.tables.sheet import lines_of, read_text
from detector.tables.table import Problem, ReadOptions, Table
from detector.tables.writer import Writer
from detector.terminal import visible
from detector.texts import parse_json

SURROGATE = re.compile("[\ud800-\udfff]")
"""A byte that is not text, in a file name: JSON can only hold it as an escape."""


SUFFIXES = (".jsonl", ".ndjson")


def recognise(path: Path, line: str) -> bool:
    """Return whether a file holds JSON lines, by its first line; of a file without lines, by its name."""
    return line.lstrip().startswith("{") or (not line and path.name.casefold().endswith(SUFFIXES))


def read(path: Path, options: ReadOptions) -> Table:
    """Read JSON lines; other programs' names of keys are known as those of CSV columns are."""
    objects: list[tuple[int, dict[str, Any]]] = []
    problems: list[Problem] = []
    number = 0
    for line in lines_of(read_text(path)):
        if not line.strip():
            continue
        number += 1
        try:
            objects.append((number, _object(line)))
        except ValueError as error:
            problems.append(Problem(path, number, f"it is not a JSON object: {error}"))
    if not objects:  # without an object there are no columns
        return table_of(path, (), options, names_audio=True, problems=problems)
    return table_from(sheet_of(path, objects, problems), options)


def _object(line: str) -> dict[str, Any]:
    """Read one line; raise `ValueError` if it is not an object."""
    value = parse_json(line)
    if not isinstance(value, dict):
        raise ValueError(f"it is {type(value).__name__}")  # noqa: TRY004 (a value of the file, not an argument)
    return value


class JsonLinesWriter(Writer):
    """Write one object for each detection; what is unknown is null."""

    DECIMALS = DECIMALS

    def _write(self, detections: Iterable[Detection]) -> None:
        for detection in detections:
            values = values_of(detection, self._decimals) | dict(zip(self._columns, self._extra(detection)))
            text = json.dumps(values, ensure_ascii=False)
            if SURROGATE.search(text):
                text = json.dumps(values)
            self._sink.write((visible(text) if self._sink.on_terminal else text) + "\n")
