"""Compare ways to store the results of a run, and scores in float16 with scores in float32.

    python experiments/run_storage.py storage --records 5000 --kilobytes 12
    python experiments/run_storage.py float16 RUN

storage: the time to append records of the same size in four ways: two files as runs have them, SQLite with a
write-ahead log, SQLite with its rollback journal, and a file for each record. Nothing is flushed to disk in between.

float16: how many detections of a run have another time (3 decimals) or score (4 decimals) if scores are stored in
float16, and how much smaller its data are.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from detector.runs.folder import Run
from detector.runs.scored import grid_of, threshold_of
from detector.runs.scores import stored_blocks
from detector.runs.store import Store
from detector.scanning.events import EventRules
from detector.scanning.finding import Finding


def main() -> None:
    """Run one of the comparisons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    storage = commands.add_parser("storage")
    storage.add_argument("--records", type=int, default=5000)
    storage.add_argument("--kilobytes", type=int, default=12)
    storage.add_argument("--folder", type=Path, help="where to write, to compare file systems")
    float16 = commands.add_parser("float16")
    float16.add_argument("run", type=Path)
    given = parser.parse_args()
    if given.command == "storage":
        compare_storage(given.records, given.kilobytes * 1000, given.folder)
    else:
        compare_float16(given.run)


def compare_storage(n_records: int, size: int, parent: Path | None) -> None:
    """Time each way of storing."""
    data = os.urandom(size)
    for write in (two_files, sqlite_wal, sqlite_rollback, file_each):
        with TemporaryDirectory(dir=parent) as folder:
            start = time.monotonic()
            write(Path(folder), n_records, data)
            print(f"{write.__name__.replace('_', ' '):16} {time.monotonic() - start:6.2f} s")


def two_files(folder: Path, n_records: int, data: bytes) -> None:
    """Append as runs do."""
    with Store(folder, "results") as store:
        for n in range(n_records):
            store.append({"recording": f"{n:06d}.wav", "effort": [["mix", "ok", 600.0, 600.0, ""]]}, data)


def sqlite_wal(folder: Path, n_records: int, data: bytes) -> None:
    """Insert rows with a write-ahead log, each in a transaction of its own."""
    _sqlite(folder, n_records, data, "PRAGMA journal_mode=WAL")


def sqlite_rollback(folder: Path, n_records: int, data: bytes) -> None:
    """Insert rows with a rollback journal, which network file systems need."""
    _sqlite(folder, n_records, data, "PRAGMA journal_mode=DELETE")


def _sqlite(folder: Path, n_records: int, data: bytes, mode: str) -> None:
    connection = sqlite3.connect(folder / "run.db", isolation_level=None)
    connection.execute(mode)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("CREATE TABLE result (name TEXT PRIMARY KEY, data BLOB)")
    for n in range(n_records):
        connection.execute("INSERT INTO result VALUES (?, ?)", (f"{n:06d}.wav", data))
    connection.close()


def file_each(folder: Path, n_records: int, data: bytes) -> None:
    """Write a file for each record, and rename it."""
    for n in range(n_records):
        (folder / "new").write_bytes(data)
        (folder / "new").rename(folder / f"{n:06d}")


def compare_float16(folder: Path) -> None:
    """Count the detections that change if scores are rounded to float16."""
    with Run(folder) as run:
        grid = grid_of(run)
        operating = run.operating
        for threshold in (threshold_of(run), 0.1, 0.5, 0.9):
            points = operating.at(threshold)
            event_rules = EventRules(run.recipe, grid, points)
            exact = rows_of(run, event_rules, np.float32)
            rounded = rows_of(run, event_rules, np.float16)
            n_changed = len(exact.symmetric_difference(rounded))
            print(f"threshold {points[0].threshold:.3g}: {len(exact)} rows, {n_changed} rows in one table only")
        print(f"{run.store.n_bytes / 1e6:.1f} MB in float32")


def rows_of(run: Run, event_rules: EventRules, kind: Callable[[np.ndarray], np.ndarray]) -> set[tuple[object, ...]]:
    """Find events in the stored scores, rounded to `kind`; return them as tables show them."""
    rows: set[tuple[object, ...]] = set()
    for recording in run.own_recordings:
        result = run.result(recording)
        if result is None or result.scanned.failed:
            continue
        finding = Finding(event_rules)
        for block in stored_blocks(result, run.store, event_rules.grid, len(event_rules.operating)):
            finding(replace(block, scores={name: np.float64(kind(rows)) for name, rows in block.scores.items()}))
        for channel, event in finding.finish(result.scanned).detections:
            times = round(event.start_s, 3), round(event.end_s, 3)
            rows.add((recording.name, channel, event.label, *times, round(event.score or 0.0, 4)))
    return rows


if __name__ == "__main__":
    main()
