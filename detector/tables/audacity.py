r"""Audacity label files: `start TAB end TAB label`, perhaps followed by a line of the band, `\ TAB low TAB high`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from detector.errors import OutputError
from detector.tables.detection import Detection
from detector.tables.rows import Row, table_of
from detector.tables.sheet import lines_of, read_text
from detector.tables.sink import Sink
from detector.tables.tab_rows import TabRows
from detector.tables.table import Problem, ReadOptions, Table
from detector.tables.writer import Decimals, WriteOptions, Writer

NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
LABEL_LINE = re.compile(rf"{NUMBER}\t{NUMBER}(?:\t.*)?")
UNKNOWN_HZ = "-1"
"""What Audacity writes for the side of a band that is open."""


def recognise(_path: Path, line: str) -> bool:
    """Return whether a file is a label file, by its first line: two numbers, perhaps a label, between tabs."""
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
    """Return one side of a band; "" where it is missing or open."""
    text = cells[column] if column < len(cells) else ""
    return "" if text.startswith("-") else text


class AudacityWriter(Writer):
    """Writes the label file of one recording, which has no place for channel, score, absolute time and extra columns.

    Raises
    ------
    OutputError
        If extra columns are asked for.
    """

    DECIMALS = Decimals(seconds=6, hertz=6, score=6)
    """As Audacity writes them."""

    def __init__(self, sink: Sink[str], options: WriteOptions | None = None) -> None:
        super().__init__(sink, options)
        if self._columns:
            raise OutputError(f"an Audacity label file has no place for the column {self._columns[0]!r}")
        self._rows = TabRows(sink)
        self._recording: str | None = None

    def add(self, detections: Iterable[Detection]) -> None:
        """Write labels; an `OutputError` where they are of a second recording."""
        for detection in detections:
            self._check(detection.recording)
            event = detection.event
            self._rows.add((*self._decimals.span(event), event.label))
            if event.low_hz is not None or event.high_hz is not None:
                band = (self._decimals.frequency(hertz, UNKNOWN_HZ) for hertz in (event.low_hz, event.high_hz))
                self._rows.add(("\\", *band))

    def _check(self, recording: str) -> None:
        if self._recording is None:
            self._recording = recording
        if recording != self._recording:
            raise OutputError(f"an Audacity label file holds one recording, not {self._recording} and {recording}")
