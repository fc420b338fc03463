"""Convert tables of any format into one of another format, or into a folder of tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TextIO

from detector.errors import AnnotationError
from detector.tables.destination import Destination
from detector.tables.detection import Detection
from detector.tables.effort import Effort, read_effort
from detector.tables.formats import read_tables
from detector.tables.instants import after, named_start
from detector.tables.match import table_stems
from detector.tables.origin import Searched
from detector.tables.table import Annotation, Problem, ReadOptions, Table
from detector.tables.tally import Tally
from detector.tables.writer import WriteOptions
from detector.tables.writing import by_recording


@dataclass(frozen=True)
class ConvertRequest:
    """What to convert.

    Attributes
    ----------
    tables : sequence of Path
        Tables, and folders of tables.
    destination : Destination
        Where the rows go, and in which format.
    read : ReadOptions
        How to read.
    effort : Path or None
        The effort table of the scan, for formats that say what was searched.
    force : bool
        Whether existing outputs may be replaced.
    """

    tables: Sequence[Path]
    destination: Destination
    read: ReadOptions = field(default_factory=ReadOptions)
    effort: Path | None = None
    force: bool = False


@dataclass(frozen=True)
class Converted:
    """What became of the rows.

    Attributes
    ----------
    tables : tuple of Table
        What was read.
    problems : tuple of Problem
        Files, rows and cells that could not be read.
    tally : Tally
        What the new format could not hold.
    """

    tables: tuple[Table, ...]
    problems: tuple[Problem, ...]
    tally: Tally

    @property
    def is_complete(self) -> bool:
        """Return whether all rows are in the new table."""
        return not self.tally.n_left_out and all(problem.kept for problem in self.problems)


def convert(request: ConvertRequest, stream: TextIO) -> Converted:
    """Convert tables; numbers keep all their decimals.

    A row without an absolute time gets it from the name of its recording, if that states the time with its zone.

    Parameters
    ----------
    request : ConvertRequest
        What to convert.
    stream : TextIO
        Gets the table if no file is named.

    Raises
    ------
    AnnotationError
        If a table cannot be read, or if no row can be written; then no file appears.
    OutputError
        If the output cannot be written.
    """
    request.destination.check(force=request.force)
    efforts = [] if request.effort is None else read_effort(request.effort)
    tables, faults = read_tables(request.tables, request.read)
    problems = (*faults, *chain.from_iterable(table.problems for table in tables))
    rows = [detection_of(row) for table in tables for row in table.annotations]
    with request.destination.opened(stream, WriteOptions(exact=True, leave_out=True), force=request.force) as table:
        for of_recording, searched in _in_order(rows, efforts, apart=request.destination.is_folder):
            table.add(of_recording)
            if searched is not None:
                table.cover(searched)
        lost = [*table.tally.left_out, *(problem.reason for problem in problems if problem.row and not problem.kept)]
        if lost and not table.tally.n_written:
            name = request.destination.format
            raise AnnotationError(f"{request.tables[0]}: no row can be written as {name}: {lost[0]}")
    return Converted(tuple(tables), problems, table.tally)


def _in_order(
    rows: Sequence[Detection], efforts: Sequence[Effort], *, apart: bool
) -> Iterator[tuple[Sequence[Detection], Searched | None]]:
    """Yield the rows in lots: those of each recording of the effort table in its order, then the others.

    The others come in their own order, or with `apart` recording by recording.
    """
    if not efforts and not apart:
        yield rows, None
        return
    rows_of = by_recording(rows)
    searched = {effort.recording.name: effort.searched() for effort in reversed(efforts) if effort.status != "failed"}
    for recording in reversed(searched):
        yield rows_of.pop(recording, []), searched[recording]
    yield from ((of_recording, None) for of_recording in rows_of.values())


def detection_of(row: Annotation) -> Detection:
    """Return a row of a table as a detection; without a name in the row, the table's own name is the recording's.

    Where the row has no absolute time, it comes from the name of the recording, if that states it with its zone.
    """
    recording = row.audio_name or table_stems(row.source)[-1]
    start = None if row.start_time else named_start(recording)
    start_time = (
        row.start_time
        if start is None
        else after(start, round(row.event.start_s, 3)).isoformat(timespec="milliseconds")
    )
    return Detection(recording, row.channel or "", row.event, start_time)
