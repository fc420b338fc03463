"""One item of a sample that a person checks: a detection, or a window of background."""

from __future__ import annotations

from dataclasses import dataclass

from detector.events import Event
from detector.tables.detection import Detection


@dataclass(frozen=True, slots=True)
class Item:
    """One item to check.

    Attributes
    ----------
    id : str
        "D" and the number of a detection, from 1 in the order of the table of detections; "B" and a number for
        a window of background.
    recording, channel : str
        Its recording and channel.
    start_s, end_s : float
        Its span, in s from the start of the recording.
    label : str
        Label of the detection. For background, the label that may have been missed there.
    score : float or None
        None for background.
    stratum : int or None
        Its stratum, from 1, the lowest scores; None for background.
    stratum_size, stratum_drawn : int
        Number of detections of the label in the stratum, or of windows in the background; and how many were drawn.
    probability : float
        Probability with which it was drawn.
    low_hz, high_hz : float or None
        Its band in Hz; None if unknown.
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
        """Return the item as a row of a table of detections."""
        event = Event(self.start_s, self.end_s, self.label, self.low_hz, self.high_hz, self.score)
        return Detection(self.recording, self.channel, event)
