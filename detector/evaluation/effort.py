"""What was scanned: the effort table that `detector scan` writes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.audio.status import STATUSES
from detector.errors import AnnotationError
from detector.tables.csv_table import DELIMITERS
from detector.tables.rows import number
from detector.tables.sheet import cell, first_line, read_sheet

WITH_HOLES = "damaged"
"""The status of a recording of which stretches in its midst may not have been scanned."""


@dataclass(frozen=True)
class Scan:
    """One channel of a recording, and how much of it was scanned.

    Attributes
    ----------
    recording : Path
        The file.
    channel : str
        As `detector scan` writes it.
    scanned_s : float
        How many seconds of it were scanned.
    audio : str or None
        What its file is called, where that is not `recording`; "" where nothing tells.
    last_s : float or None
        Where the scan ended, s, if holes lie before that; None where it ended at `scanned_s`.
    """

    recording: Path
    channel: str
    scanned_s: float
    audio: str | None = None
    last_s: float | None = None

    @property
    def end_s(self) -> float:
        """Give the time up to which the recording was scanned, s: what lies after it was not looked at."""
        return self.scanned_s if self.last_s is None else self.last_s


LONGEST_S = 1e8
"""No recording is longer than three years."""


def read_effort(path: Path) -> list[Scan]:
    """Read the rows of an effort table, those of which nothing was scanned included.

    A table made by hand may lack the columns `status` and `seconds`.

    Raises
    ------
    AnnotationError
        Where it is no such table, has a status that no scan writes, or tells of a channel twice.
    """
    sheet = read_sheet(path, max(DELIMITERS, key=first_line(path).count), quoted=True)
    columns = [sheet.required(name) for name in ("recording", "channel", "scanned_s")]
    status, seconds = sheet.column("status"), sheet.column("seconds")
    if sheet.problems:
        raise AnnotationError(str(sheet.problems[0]))
    scans: dict[tuple[Path, str], Scan] = {}
    for row, cells in sheet.rows:
        where = f"{path}, row {row}"
        if status is not None and cells[status] not in STATUSES:
            raise AnnotationError(f"{where}: status {cells[status]!r}: must be one of {', '.join(STATUSES)}")
        length = cell(cells, seconds) if cell(cells, status) == WITH_HOLES else ""
        recording, channel, scanned_s = (cells[column] for column in columns)
        scan = _scan(where, recording, channel, scanned_s, length)
        if scans.setdefault((scan.recording, scan.channel), scan) is not scan:
            raise AnnotationError(f"{where}: {scan.recording}, channel {scan.channel!r}, is there twice")
    return list(scans.values())


def _scan(where: str, recording: str, channel: str, scanned_s: str, length_s: str) -> Scan:
    if not recording:
        raise AnnotationError(f"{where}: names no recording")
    scanned = _seconds(where, "scanned_s", scanned_s)
    last = _seconds(where, "seconds", length_s) if length_s else scanned
    return Scan(Path(recording), channel, scanned, last_s=last if last > scanned > 0 else None)


def _seconds(where: str, column: str, text: str) -> float:
    try:
        seconds = number(column, text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_S:
        raise AnnotationError(f"{where}: {column} {text!r}: must be a number from 0 to {LONGEST_S:.0f}")
    return seconds
