"""What came out of a recording that was scanned."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.audio.metadata import StartTime
from detector.errors import Fault
from detector.events import Event
from detector.tables.effort import Effort


@dataclass(frozen=True)
class Scanned:
    """What came out of a recording.

    Attributes
    ----------
    recording : Path
        The file.
    start : StartTime or None
        When it began.
    effort : tuple of Effort
        One a channel.
    detections : tuple of (str, Event)
        Channel and event, in order of time; none before an `EventFinder` has added them.
    remarks : tuple of str
        What a person should hear of at once.
    heard_s : float
        Its length as the model heard it, in whole samples at the model's rate, s.
    bug : Exception or None
        What the program did not expect, where that is why it failed.
    """

    recording: Path
    start: StartTime | None
    effort: tuple[Effort, ...]
    detections: tuple[tuple[str, Event], ...] = ()
    remarks: tuple[str, ...] = ()
    heard_s: float = 0.0
    bug: Exception | None = None

    @property
    def failed(self) -> bool:
        """Say whether the recording was not analysed."""
        return any(row.status == "failed" for row in self.effort)

    @property
    def scanned_s(self) -> float:
        """Give the length that was scanned, s."""
        return max(row.scanned_s for row in self.effort)


def failed(recording: Path, start: StartTime | None, why: Fault) -> Scanned:
    """Describe a recording that was not analysed."""
    effort = Effort(recording, "", "failed", start=start, detail=why.reason)
    return Scanned(recording, start, (effort,), remarks=(why.reason,), bug=why.bug)
