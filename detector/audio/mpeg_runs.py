"""Plan how to decode an MP3 file: as it is, with another beginning, or in runs of frames with gaps between them.

If no tag counts the frames, libsndfile estimates the length from the size of the first frame, and stops there. So it
loses the rest of a file with a variable bit rate, and reports no error. Frames carry no time: the time after a gap
follows from the number of frames that are missing.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import BinaryIO

from detector.audio import mpeg, mpeg_tags
from detector.audio.mpeg_spans import Span, find_spans, follow
from detector.audio.view import View

_SPOILT_TAG = "the tag in its first frame is damaged"
_STRANGE_TAG = "its first frame is not of the kind of the others"
_WRONG_TAG = "the size of its ID3 tag is wrong"


@dataclass(frozen=True, slots=True)
class Run:
    """Frames that follow one another without a gap.

    Attributes
    ----------
    view : View
        The bytes to decode.
    first : int
        The recording's sample at which they begin.
    """

    view: View
    first: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How to decode a file.

    Attributes
    ----------
    view : View or None
        The bytes to decode instead of the file; None for the file itself.
    runs : tuple of Run
        The runs to decode, if there are gaps; empty if not.
    longest : View or None
        With gaps: the bytes of the longest run.
    n_samples : int
        With gaps: samples of all frames, with those of missing frames and those that the encoder put before the sound.
    fault : str
        The fault of the file; empty without one.
    """

    view: View | None = None
    runs: tuple[Run, ...] = ()
    longest: View | None = None
    n_samples: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class _Beginning:
    """The beginning of a file, before its frames are walked.

    Attributes
    ----------
    frame : Frame
        The first frame.
    usual : Frame
        A frame like most of the stream.
    start : int
        Byte at which the frames with sound begin.
    spoilt : bool
        Whether the first frame holds a damaged tag.
    counted : int or None
        Number of frames that the tag in the first frame gives.
    """

    frame: mpeg.Frame
    usual: mpeg.Frame
    start: int
    spoilt: bool
    counted: int | None

    @property
    def gives_length(self) -> bool:
        """Return whether libsndfile finds an undamaged tag that counts the frames."""
        return not self.spoilt and self.counted is not None

    @property
    def fault(self) -> str:
        """Return the fault of the first frame; empty without one."""
        if self.spoilt:
            return _SPOILT_TAG
        return _STRANGE_TAG if self.counted is None and not self.usual.like(self.frame) else ""

    def view(self, file: BinaryIO, size: int, n_frames: int) -> View:
        """Return the bytes to decode of a file of `size` bytes with `n_frames` frames.

        If the file does not count its frames, a frame whose tag counts too many is put before them. libsndfile then
        decodes to the end.
        """
        if self.spoilt:
            return View(self.start, size, mpeg_tags.mended_tag(file, self.frame, n_frames))
        if self.counted is None:
            return View(self.start, size, mpeg_tags.endless_frame(self.usual, size))
        return View(self.frame.offset, size)


def plan(file: BinaryIO, size: int) -> Plan:
    """Plan how to decode a file of `size` bytes, in one pass over it."""
    frame = mpeg.first_frame(file, size)
    if frame is None:
        return Plan()
    beginning = _begin(file, frame, size)
    spans = find_spans(file, beginning.start, size, beginning.usual)
    if spans and spans[0].start > beginning.start:  # what comes before them is no frame, or of another stream
        spans.insert(0, Span(beginning.start, beginning.start, 0))
    view = beginning.view(file, size, _count(spans))
    if len(spans) > 1:
        return _in_runs(file, beginning, spans, view)
    n_strange = frame.offset - _tags_end(file)
    fault = _fault(beginning, n_strange, _count(spans))
    return Plan(view if n_strange or not beginning.gives_length else None, fault=fault)


def _begin(file: BinaryIO, frame: mpeg.Frame, size: int) -> _Beginning:
    """Read the first frame, and a usual one."""
    usual = _usual_frame(file, frame, size)
    spoilt = mpeg_tags.is_spoilt_tag(file, frame)
    tagged = mpeg.is_tagged(file, frame)
    if not (spoilt or tagged or usual.like(frame)):
        corrected = mpeg.as_of(frame, usual)
        if mpeg.is_tagged(file, corrected):  # then the head of the first frame is damaged, too
            frame = corrected
            spoilt = True
    counted = mpeg_tags.counted_frames(file, frame, size) if usual.like(frame) else None
    start = frame.offset + (frame.size if spoilt or tagged else 0)
    return _Beginning(frame, usual, start, spoilt, counted)


def _usual_frame(file: BinaryIO, first: mpeg.Frame, size: int) -> mpeg.Frame:
    """Return a frame like most of the stream: the first one, unless a chain of other frames follows it."""
    end, n_frames = follow(file, first.offset, size, first)
    if n_frames >= mpeg.CHAIN:
        return first
    return mpeg.find_frame(file, end, size, mpeg.CHAIN) or first


def _fault(beginning: _Beginning, n_strange: int, n_frames: int) -> str:
    """Describe the fault of a file without gaps that has `n_strange` bytes before its first frame."""
    if n_strange:
        return f"damaged: {n_strange} bytes before its first frame are none" if n_strange > 0 else _WRONG_TAG
    n_missing = 0 if beginning.counted is None else beginning.counted - n_frames
    if beginning.fault or n_missing <= 1:
        return beginning.fault
    return (
        f"its tag counts {beginning.counted} frames, but it holds {n_frames}; unless it was cut at its end, "
        f"times are off by up to {n_missing * beginning.frame.seconds:.2f} s"
    )


def _in_runs(file: BinaryIO, beginning: _Beginning, spans: list[Span], view: View) -> Plan:
    """Find the time of each run of a file with gaps, whose whole would be decoded by `view`."""
    gaps = [later.start - earlier.end for earlier, later in itertools.pairwise(spans)]
    n_lost = _lost_frames(spans, gaps, beginning.counted)
    delay = 0 if beginning.counted is None else mpeg_tags.encoder_delay(file, beginning.frame)
    prefix = mpeg_tags.endless_frame(beginning.usual, spans[-1].end)
    frame_samples = beginning.usual.samples
    runs = [Run(View(view.start, spans[0].end, view.prefix), 0)] if spans[0].n_frames else []
    n_before = spans[0].n_frames
    for span, n_lost_before in zip(spans[1:], n_lost):
        n_before += n_lost_before
        runs.append(Run(View(span.start, span.end, prefix), max(0, n_before * frame_samples - delay)))
        n_before += span.n_frames
    is_exact = beginning.counted is not None and len(gaps) == 1
    caution = "" if is_exact else "; times behind them are estimates"
    longest = max((run.view for run in runs), key=lambda run_view: run_view.end - run_view.start)
    fault = f"damaged: {sum(gaps)} bytes between its frames are none{caution}"
    return Plan(None, tuple(runs), longest, n_before * frame_samples, fault)


def _lost_frames(spans: list[Span], gaps: list[int], counted: int | None) -> list[int]:
    """Estimate the number of frames lost in each gap of so many bytes.

    If the tag counts the frames, the longest gap gets the difference, so that the total is exact.
    """
    n_frames = _count(spans)
    mean_bytes = sum(span.end - span.start for span in spans) / n_frames
    n_lost = [round(gap / mean_bytes) for gap in gaps]
    if counted is not None and counted >= n_frames:
        longest = gaps.index(max(gaps))
        n_lost[longest] = max(0, n_lost[longest] + counted - n_frames - sum(n_lost))
    return n_lost


def _count(spans: list[Span]) -> int:
    return sum(span.n_frames for span in spans)


def _tags_end(file: BinaryIO) -> int:
    """Return the end of the ID3 tags at the beginning of a file."""
    end = 0
    while (length := mpeg.tag_size(file, end)) > 0:
        end += length
    return end
