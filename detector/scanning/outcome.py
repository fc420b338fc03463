"""The result of scanning a recording."""

from __future__ import annotations

from dataclasses import dataclass

from detector.chronology import Chronology
from detector.errors import Fault
from detector.events import Event
from detector.place import Identity, Place
from detector.tables.effort import Effort


@dataclass(frozen=True)
class Member:
    """The part that a recording had in a series.

    Attributes
    ----------
    series : str
        What identifies the series: another one if one of its files changed.
    number : int
        Number of the recording, from 0.
    count : int
        Number of recordings that have results. A series can end early.
    offset_s, until_s : float
        The times at which this recording and the next one begin, s. Events that begin between them belong to this one.
    """

    series: str
    number: int
    count: int
    offset_s: float
    until_s: float


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
    lasting : bool
        Whether the recording failed through its content, so that another attempt fails in the same way.
    member : Member or None
        The part that it had in a series; None if it was scanned by itself.
    """

    recording: Place
    chronology: Chronology | None
    effort: tuple[Effort, ...]
    detections: tuple[tuple[str, Event], ...] = ()
    remarks: tuple[str, ...] = ()
    heard_s: float = 0.0
    bug: Exception | None = None
    identity: Identity | None = None
    lasting: bool = False
    member: Member | None = None

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
    return Scanned(recording, chronology, (effort,), remarks=(why.reason,), bug=why.bug, lasting=why.lasting)
