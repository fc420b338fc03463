"""Cut the windows that were planned of one recording into clips."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detector.audio.stream import AudioStream
from detector.audio.verdict import judge
from detector.clips import CONFUSING, Clip, ClipWriter
from detector.events import Event, overlap_s
from detector.extraction.cut import ClipCutter
from detector.extraction.plan import Planned, Spans
from detector.extraction.report import ExtractReport
from detector.extraction.sources import Source


@dataclass(frozen=True)
class ExtractJob:
    """One recording and the windows to cut from it, each with its channel."""

    source: Source
    windows: tuple[tuple[int, Planned], ...]


def on_channel(events: Sequence[tuple[Event, str | None]], name: str, duration: float) -> Iterator[Event]:
    """Take the events of a channel (all of them for a mix), cut off at the end of the recording."""
    for event, channel in events:
        if event.start_s < duration and (name == "mix" or channel is None or channel == name):
            end = min(event.end_s, duration)
            yield Event(event.start_s, end, event.label, event.low_hz, event.high_hz)


def cut_recording(job: ExtractJob, cutter: ClipCutter, margin: int, writer: ClipWriter, report: ExtractReport) -> None:
    """Cut the windows of a job; what cannot be cut is left out and noted.

    Raises
    ------
    RecordingError
        Where the recording cannot be read at all.
    """
    recipe, source = writer.recipe, job.source
    rate, length = recipe.frame_rate, recipe.window.duration
    windows = sorted(((round(w.start_s * rate), channel, w) for channel, w in job.windows), key=lambda row: row[:2])
    wanted = [(channel, start - margin) for start, channel, _ in windows]
    stream = AudioStream(source.path, recipe.audio)
    names = stream.channels
    known = [Spans(list(known_on_channel(source, name))) for name in names]
    done = lost = 0
    for piece in cutter.cut(stream.blocks(), len(names), wanted):
        start, channel, window = windows[piece.number]
        span, near = (start / rate, start / rate + length), ((start - margin) / rate, (start + margin) / rate + length)
        end = _end_of_sound(stream, whole=piece.first_frame + piece.n_frames == cutter.length)
        events = [replace(e, end_s=min(e.end_s, end)) for e in known[channel].meeting((near[0], min(near[1], end)))]
        heard = {e.label for e in events if overlap_s(e.span, span) > 0}
        if not np.isfinite(piece.power).all():
            report.notes.append(f"{source.path}: its power at {start / rate:.1f} s is no number; the clip is left out")
            continue
        if stream.lost(*near):
            lost += 1
            continue
        if piece.first_frame + piece.n_frames <= margin or not heard.issuperset(window.labels):
            continue
        clip = Clip(
            source.path.as_posix(), names[channel], round(start / rate, 6), window.kind, "|".join(window.labels),
            source.split, source.group, source.complete, piece.first_frame, piece.n_frames,
            tuple((round(e.start_s - start / rate, 6), round(e.end_s - start / rate, 6), e.label) for e in events),
        )  # fmt: skip
        writer.add(clip, piece.power, piece.state)
        done += 1
        for label in window.labels or (f"({window.kind})",):
            report.clips[label, source.split] += 1
            report.seconds[label, source.split] += length
    report.notes.extend(f"{source.path}: {fault}" for fault in _faults(stream))
    if lost:
        report.notes.append(f"{source.path}: {lost} of {len(windows)} clips hold sound that cannot be read; left out")
    if done + lost < len(windows):
        beyond = len(windows) - done - lost
        report.notes.append(f"{source.path}: {beyond} of {len(windows)} clips lie beyond what can be read")


def known_on_channel(source: Source, name: str) -> Iterator[Event]:
    """Take what is known of a channel: calls, doubts, and confusing sounds under a label of their own."""
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
    """Tell where a recording ends, s: for a clip that is not whole, where it could no longer be read."""
    if not whole:
        return stream.end_s
    return math.inf if stream.header.n_frames is None else stream.seconds
