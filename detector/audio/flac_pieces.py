"""Decode FLAC as pieces, and check that each sample is at its true place in the recording."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

import numpy as np
import soundfile

from detector.audio.blocks import Coded, Notice, Piece, decode_view, read_block, seek_to
from detector.audio.decode import Sound
from detector.audio.flac_map import FrameMap, map_frames
from detector.audio.flac_metadata import StreamInfo
from detector.audio.header import Header
from detector.audio.view import View

_UNCHECKED = 1 << 20  # samples of all channels between two checks
_COMPARED = 64  # samples that a check decodes again
_SHORTEST_GAP = 64  # samples


def flac_pieces(
    header: Header, file: BinaryIO, first: int, end: int | None, length: int, notice: Notice
) -> Iterator[Piece]:
    """Decode with libsndfile as long as its samples are right, and after that from one undamaged frame to the next.

    Missing frames shift the samples that follow, or leave zeros, and libsndfile reports no error. So a stretch is
    yielded only if its last samples are the same when they are looked up by their number. The parameters are those of
    `pieces`.
    """
    position = first
    n_total = header.n_planned
    most = max(1, _UNCHECKED // header.n_channels)
    try:
        with header.decoding(file) as sound:
            is_right = seek_to(sound, position)
            while is_right and (end is None or position < end) and position != n_total:
                n_wanted = most if end is None else min(most, end - position)
                blocks, n_read = _read_ahead(sound, header, n_wanted, length)
                at_end = position + n_read == n_total or (n_total is None and n_read < n_wanted)
                is_right = n_read == n_wanted or at_end
                is_right = is_right and (n_read == 0 or _is_at(sound, blocks[-1], position + n_read, n_total))
                is_right = is_right and not any(_has_gap(block, header.flac) for block in blocks)
                while is_right and blocks:
                    yield position, blocks[0]
                    position += len(blocks.popleft())
                if at_end and is_right:
                    return
    except soundfile.SoundFileError:
        is_right = False
    if not is_right:
        yield from _by_frames(header, file, position, end, length, notice)


def _read_ahead(sound: Sound, header: Header, n_frames: int, length: int) -> tuple[deque[Coded], int]:
    """Decode `n_frames` as blocks, or fewer up to the end or an error; return the blocks and the samples in all."""
    blocks: deque[Coded] = deque()
    n_read = 0
    while n_read < n_frames:
        n_wanted = min(length, n_frames - n_read)
        block, error = read_block(sound, header, n_wanted)
        n_read += len(block)
        if len(block):
            blocks.append(block)
        if error or len(block) < n_wanted:
            break
    return blocks, n_read


def _is_at(sound: Sound, block: Coded, end: int, n_total: int | None) -> bool:
    """Return whether the last samples of a block are those before sample `end` of the file."""
    if n_total is None:
        return True
    n_frames = min(_COMPARED, len(block))
    again = np.empty((n_frames, block.shape[1]), dtype=block.dtype)
    try:
        if sound.seek(end - n_frames) != end - n_frames:
            return False
        return len(sound.read(out=again)) == n_frames and bool((again == block[-n_frames:]).all())
    except soundfile.SoundFileError:
        return False


def _has_gap(block: Coded, info: StreamInfo | None) -> bool:
    """Return whether a block holds so many zeros one after another that they may stand for missing frames."""
    step = max(_SHORTEST_GAP, (info.shortest if info is not None else 0) // 4)
    zero = (block[::step] == 0).all(axis=1)  # (step,)
    starts = np.flatnonzero(zero[:-1] & zero[1:]) * step
    return any(not block[start : start + step].any() for start in starts.tolist())


@lru_cache(maxsize=8)
def _frame_map(header: Header) -> FrameMap:
    """Find the frames of a damaged file, once for all its parts."""
    assert header.flac is not None
    with header.file() as file:
        size = file.seek(0, 2)
        return map_frames(file, size, header.flac)


def _by_frames(
    header: Header, file: BinaryIO, first: int, end: int | None, length: int, notice: Notice
) -> Iterator[Piece]:
    """Decode every undamaged frame."""
    assert header.flac is not None
    frames = _frame_map(header)
    number = frames.at(first)
    while number < len(frames.offsets):
        position = int(frames.firsts[number])
        if end is not None and position >= end:
            yield end, np.empty((0, header.n_channels), dtype=np.float32)  # the recording goes on
            return
        start_byte, end_byte, n_samples = frames.run(number)
        view = View(start_byte, end_byte, header.flac.head(n_samples))
        for block, error in decode_view(header, file, view, length):
            if error:
                notice()
            n_whole = frames.whole_until(position + len(block)) - position if error else len(block)
            if n_whole > 0:
                yield position, block[:n_whole]
                position += n_whole
            if end is not None and position >= end:
                return
        number = max(number + 1, frames.at(position))
        if frames.is_disturbed(number):
            notice()
