"""One thing of a sample that a person checks: a detection, or a window of background."""

from __future__ import annotations

from dataclasses import dataclass

from detector.events import Event
from detector.tables.detection import Detection


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to check.

    Attributes
    ----------
    id : str
        "D" and the number of a detection, from 1 in the order of the table of detections; "B" and a number for
        a window of background.
    recording, channel : str
        Where it is.
    start_s, end_s : float
        When, in s from the start of the recording.
    label : str
        What it is said to be; what was not found in the background.
    score : float or None
        None for background.
    stratum : int or None
        Its stratum, from 1, the lowest scores; None for background.
    stratum_size, stratum_drawn : int
        How many detections (of the label) the stratum has, or how many windows the background, and how many of them
        were drawn.
    probability : float
        With which it was drawn.
    low_hz, high_hz : float or None
        The band in Hz; None where nobody said.
    """

    id: str
    recording: str
    channel: str
    start_s: float
    end_s: float
    label: str
    score: float | None
    stratum: int | None
    stratum_size: int
    stratum_drawn: int
    probability: float
    low_hz: float | None = None
    high_hz: float | None = None

    @property
    def detection(self) -> Detection:
        """Give it as a row of a table of detections."""
        event = Event(self.start_s, self.end_s, self.label, self.low_hz, self.high_hz, self.score)
        return Detection(self.recording, self.channel, event)
