"""Decode a stretch of a recording as pieces, each at its true place; what lies between two of them cannot be read.

A healthy recording is one piece after another without a hole. Where a FLAC file does not decode, the frames beyond
the damage are found by their heads, and where pages of an Ogg file are lost, the next ones say how far they are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from detector.audio import flac, ogg
from detector.audio.decode import Sound, reason
from detector.audio.flac_map import FrameMap, map_frames
from detector.audio.header import Header
from detector.audio.view import View

Coded = NDArray[np.float32] | NDArray[np.int16]
Piece = tuple[int, Coded]
"""The number of the first sample, counted from the recording's start, and samples (sample, channel)."""
Notice = Callable[[], None]
"""Is called where something between the pieces does not belong there, even if no sample is lost."""

_MPEG_READ = 4608  # where MP3 cannot be decoded the whole read is lost, so it is kept short
_UNCHECKED = 1 << 20  # samples of all channels that are decoded before it is checked where decoding has got to
_COMPARED = 64  # samples
_SHORTEST_GAP = 64  # samples


class Undecodable(Exception):  # noqa: N818 (it ends a stretch; it is no error of the program)
    """Decoding ended, for the reason that the message gives."""


def pieces(header: Header, file: BinaryIO, first: int, end: int | None, length: int, notice: Notice) -> Iterator[Piece]:
    """Decode the samples from `first` to `end` of a recording, or to its end.

    Parameters
    ----------
    header : Header
        Of the recording.
    file : binary file
        The recording, open.
    first, end : int, int or None
        Samples of the file.
    length : int
        Samples of a piece at most. It changes no sample.
    notice : callable
        Hears of what does not belong into the file.

    Yields
    ------
    int, ndarray (sample, channel)
        In order of time; pieces may begin before `first`. An empty one says that the recording goes on there.

    Raises
    ------
    Undecodable
        Where the rest cannot be decoded.
    """
    if header.links:
        return _linked(header, file, length)
    if header.runs:
        return _by_runs(header, file, length)
    if header.flac is not None:
        return _checked(header, file, first, end, length, notice)
    return _plain(header, file, first, end, length)


def _plain(header: Header, file: BinaryIO, first: int, end: int | None, length: int) -> Iterator[Piece]:
    """Decode as libsndfile does."""
    if header.format == "MP3":
        length += -length % _MPEG_READ
    try:
        with header.decoding(file) as sound:
            at = first if header.divisible else 0
            if not _sought(sound, at):
                return
            while end is None or at < end:
                n_frames = length if end is None else min(length, end - at)
                block, error = _read(sound, header, n_frames)
                if len(block):
                    yield at, block
                at += len(block)
                if error:
                    raise Undecodable(error)
                if len(block) < n_frames:
                    return
    except (soundfile.SoundFileError, OSError) as error:
        raise Undecodable(reason(error)) from error


def _sought(sound: Sound, at: int) -> bool:
    """Go to a sample; say whether decoding is there."""
    try:
        return at == 0 or sound.seek(at) == at
    except soundfile.SoundFileError:  # past the end of what can be read
        return False


def _told(sound: Sound) -> int:
    """Say at which sample decoding is; 0 in codings that cannot tell."""
    try:
        return sound.tell()
    except soundfile.SoundFileError:
        return 0


def _read(sound: Sound, header: Header, n_frames: int) -> tuple[Coded, str]:
    """Decode so many frames, or up to the file's end or an error; give them, and what the error was."""
    block = np.empty((n_frames, header.n_channels), dtype=np.int16 if header.subtype == "PCM_16" else np.float32)
    at_once = _MPEG_READ if header.format == "MP3" else n_frames  # reads that lie the same whatever the block
    n_filled = 0
    while n_filled < n_frames:
        before, asked = _told(sound), min(at_once, n_frames - n_filled)
        try:
            n_got = len(sound.read(out=block[n_filled : n_filled + asked]))
        except soundfile.LibsndfileError as error:
            n_filled += max(0, _told(sound) - before)  # libsndfile counts what came before the error
            return block[:n_filled], reason(error)
        n_filled += n_got
        if n_got == 0 or (n_got < asked and header.flac is not None):  # asked again, libsndfile may never come back
            break
    return block[:n_filled], ""


def _checked(
    header: Header, file: BinaryIO, first: int, end: int | None, length: int, notice: Notice
) -> Iterator[Piece]:
    """Decode FLAC as libsndfile does while that is right, and then from one whole frame to the next.

    Frames that are missing without a trace shift what follows, or leave zeros behind, which no decoder reports. So
    nothing is given before the last samples of a stretch have been looked up by their number, and are the same.
    """
    at, total = first, header.n_planned
    most = max(1, _UNCHECKED // header.n_channels)
    try:
        with header.decoding(file) as sound:
            whole = _sought(sound, at)
            while whole and (end is None or at < end) and at != total:
                n_frames = most if end is None else min(most, end - at)
                blocks, n_got = _read_ahead(sound, header, n_frames, length)
                at_end = at + n_got == total or (total is None and n_got < n_frames)
                whole = n_got == n_frames or at_end
                whole = whole and (n_got == 0 or _is_at(sound, blocks[-1], at + n_got, total))
                whole = whole and not any(_has_gap(block, header.flac) for block in blocks)
                while whole and blocks:
                    yield at, blocks[0]
                    at += len(blocks.popleft())
                if at_end and whole:
                    return
    except (soundfile.SoundFileError, OSError):
        whole = False
    if not whole:
        yield from _by_frames(header, file, at, end, length, notice)


def _read_ahead(sound: Sound, header: Header, n_frames: int, length: int) -> tuple[deque[Coded], int]:
    """Decode so many frames as blocks; fewer where the file ends or does not decode."""
    blocks: deque[Coded] = deque()
    n_got = 0
    while n_got < n_frames:
        block, error = _read(sound, header, min(length, n_frames - n_got))
        n_got += len(block)
        if len(block):
            blocks.append(block)
        if error or len(block) < min(length, n_frames - n_got + len(block)):
            break
    return blocks, n_got


def _is_at(sound: Sound, block: Coded, at: int, total: int | None) -> bool:
    """Say whether the last samples of a block, by their number the ones before `at`, are those of the file."""
    if total is None:
        return True
    n_frames = min(_COMPARED, len(block))
    again = np.empty((n_frames, block.shape[1]), dtype=block.dtype)
    try:
        if sound.seek(at - n_frames) != at - n_frames:
            return False
        return len(sound.read(out=again)) == n_frames and bool((again == block[-n_frames:]).all())
    except soundfile.SoundFileError:
        return False


def _has_gap(block: Coded, info: flac.StreamInfo | None) -> bool:
    """Say whether there are zeros in a block for so long that they may stand for missing frames."""
    step = max(_SHORTEST_GAP, (info.shortest if info is not None else 0) // 4)
    zero = (block[::step] == 0).all(axis=1)
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
    """Decode every frame of a FLAC file that is whole."""
    assert header.flac is not None
    found = _frame_map(header)
    number = found.at(first)
    while number < len(found.offsets):
        at = int(found.firsts[number])
        if end is not None and at >= end:
            yield end, np.empty((0, header.n_channels), dtype=np.float32)  # there is more behind
            return
        first_byte, last_byte, n_samples = found.run(number)
        view = View(first_byte, last_byte, header.flac.head(n_samples))
        for block, error in _decodable(header, file, view, length):
            if error:
                notice()
            n_whole = found.whole_until(at + len(block)) - at if error else len(block)
            if n_whole > 0:
                yield at, block[:n_whole]
                at += n_whole
            if end is not None and at >= end:
                return
        number = max(number + 1, found.at(at))
        if found.is_disturbed(number):
            notice()


def _decodable(header: Header, file: BinaryIO, view: View, length: int) -> Iterator[tuple[Coded, str]]:
    """Decode what `view` shows as far as that goes; give blocks, and with the last one why it is the last, if known."""
    try:
        with header.decoding(file, view) as sound:
            if sound.channels != header.n_channels:
                return
            left, error = sound.frames, ""  # libsndfile may go round for ever behind the last one
            while left > 0 and not error:
                block, error = _read(sound, header, min(length, left))
                left -= len(block)
                if len(block) == 0:
                    return
                yield block, error
    except (soundfile.SoundFileError, OSError):
        return


def _by_runs(header: Header, file: BinaryIO, length: int) -> Iterator[Piece]:
    """Decode an MP3 file from one gap to the next."""
    length += -length % _MPEG_READ
    for run in header.runs:
        at = run.first
        for block, _ in _decodable(header, file, run.view, length):
            known = block if header.n_frames is None else block[: max(0, header.n_frames - at)]
            if len(known):  # without what an encoder put behind the last sample
                yield at, known
            at += len(block)


def _linked(header: Header, file: BinaryIO, length: int) -> Iterator[Piece]:
    """Decode the streams of an Ogg file one after another, each from one run of pages to the next."""
    base = 0
    for link in header.links:
        if not link.headers:
            continue
        head = ogg.header_pages(file, link)
        within = ogg.header_pages(file, link, within=True)
        end = base
        for run in link.runs:
            view = View(run.start, run.end, head if run.first else within)
            try:
                with header.decoding(file, view) as sound:
                    if (sound.samplerate, sound.channels) != (header.sample_rate, header.n_channels):
                        raise Undecodable(
                            f"a stream of {sound.channels} channels at {sound.samplerate} Hz follows, which is not "
                            f"{header.n_channels} at {header.sample_rate} Hz"
                        )
                    last = base + ogg.samples_until(link, run.granule, head, header.sample_rate)
                    at = base if run.first else last - sound.frames
            except (soundfile.SoundFileError, OSError):
                continue
            for block, _ in _decodable(header, file, view, length):
                yield at, block
                at += len(block)
            end = max(end, at)
        base = end
