"""Find the spans of an MP3 file in which frames follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from detector.audio import mpeg

_CHUNK = 1 << 22  # bytes read at once


@dataclass(frozen=True, slots=True)
class Span:
    """Frames that follow one another, from byte `start` to byte `end`."""

    start: int
    end: int
    n_frames: int


def find_spans(file: BinaryIO, start: int, size: int, like: mpeg.Frame) -> list[Span]:
    """Find all spans of frames like `like`. A tag between two frames does not separate spans."""
    spans: list[Span] = []
    position: int | None = start
    while position is not None:
        span = _span(file, position, size, like)
        if span.n_frames:
            spans.append(span)
        frame = mpeg.find_frame(file, span.end + 1, size, mpeg.CHAIN) if span.end < size else None
        position = frame.offset if frame is not None and frame.like(like) else None
    return spans


def _span(file: BinaryIO, start: int, size: int, like: mpeg.Frame) -> Span:
    """Follow frames, and ID3 tags between them, from byte `start` on."""
    end = start
    n_frames = 0
    while True:
        end, n_more = follow(file, end, size, like)
        n_frames += n_more
        after_tag = end + mpeg.tag_size(file, end)
        if after_tag == end or not n_more:
            return Span(start, end, n_frames)
        end = after_tag


def follow(file: BinaryIO, start: int, size: int, like: mpeg.Frame) -> tuple[int, int]:
    """Follow frames from byte `start` on; return the byte at which they end, and their number."""
    sizes: dict[bytes, int] = {}  # size of a frame by its head, 0 for no frame like `like`
    position = start
    n_frames = 0
    while position + 4 <= size:
        file.seek(position)
        content = file.read(_CHUNK)
        offset = 0
        while offset + 4 <= len(content):
            head = content[offset : offset + 4]
            step = sizes.get(head, -1)
            if step < 0:
                frame = mpeg.read_frame(head, 0)
                step = frame.size if frame is not None and frame.like(like) else 0
                sizes[head] = step
            if step == 0:
                return position + offset, n_frames
            offset += step
            n_frames += 1
        if offset == 0:
            break
        position += offset
    return min(position, size), n_frames
