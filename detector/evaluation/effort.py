"""What was scanned: the table that `detector scan --effort` writes."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from detector.annotations.sheet import read_text
from detector.errors import AnnotationError

COLUMNS = ("recording", "channel", "scanned_s")


@dataclass(frozen=True)
class Scan:
    """One channel of a recording, and how much of it was scanned, s."""

    recording: Path
    channel: str
    scanned_s: float


def read_effort(path: Path) -> list[Scan]:
    """Read the rows of an effort table, those of which nothing was scanned included.

    Raises
    ------
    AnnotationError
        Where it is no such table.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise AnnotationError(f"{path}: is no effort table: it has no column {missing[0]}")
    return [_scan(path, number, row) for number, row in enumerate(reader, start=1)]


def _scan(path: Path, number: int, row: dict[str, str]) -> Scan:
    try:
        scanned_s = float(row["scanned_s"])
    except (TypeError, ValueError):
        scanned_s = -1.0
    if not 0 <= scanned_s < float("inf"):
        raise AnnotationError(f"{path}, row {number}: scanned_s {row['scanned_s']!r}: must be a number from 0")
    return Scan(Path(row["recording"]), row["channel"], scanned_s)
