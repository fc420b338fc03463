"""Describe one recording by its header."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detector.audio.header import Header
from detector.chronology import absolute_time
from detector.errors import Fault
from detector.place import Place

COLUMNS = (
    *("recording", "format", "sample_rate_hz", "channels", "seconds"),
    *("start_time", "time_source", "time_text", "faults"),
)


@dataclass(frozen=True)
class RecordingInfo:
    """What the header of a recording says.

    Attributes
    ----------
    recording : str
        Path of the file.
    format : str
        Container and coding, such as "WAV PCM_16"; empty if the file cannot be read.
    sample_rate_hz, channels : int or None
        None if the file cannot be read.
    seconds : float or None
        Length of the sound that the file holds, as far as the header shows; None if unknown.
    start_time : str
        When it was recorded, in ISO 8601; empty if unknown.
    time_source, time_text : str
        The source of that time, and the text that it was read from.
    faults : tuple of str
        What is wrong with the file.
    failed : bool
        Whether the file cannot be read.
    """

    recording: str
    format: str = ""
    sample_rate_hz: int | None = None
    channels: int | None = None
    seconds: float | None = None
    start_time: str = ""
    time_source: str = ""
    time_text: str = ""
    faults: tuple[str, ...] = ()
    failed: bool = False

    def row(self) -> tuple[str, ...]:
        """Return the cells of a table, in the order of `COLUMNS`."""
        return (
            self.recording,
            self.format,
            "" if self.sample_rate_hz is None else str(self.sample_rate_hz),
            "" if self.channels is None else str(self.channels),
            "" if self.seconds is None else f"{self.seconds:.3f}",
            self.start_time,
            self.time_source,
            self.time_text,
            "; ".join(self.faults),
        )


def unreadable(place: Place, fault: Fault) -> RecordingInfo:
    """Describe a file that cannot be read, or a folder that cannot be searched."""
    return RecordingInfo(place.name, faults=(fault.reason.removeprefix(f"{place}: "),), failed=True)


def info_of(header: Header) -> RecordingInfo:
    """Describe a recording by its header."""
    chronology = header.chronology
    return RecordingInfo(
        header.place.name,
        f"{header.format} {header.subtype}",
        header.sample_rate,
        header.n_channels,
        None if header.n_planned is None else header.n_planned / header.sample_rate,
        absolute_time(chronology, chronology.pieces[0].offset_s) if chronology else "",
        chronology.time_source if chronology else "",
        chronology.pieces[0].raw if chronology else "",
        (*header.faults, *_shortness(header)),
    )


def _shortness(header: Header) -> Iterator[str]:
    """Yield the fault, if any, of a file that holds no sound, or less than its header claims."""
    if header.n_planned == 0:
        yield "holds no samples"
    elif header.n_planned is not None and header.n_planned < (header.n_frames or 0):
        held_s = header.n_planned / header.sample_rate
        claimed_s = (header.n_frames or 0) / header.sample_rate
        yield f"truncated: holds {held_s:.1f} s of the {claimed_s:.1f} s that its header claims"
