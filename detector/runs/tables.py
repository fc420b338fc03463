"""Write the tables of a run from the results that it keeps."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from detector.errors import ConfigurationError
from detector.outputs import own_file, written
from detector.place import Place
from detector.runs.folder import DETECTIONS_FILE, EFFORT_FILE, Run
from detector.runs.journal import Record
from detector.runs.records import Finished, detections_of
from detector.runs.store import DamagedError, Store
from detector.scanning.outcome import Scanned
from detector.scanning.results import Results
from detector.scanning.summary import Summary
from detector.tables.csv_table import CsvWriter
from detector.tables.effort import Effort, EffortWriter
from detector.tables.sink import Sink

TABLES_KEY = "tables"  # the key of the record of the tables


def whole_result(result: Finished, store: Store) -> Scanned:
    """Return a result with its detections, as the scan gave it.

    Raises
    ------
    DamagedError
        If the stored detections are damaged.
    """
    if result.detections is None:
        return result.scanned
    return replace(result.scanned, detections=detections_of(store.read(result.detections)))


def run_tables(folder: Path) -> tuple[Path, Path]:
    """Return the tables of detections and effort of a finished run.

    Raises
    ------
    ConfigurationError
        If the run is not finished, or the folder is not a run.
    """
    with Run(folder) as run:
        if not _are_written(run):
            raise ConfigurationError(
                f"{folder}: this run is not finished; go on with its scan, or write tables of what is done with "
                "detector detect"
            )
    return folder / DETECTIONS_FILE, folder / EFFORT_FILE


def run_effort(folder: Path) -> list[Effort]:
    """Return the rows of effort of a run. Unlike its table, they have the pauses within recordings."""
    run = Run(folder)
    results = [run.result(recording) for recording in run.own_recordings]
    return [row for result in results if result is not None for row in result.scanned.effort]


def write_tables(run: Run) -> list[Place]:
    """Write the tables of detections and effort into the folder of a run, unless they are there.

    Folders that could not be searched come first, as in a scan.

    Returns
    -------
    list of Place
        Recordings whose stored detections are damaged. If there are any, nothing was written.

    Raises
    ------
    OutputError
        If the tables cannot be written.
    """
    if _are_written(run):
        return []
    damaged = list(_damaged(run))
    if damaged:
        return damaged
    with (
        _opened(run.folder / DETECTIONS_FILE) as detections,
        _opened(run.folder / EFFORT_FILE) as effort,
        CsvWriter(detections) as table,
    ):
        results = Results(table, None, EffortWriter(effort))
        for folder in run.unsearched:
            results.add(folder)
        for recording in run.own_recordings:
            result = run.result(recording)
            if result is not None:
                results.add(whole_result(result, run.store))
    run.store.append(_state(run))
    return []


@contextmanager
def _opened(path: Path) -> Iterator[Sink[str]]:
    """Open a table of a run. The file has its name only when it is complete."""
    with (
        written(path),
        own_file(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream,
    ):
        yield Sink(stream, path)


def summary_of(run: Run, summary: Summary | None = None) -> Summary:
    """Count what a run holds; add it to `summary` if one is given."""
    summary = summary or Summary()
    for folder in run.unsearched:
        summary.add(folder)
    for recording in run.own_recordings:
        result = run.result(recording)
        if result is not None:
            summary.add(result.scanned)
            summary.detections += result.n_detections
    return summary


def _damaged(run: Run) -> Iterator[Place]:
    """Yield the recordings whose stored detections are damaged."""
    for recording in run.own_recordings:
        try:
            result = run.result(recording)
            if result is not None and result.detections is not None:
                detections_of(run.store.read(result.detections))
        except DamagedError:
            yield recording


def _are_written(run: Run) -> bool:
    """Return whether the tables are as they were written, and neither a result nor the list was changed since."""
    last = run.store.records[-1] if run.store.records else {}
    try:
        return TABLES_KEY in last and last == _state(run)
    except OSError:
        return False


def _state(run: Run) -> Record:
    """Return the record of the tables that are there: their list of recordings, their sizes and checksums."""
    tables = {name: _checksum(run.folder / name) for name in (DETECTIONS_FILE, EFFORT_FILE)}
    return {TABLES_KEY: tables, "of": run.listing.digest}


def _checksum(path: Path) -> list[int]:
    """Return size and checksum of a file."""
    checksum = 0
    size = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
            size += len(block)
    return [size, checksum]
