"""Decode a stretch of a recording as pieces, each at its true place. The samples between two pieces cannot be read.

The pieces of an undamaged recording follow one another without a gap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import soundfile

from detector.audio import ogg
from detector.audio.blocks import Notice, Piece, Undecodable, block_length, decode_view, read_block, seek_to
from detector.audio.decode import reason
from detector.audio.flac_pieces import flac_pieces
from detector.audio.header import Header
from detector.audio.view import View


def pieces(header: Header, file: BinaryIO, first: int, end: int | None, length: int, notice: Notice) -> Iterator[Piece]:
    """Decode a recording from sample `first` to sample `end`.

    Parameters
    ----------
    header : Header
        Of the recording.
    file : binary file
        The recording, open for reading.
    first, end : int, int or None
        Samples of the file. None for `end` stands for the recording's end.
    length : int
        Most samples of a piece. It changes no sample.
    notice : callable
        Is called when foreign bytes are found between the samples.

    Yields
    ------
    int, ndarray (sample, channel)
        In order of time. Pieces may begin before `first`. An empty piece says that the recording goes on there.

    Raises
    ------
    Undecodable
        If the rest cannot be decoded.
    OSError
        If the disk or the network cannot read the file.
    """
    if header.links:
        return _linked(header, file, length)
    if header.runs:
        return _by_runs(header, file, length)
    if header.flac is not None:
        return flac_pieces(header, file, first, end, length, notice)
    return _plain(header, file, first, end, length)


def _plain(header: Header, file: BinaryIO, first: int, end: int | None, length: int) -> Iterator[Piece]:
    """Decode as libsndfile does."""
    length = block_length(header, length)
    try:
        with header.decoding(file) as sound:
            position = first if header.divisible else 0
            if not seek_to(sound, position):
                return
            while end is None or position < end:
                n_wanted = length if end is None else min(length, end - position)
                block, error = read_block(sound, header, n_wanted)
                if len(block):
                    yield position, block
                position += len(block)
                if error:
                    raise Undecodable(error)
                if len(block) < n_wanted:
                    return
    except soundfile.SoundFileError as error:
        raise Undecodable(reason(error)) from error


def _by_runs(header: Header, file: BinaryIO, length: int) -> Iterator[Piece]:
    """Decode an MP3 file with gaps, run by run, without the padding that an encoder puts behind the sound."""
    length = block_length(header, length)
    for run in header.runs:
        position = run.first
        for block, _ in decode_view(header, file, run.view, length):
            samples = block if header.n_frames is None else block[: max(0, header.n_frames - position)]
            if len(samples):
                yield position, samples
            position += len(block)


def _linked(header: Header, file: BinaryIO, length: int) -> Iterator[Piece]:
    """Decode the streams of an Ogg file one after another, each run by run."""
    start = 0
    for link in header.links:
        if not link.headers:
            continue
        head = ogg.header_pages(file, link)
        head_within = ogg.header_pages(file, link, within=True)
        end = start
        for run in link.runs:
            view = View(run.start, run.end, head if run.first else head_within)
            try:
                n_samples = _n_samples(header, file, view)
            except soundfile.SoundFileError:
                continue
            run_end = start + ogg.samples_until(link, run.granule, head, header.sample_rate)
            position = start if run.first else run_end - n_samples
            for block, _ in decode_view(header, file, view, length):
                yield position, block
                position += len(block)
            end = max(end, position)
        start = end


def _n_samples(header: Header, file: BinaryIO, view: View) -> int:
    """Return the samples of each channel that `view` shows; raise `Undecodable` if they do not fit the header."""
    with header.decoding(file, view) as sound:
        if (sound.samplerate, sound.channels) != (header.sample_rate, header.n_channels):
            raise Undecodable(
                f"a stream of {sound.channels} channels at {sound.samplerate} Hz follows, which is not "
                f"{header.n_channels} at {header.sample_rate} Hz"
            )
        return int(sound.frames)
