"""The result of scanning a recording."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from detector.chronology import Chronology
from detector.errors import Fault
from detector.events import Event
from detector.place import Identity, Place
from detector.tables.effort import Effort


@dataclass(frozen=True)
class Scanned:
    """The result of scanning a recording.

    Attributes
    ----------
    recording : Place
        The file.
    chronology : Chronology or None
        Its absolute time; None if unknown.
    effort : tuple of Effort
        One for each channel.
    detections : tuple of (str, Event)
        Channel and event, in order of time; empty for scores alone.
    remarks : tuple of str
        Lines to show to the user at once.
    heard_s : float
        Length of the sound that was scored, in whole samples at the model's rate, s.
    bug : Exception or None
        The error of the program itself, if the recording failed through one.
    identity : Identity or None
        The state of the file when it was planned; None if it could not be planned, or failed.
    offset_s, until_s : float
        In a series, the times at which this recording and the next one begin, s. Events that begin between them belong
        to this recording. By itself, a recording has all of them.
    """

    recording: Place
    chronology: Chronology | None
    effort: tuple[Effort, ...]
    detections: tuple[tuple[str, Event], ...] = ()
    remarks: tuple[str, ...] = ()
    heard_s: float = 0.0
    bug: Exception | None = None
    identity: Identity | None = None
    offset_s: float = 0.0
    until_s: float = inf

    @property
    def failed(self) -> bool:
        """Return whether the recording was not analysed."""
        return any(row.status == "failed" for row in self.effort)

    @property
    def scanned_s(self) -> float:
        """Return the length that was scanned, s."""
        return max(row.scanned_s for row in self.effort)


def failed(recording: Place, chronology: Chronology | None, why: Fault) -> Scanned:
    """Return the result of a recording that was not analysed."""
    effort = Effort(recording, "", "failed", chronology=chronology, detail=why.reason)
    return Scanned(recording, chronology, (effort,), remarks=(why.reason,), bug=why.bug)
