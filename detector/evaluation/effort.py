"""What was scanned: the table that `detector scan --effort` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.annotations.csv_table import DELIMITERS
from detector.annotations.rows import number
from detector.annotations.sheet import first_line, read_sheet
from detector.errors import AnnotationError


@dataclass(frozen=True)
class Scan:
    """One channel of a recording, and how much of it was scanned, s.

    `audio` is what its file is called, where that is not `recording`; "" where nothing tells.
    """

    recording: Path
    channel: str
    scanned_s: float
    audio: str | None = None


def read_effort(path: Path) -> list[Scan]:
    """Read the rows of an effort table, those of which nothing was scanned included.

    Raises
    ------
    AnnotationError
        Where it is no such table, or tells of a channel twice.
    """
    sheet = read_sheet(path, max(DELIMITERS, key=first_line(path).count), quoted=True)
    columns = [sheet.required(name) for name in ("recording", "channel", "scanned_s")]
    if sheet.problems:
        raise AnnotationError(str(sheet.problems[0]))
    scans: dict[tuple[Path, str], Scan] = {}
    for row, cells in sheet.rows:
        scan = _scan(f"{path}, row {row}", *(cells[column] for column in columns))
        if scans.setdefault((scan.recording, scan.channel), scan) is not scan:
            raise AnnotationError(f"{path}, row {row}: {scan.recording}, channel {scan.channel!r}, is there twice")
    return list(scans.values())


def _scan(where: str, recording: str, channel: str, scanned_s: str) -> Scan:
    if not recording:
        raise AnnotationError(f"{where}: names no recording")
    try:
        seconds = number("scanned_s", scanned_s)
    except ValueError:
        seconds = -1.0
    if seconds < 0:
        raise AnnotationError(f"{where}: scanned_s {scanned_s!r}: must be a number from 0")
    return Scan(Path(recording), channel, seconds)
