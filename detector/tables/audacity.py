r"""Audacity label files: lines `start TAB end TAB label`, with an optional line `\ TAB low TAB high` for the band."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from detector.errors import OutputError
from detector.tables.detection import Detection
from detector.tables.rows import Row, table_of
from detector.tables.sheet import lines_of, read_text
from detector.tables.sink import Sink
from detector.tables.tab_rows import TabRows, broken
from detector.tables.table import Problem, ReadOptions, Table
from detector.tables.writer import Decimals, WriteOptions, Writer

NUMBER = r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?"
LABEL_LINE = re.compile(rf"{NUMBER}\t{NUMBER}(?:\t.*)?")
UNKNOWN_HZ = "-1"
"""Audacity writes this for an edge of a band that is not set."""


def recognise(_path: Path, line: str) -> bool:
    """Return whether a file is a label file: its first line has two numbers and perhaps a label, separated by tabs."""
    return LABEL_LINE.fullmatch(line.strip()) is not None


def read(path: Path, options: ReadOptions) -> Table:
    """Read a label file; an empty file stands for a recording without labels."""
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
            problems.append(
                Problem(path, number, f"{line.strip()!r} is not a start, an end and a label, separated by tabs")
            )
        else:
            rows.append(Row(number, cells[0], cells[1], label=" ".join(cells[2:])))
    return table_of(path, rows, options, problems=problems)


def _hz(cells: list[str], column: int) -> str:
    """Return one edge of a band; "" if it is missing or not set."""
    text = cells[column] if column < len(cells) else ""
    return "" if text.startswith("-") else text


class AudacityWriter(Writer):
    """Write the label file of one recording, which has no channel, score, absolute time or extra columns.

    Raises
    ------
    OutputError
        If the options have extra columns.
    """

    DECIMALS = Decimals(seconds=6, hertz=6, score=6)
    """Those of Audacity."""

    def __init__(self, sink: Sink[str], options: WriteOptions | None = None) -> None:
        super().__init__(sink, options)
        if self._columns:
            raise OutputError(f"an Audacity label file cannot hold the column {self._columns[0]!r}")
        self._rows = TabRows(sink)
        self._recording: str | None = None

    def lost(self, detection: Detection) -> Iterable[str]:
        """Name the fields that a label has no place for; the file's name stands for the recording."""
        held = (detection.channel, detection.event.score, detection.start_time)
        return [name for name, value in zip(("channel", "score", "start_time"), held) if value not in ("", None)]

    def refusal(self, detection: Detection) -> str:
        """Refuse a label that would break its line."""
        return broken(detection.event.label)

    def _write(self, detections: Iterable[Detection]) -> None:
        for detection in detections:
            self._check_recording(detection.recording)
            event = detection.event
            self._rows.add((*self._decimals.span(event), event.label))
            if event.low_hz is not None or event.high_hz is not None:
                band = (self._decimals.frequency(hertz, UNKNOWN_HZ) for hertz in (event.low_hz, event.high_hz))
                self._rows.add(("\\", *band))

    def _check_recording(self, recording: str) -> None:
        if self._recording is None:
            self._recording = recording
        if recording != self._recording:
            raise OutputError(f"an Audacity label file holds one recording, not {self._recording} and {recording}")
