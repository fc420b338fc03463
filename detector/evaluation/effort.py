"""What was scanned of a recording, as an evaluation needs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.tables.effort import Effort


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


def scan_of(effort: Effort) -> Scan:
    """Take what counts out of a row of an effort table.

    Stretches in the midst of a damaged recording may not have been scanned, so its scan reaches to its end.
    """
    length_s = effort.seconds if effort.status == "damaged" else None
    has_holes = length_s is not None and length_s > effort.scanned_s > 0
    return Scan(Path(effort.recording.name), effort.channel, effort.scanned_s, last_s=length_s if has_holes else None)
