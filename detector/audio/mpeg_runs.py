"""Find out how an MP3 file is to be decoded: as it is, with another beginning, or in runs of frames with gaps between.

Without a count of frames, libsndfile takes the first frame's size for that of all, and stops where the file would then
end: the rest of a file with a variable bit rate is lost without a word. Frames carry no time; behind a gap it follows
from how many frames are missing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import BinaryIO

from detector.audio import mpeg
from detector.audio.view import View

_CHUNK = 1 << 22
_STRANGE_TAG = "its first frame is not of the kind of the others"
_WRONG_TAG = "the size of its ID3 tag is wrong"


@dataclass(frozen=True, slots=True)
class Run:
    """Frames that follow one another: what to decode of them, and the recording's sample that they begin with."""

    view: View
    first: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How to decode a file.

    Attributes
    ----------
    view : View or None
        What to decode in the place of the file; None for the file itself.
    runs : tuple of Run
        What to decode instead, where there are gaps.
    longest : View or None
        Where there are runs: what to decode of the longest one.
    n_samples : int
        Where there are runs: samples of all frames, missing ones and what an encoder puts before the sound included.
    fault : str
        What is wrong with the file; empty where nothing is.
    """

    view: View | None = None
    runs: tuple[Run, ...] = ()
    longest: View | None = None
    n_samples: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    n_frames: int


def plan(file: BinaryIO, size: int) -> Plan:
    """Find out how to decode a file of `size` bytes, in one pass over it.

    A file that does not say how long it is, is read with a frame before its own whose tag counts more frames than it
    can hold.
    """
    frame = mpeg.first_frame(file, size)
    if frame is None:
        return Plan()
    usual = _usual_frame(file, frame, size)
    spoilt = mpeg.is_spoilt_tag(file, frame)
    tagged = mpeg.is_tagged(file, frame)
    if not (spoilt or tagged or usual.like(frame)):
        other = mpeg.as_of(frame, usual)
        if mpeg.is_tagged(file, other):
            frame = other
            spoilt = True
    fits = usual.like(frame)
    counted = mpeg.counted_frames(file, frame, size) if fits else None
    start = frame.offset + (frame.size if spoilt or tagged else 0)
    spans = _walk(file, start, size, usual)
    n_found = sum(span.n_frames for span in spans)
    fault = ""
    if spoilt:
        fault, begin = "the tag in its first frame is damaged", View(start, size, mpeg.mended_tag(file, frame, n_found))
    elif counted is None:
        fault = "" if fits else _STRANGE_TAG
        begin = View(start, size, mpeg.endless_frame(usual, size))
    else:
        begin = View(frame.offset, size)
    if spans and spans[0].start > start:
        spans.insert(0, _Span(start, start, 0))  # the frames at the beginning are none, or of another stream
    if len(spans) > 1:
        return _in_runs(file, frame, usual, spans, counted, begin)
    strange = frame.offset - _tags_end(file)
    if strange:
        fault = f"damaged: {strange} bytes before its first frame are none" if strange > 0 else _WRONG_TAG
    elif counted is not None and counted - n_found > 1:
        fault = fault or (
            f"its tag counts {counted} frames, but it holds {n_found}; unless it was cut at its end, "
            f"times are off by up to {(counted - n_found) * frame.seconds:.2f} s"
        )
    return Plan(begin if strange or spoilt or counted is None else None, fault=fault)


def _usual_frame(file: BinaryIO, first: mpeg.Frame, size: int) -> mpeg.Frame:
    """Find a frame that says what those of the stream are like: the first, unless many others follow that are not."""
    at, n_frames = _along(file, first.offset, size, first)
    if n_frames >= mpeg.CHAIN:
        return first
    return mpeg.find_frame(file, at, size, mpeg.CHAIN) or first


def _in_runs(
    file: BinaryIO, frame: mpeg.Frame, usual: mpeg.Frame, spans: list[_Span], counted: int | None, begin: View
) -> Plan:
    """Place runs of frames with gaps between them; `frame` is the first of the file, `usual` one of the stream."""
    gaps = [later.start - earlier.end for earlier, later in itertools.pairwise(spans)]
    lost = _lost_frames(spans, gaps, counted)
    delay = 0 if counted is None else mpeg.encoder_delay(file, frame)
    prefix = mpeg.endless_frame(usual, spans[-1].end)
    runs = [Run(View(begin.start, spans[0].end, begin.prefix), 0)] if spans[0].n_frames else []
    number = spans[0].n_frames
    for span, n_lost in zip(spans[1:], lost):
        number += n_lost
        runs.append(Run(View(span.start, span.end, prefix), max(0, number * usual.samples - delay)))
        number += span.n_frames
    exact = "" if counted is not None and len(gaps) == 1 else "; times behind them are estimates"
    longest = max((run.view for run in runs), key=lambda view: view.end - view.start)
    fault = f"damaged: {sum(gaps)} bytes between its frames are none{exact}"
    return Plan(None, tuple(runs), longest, number * usual.samples, fault)


def _lost_frames(spans: list[_Span], gaps: list[int], counted: int | None) -> list[int]:
    """Tell how many frames each gap stands for: by its bytes, and together as many as the file's tag counts more."""
    n_found = sum(span.n_frames for span in spans)
    mean_bytes = sum(span.end - span.start for span in spans) / n_found
    lost = [round(gap / mean_bytes) for gap in gaps]
    if counted is not None and counted >= n_found:
        longest = gaps.index(max(gaps))
        lost[longest] = max(0, lost[longest] + counted - n_found - sum(lost))
    return lost


def _tags_end(file: BinaryIO) -> int:
    end = 0
    while (length := mpeg.tag_size(file, end)) > 0:
        end += length
    return end


def _walk(file: BinaryIO, start: int, size: int, like: mpeg.Frame) -> list[_Span]:
    """Go from frame to frame; a tag between two frames is no gap."""
    spans: list[_Span] = []
    at: int | None = start
    while at is not None:
        first, n_frames = at, 0
        while True:
            at, n_more = _along(file, at, size, like)
            n_frames += n_more
            behind = at + mpeg.tag_size(file, at)
            if behind == at or not n_more:
                break
            at = behind
        if n_frames:
            spans.append(_Span(first, at, n_frames))
        found = mpeg.find_frame(file, at + 1, size, mpeg.CHAIN) if at < size else None
        at = found.offset if found is not None and found.like(like) else None
    return spans


def _along(file: BinaryIO, start: int, size: int, like: mpeg.Frame) -> tuple[int, int]:
    """Follow frames from `start` on; give where they end and how many they are."""
    sizes: dict[bytes, int] = {}
    at, n_frames = start, 0
    while at + 4 <= size:
        file.seek(at)
        content = file.read(_CHUNK)
        position = 0
        while position + 4 <= len(content):
            head = content[position : position + 4]
            step = sizes.get(head, -1)
            if step < 0:
                frame = mpeg.read_frame(head, 0)
                step = sizes[head] = frame.size if frame is not None and frame.like(like) else 0
            if step == 0:
                return at + position, n_frames
            position += step
            n_frames += 1
        if position == 0:
            break
        at += position
    return min(at, size), n_frames
