"""Cut the planned windows of one recording into clips."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.audio.stream import AudioStream
from detector.audio.verdict import judge
from detector.clips import CONFUSING, Clip, ClipWriter
from detector.events import Event, overlap_s
from detector.extraction.cut import ClipCutter, Piece
from detector.extraction.plan import Planned, Spans
from detector.extraction.report import ExtractReport
from detector.extraction.sources import Source


@dataclass(frozen=True)
class ExtractJob:
    """One recording, and the windows to cut from it, each with the index of its channel."""

    source: Source
    windows: tuple[tuple[int, Planned], ...]


def on_channel(events: Sequence[tuple[Event, str | None]], name: str, duration: float) -> Iterator[Event]:
    """Return the events of a channel (all of them for a mix), cut off at the end of the recording."""
    for event, channel in events:
        if event.start_s < duration and (name == "mix" or channel is None or channel == name):
            end = min(event.end_s, duration)
            yield Event(event.start_s, end, event.label, event.low_hz, event.high_hz)


def cut_recording(job: ExtractJob, cutter: ClipCutter, margin: int, writer: ClipWriter, report: ExtractReport) -> None:
    """Cut the windows of a job; the report lists the windows that cannot be cut.

    Raises
    ------
    RecordingError
        If the recording cannot be read at all.
    """
    source = job.source
    rate = writer.recipe.frame_rate
    length = writer.recipe.window.duration
    windows = sorted(((round(w.start_s * rate), channel, w) for channel, w in job.windows), key=lambda row: row[:2])
    stream = AudioStream(source.header, writer.recipe.audio)
    names = stream.channels
    known = [Spans(list(known_on_channel(source, name))) for name in names]
    n_written = 0
    n_lost = 0
    requested = [(channel, start - margin) for start, channel, _ in windows]
    for piece in cutter.cut(stream.blocks(), len(names), requested):
        start, channel, window = windows[piece.number]
        end_frame = piece.first_frame + piece.n_frames
        onset = start / rate
        stored = ((start - margin) / rate, (start + margin) / rate + length)
        end = _end_of_sound(stream, whole=end_frame == cutter.length)
        inside = known[channel].overlapping((stored[0], min(stored[1], end)))
        events = [replace(event, end_s=min(event.end_s, end)) for event in inside]
        if not np.isfinite(piece.power).all():
            report.notes.append(f"{source.path}: its power at {onset:.1f} s is not a number; the clip is left out")
            continue
        if stream.lost(*stored):
            n_lost += 1
            continue
        labels = {event.label for event in events if overlap_s(event.span, (onset, onset + length)) > 0}
        if end_frame <= margin or not labels.issuperset(window.labels):
            continue  # the recording ends before the window, or before one of its calls
        writer.add(_clip(source, names[channel], onset, window, piece, events), piece.power, piece.state)
        n_written += 1
        report.count(window.labels or (f"({window.kind})",), source.split, length)
    report.notes.extend(f"{source.path}: {fault}" for fault in _faults(stream))
    if n_lost:
        report.notes.append(f"{source.path}: {n_lost} of {len(windows)} clips hold sound that cannot be read; left out")
    if n_written + n_lost < len(windows):
        n_beyond = len(windows) - n_written - n_lost
        report.notes.append(f"{source.path}: {n_beyond} of {len(windows)} clips lie after the readable part; left out")


def _clip(source: Source, channel: str, onset: float, window: Planned, piece: Piece, events: Sequence[Event]) -> Clip:
    """Make the table rows of a clip whose window begins at `onset`, s, and that holds `events`."""
    return Clip(
        recording=source.path.as_posix(),
        channel=channel,
        start_s=round(onset, 6),
        kind=window.kind,
        labels="|".join(window.labels),
        split=source.split,
        group=source.group,
        complete=source.complete,
        first_frame=piece.first_frame,
        n_frames=piece.n_frames,
        events=tuple((round(event.start_s - onset, 6), round(event.end_s - onset, 6), event.label) for event in events),
    )


def known_on_channel(source: Source, name: str) -> Iterator[Event]:
    """Return all annotations of a channel: calls, uncertain spans, and confusing sounds with the label `CONFUSING`."""
    yield from on_channel(source.calls, name, math.inf)
    for event in on_channel(source.confusing, name, math.inf):
        yield replace(event, label=CONFUSING)


def _faults(stream: AudioStream) -> tuple[str, ...]:
    """List what is wrong with a recording, as far as it was read."""
    if not stream.ended:  # the last window came before the end: nobody knows what the rest holds
        return stream.header.faults
    _, faults = judge(stream.header, stream.channels, stream.facts)
    return (*stream.header.faults, *faults)


def _end_of_sound(stream: AudioStream, *, whole: bool) -> float:
    """Return the end of the recording, s; for a clip that is cut off, the end of what could be read."""
    if not whole:
        return stream.end_s
    return math.inf if stream.header.n_frames is None else stream.seconds
