"""What was listened to: a row for each recording and channel, so that silence and failure never look the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

from detector.audio.metadata import StartTime
from detector.audio.status import Status

COLUMNS = ("recording", "channel", "status", "seconds", "scanned_s", "start_time", "time_source", "detail")


@dataclass(frozen=True)
class Effort:
    """What became of one channel of a recording.

    Attributes
    ----------
    recording : Path
        The file.
    channel : str
        Empty where the recording could not be opened.
    status : str
        "ok"; "short": shorter than a window; "failed": not analysed; or what `judge` says.
    seconds : float or None
        Length that the header claims; None where nobody knows.
    scanned_s : float
        Length that was scanned.
    start : StartTime or None
        When it began.
    detail : str
        What was wrong.
    """

    recording: Path
    channel: str
    status: Status
    seconds: float | None = None
    scanned_s: float = 0.0
    start: StartTime | None = None
    detail: str = ""

    def row(self) -> tuple[str, ...]:
        """Write the cells of the table, as `COLUMNS`."""
        return (
            self.recording.as_posix(),
            self.channel,
            self.status,
            "" if self.seconds is None else f"{self.seconds:.3f}",
            f"{self.scanned_s:.3f}",
            absolute_time(self.start, 0.0),
            "" if self.start is None else self.start.source,
            self.detail,
        )


def absolute_time(start: StartTime | None, offset_s: float) -> str:
    """Write the time `offset_s` after the start of a recording as ISO 8601 with milliseconds and its zone's offset."""
    if start is None:
        return ""
    when = start.when.astimezone(UTC) + timedelta(milliseconds=round(offset_s * 1000))
    return when.astimezone(start.when.tzinfo).isoformat(timespec="milliseconds")
