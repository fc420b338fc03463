"""One row of a table of detections, for all formats. (Figures of detection are in `evaluation`.)"""

from __future__ import annotations

from dataclasses import dataclass

from detector.events import Event


@dataclass(frozen=True, slots=True)
class Detection:
    """An event, with its recording and channel.

    Attributes
    ----------
    recording : str
        Path of the file, as the table names it; "" if unknown.
    channel : str
        "0" is the first channel; a name such as "mix" for more than one channel; "" if unknown.
    event : Event
        Times in seconds from the start of the recording.
    start_time : str or None
        When the event begins, in ISO 8601, for example "2024-05-11T05:30:02.125+00:00"; None if unknown.
    extra : tuple of str
        One cell for each of the extra columns of the table (`WriteOptions.columns`).
    """

    recording: str
    channel: str
    event: Event
    start_time: str | None = None
    extra: tuple[str, ...] = ()
