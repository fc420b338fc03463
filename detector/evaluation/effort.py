"""The part of a recording that was scanned, for an evaluation."""

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
        Its name, as the effort table has it.
    scanned_s : float
        Seconds of it that were scanned.
    audio : str or None
        Name of the file, if `recording` is not a file; "" if unknown.
    last_s : float or None
        Time at which the scan ended, s, if holes lie before it. None if the scan ended at `scanned_s`.
    """

    recording: Path
    channel: str
    scanned_s: float
    audio: str | None = None
    last_s: float | None = None

    @property
    def end_s(self) -> float:
        """Return the time up to which the recording was scanned, s. Events after it do not count."""
        return self.scanned_s if self.last_s is None else self.last_s


def scan_of(effort: Effort) -> Scan:
    """Read a scan from a row of an effort table.

    The scan of a damaged recording may have holes, so it counts as scanned up to its end.
    """
    length_s = effort.seconds if effort.status == "damaged" else None
    has_holes = length_s is not None and length_s > effort.scanned_s > 0
    return Scan(Path(effort.recording.name), effort.channel, effort.scanned_s, last_s=length_s if has_holes else None)
