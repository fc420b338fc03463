"""What was listened to: a row for each recording and channel, so that silence and failure never look the same."""

from __future__ import annotations

from dataclasses import dataclass

from detector.audio.status import Status
from detector.chronology import Chronology, absolute_time
from detector.place import Place

COLUMNS = ("recording", "channel", "status", "seconds", "scanned_s", "start_time", "time_source", "detail")


@dataclass(frozen=True)
class Effort:
    """What became of one channel of a recording.

    Attributes
    ----------
    recording : Place
        The file.
    channel : str
        Empty where the recording could not be opened.
    status : str
        "ok"; "short": shorter than a window; "failed": not analysed; or what `judge` says.
    seconds : float or None
        Length that the header claims; None where nobody knows.
    scanned_s : float
        Length that was scanned.
    chronology : Chronology or None
        When the recording was made.
    detail : str
        What was wrong.
    """

    recording: Place
    channel: str
    status: Status
    seconds: float | None = None
    scanned_s: float = 0.0
    chronology: Chronology | None = None
    detail: str = ""

    def row(self) -> tuple[str, ...]:
        """Write the cells of the table, as `COLUMNS`."""
        return (
            self.recording.name,
            self.channel,
            self.status,
            "" if self.seconds is None else f"{self.seconds:.3f}",
            f"{self.scanned_s:.3f}",
            absolute_time(self.chronology, 0.0),
            "" if self.chronology is None else self.chronology.source,
            self.detail,
        )
