"""Decode a recording as a stream: blocks of chosen channels at the recipe's sample rate, and facts about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

from detector.audio.header import Header
from detector.audio.pieces import Coded, Undecodable, pieces
from detector.audio.reading import read_header
from detector.audio.verdict import Facts, joined
from detector.clock import Clock
from detector.errors import RecordingError
from detector.place import Named

Samples = NDArray[np.float32]

MARGIN = 1024  # samples of the lower rate in which a resampler settles
MOST_SAMPLES = 1 << 21  # of all channels together, that are decoded or resampled at once
LOUDEST = np.float32(2.0**32)  # re full scale 1: no converter gives more, whatever its samples are scaled to
LONGEST_HOLE_S = 6 * 3600.0  # what claims to be further away has a damaged time


class AudioFormat(Protocol):
    """The sample rate in Hz, and the channels, that a stream gives: the section `audio` of a recipe."""

    @property
    def sample_rate(self) -> int:
        """Samples per second."""

    @property
    def channel(self) -> str | int:
        """The mean of all ("mix"), each on its own ("each"), or one by number, from 0."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of a recording.

    Attributes
    ----------
    first, end : int, int or None
        Its samples, at the recipe's rate; to the recording's end for None.
    answers : (int, int or None)
        The file's samples whose faults it tells, as stretches overlap.
    """

    first: int = 0
    end: int | None = None
    answers: tuple[int, int | None] = (0, None)


class AudioStream:
    """A recording, or a stretch of it, decoded block by block in memory that does not grow with its length.

    Parameters
    ----------
    recording : Header, or str, Path or Place
        What the header of the file says, or where the file is.
    audio : AudioFormat
        Sample rate and channel to bring it to.
    block_s : float
        Length of a block in s. It changes no bit of the samples.
    stretch : Stretch, optional
        What of it to decode. Each stretch is resampled by itself, so that its samples are the same to the last bit
        whoever decodes what beside it.
    clock : Clock, optional
        Counts the time for "decode" and "resample".

    Attributes
    ----------
    header : Header
        What the file says of itself.
    channels : tuple of str
        Names of the channels that `blocks` gives.
    n_samples : int
        Samples of each channel given so far, at the recipe's rate.
    ended : bool
        After `blocks`: whether the recording ended within the stretch, or decoding did. False where `blocks` was left
        before its end.
    facts : Facts
        What decoding brought to light so far. What they make of a whole recording is for `judge` to say.

    Raises
    ------
    RecordingError
        Where the file cannot be read at all, or has no such channel.
    """

    def __init__(
        self,
        recording: Header | Named,
        audio: AudioFormat,
        block_s: float = 10.0,
        stretch: Stretch | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.header: Header = recording if isinstance(recording, Header) else read_header(recording)
        self.channels = channel_names(self.header, audio.channel)
        self.n_samples = 0
        self.ended = False
        self._at_end = False
        self.facts = Facts((False,) * len(self.channels))
        self._audio = audio
        self._block_s = block_s
        self._stretch = stretch or Stretch()
        self._clock = clock or Clock()

    @property
    def seconds(self) -> float:
        """Give the length in s that the header claims; where it claims none, what was read so far."""
        return self.end_s if self.header.n_frames is None else self.header.n_frames / self.header.sample_rate

    @property
    def scanned_s(self) -> float:
        """Give the seconds that were decoded so far."""
        return self.facts.n_scanned / self.header.sample_rate

    @property
    def end_s(self) -> float:
        """Give the time in s up to which it was decoded so far, holes included."""
        return self.facts.n_read / self.header.sample_rate

    def lost(self, start_s: float, end_s: float) -> bool:
        """Say whether something between two times, s, could not be read, as far as it was decoded."""
        rate = self.header.sample_rate
        return any(start < end_s * rate and end > start_s * rate for start, end in self.facts.holes)

    def blocks(self) -> Iterator[Samples]:
        """Decode the recording, once.

        Yields
        ------
        ndarray (channel, sample), float32
            In order, of any length above 0. What cannot be read in between is zeros; damage that nothing can be read
            after ends them early.

        Raises
        ------
        RecordingError
            Where the file is replaced or changed meanwhile.
        """
        first, end, skip = self._bounds()
        resample = _Resampler(self.header.sample_rate, self._audio.sample_rate, len(self.channels))
        for chosen in self._clock.each("decode", self._decoded(first, end)):  # (sample, channel) of the stream
            with self._clock("resample"):
                samples = resample(chosen)
            yield from self._counted(samples[skip:])
            skip -= min(skip, len(samples))
        if self._at_end:
            yield from self._counted(resample.flushed()[skip:])
        self.ended = self._at_end

    def _bounds(self) -> tuple[int, int | None, int]:
        """Give the file's first sample to decode, the end, and how many samples to drop after resampling.

        A resampler is started on a whole second, where the samples of both rates coincide.
        """
        rate, target, stretch = self.header.sample_rate, self._audio.sample_rate, self._stretch
        if rate == target:
            return stretch.first, stretch.end, 0
        margin_s = -(-MARGIN // min(rate, target))
        start_s = max(0, stretch.first // target - margin_s)
        end_s = None if stretch.end is None else -(-stretch.end // target) + margin_s
        return start_s * rate, None if end_s is None else end_s * rate, stretch.first - start_s * target

    def _counted(self, samples: Samples) -> Iterator[Samples]:
        if self._stretch.end is not None:
            samples = samples[: self._stretch.end - self._stretch.first - self.n_samples]
        for start in range(0, len(samples), MOST_SAMPLES):  # a resampler may give much at once
            block = samples[start : start + MOST_SAMPLES]
            self.n_samples += len(block)
            yield np.ascontiguousarray(block.T)

    def _decoded(self, first: int, end: int | None) -> Iterator[Samples]:
        """Decode the file's samples from `first` to `end`; give blocks (sample, channel) of the chosen channels.

        Where samples cannot be read although later ones can, there are zeros in their place.
        """
        at, length = first, self._block_length()
        try:
            with self.header.file() as file:
                for start, piece in pieces(self.header, file, first, end, length, self._notice):
                    if start > at:
                        yield from self._hole(at, start, length)
                        at = start
                    block = piece[at - start : None if end is None else max(0, end - start)]
                    if len(block):
                        self.facts = replace(self.facts, n_read=at + len(block))
                        yield self._chosen(block, at)
                        at += len(block)
        except Undecodable as error:
            self.facts = replace(self.facts, error=str(error))
        self._at_end = end is None or at < end
        self.header.check_unchanged()

    def _notice(self) -> None:
        self.facts = replace(self.facts, disturbed=True)

    def _hole(self, start: int, end: int, length: int) -> Iterator[Samples]:
        """Give zeros for samples that cannot be read, and note which ones."""
        if end - start > LONGEST_HOLE_S * self.header.sample_rate:
            raise Undecodable(f"what follows claims to be {(end - start) / self.header.sample_rate:.0f} s later")
        first, last = self._stretch.answers
        hole = max(start, first), end if last is None else min(end, last)
        holes = self.facts.holes
        if hole[0] < hole[1]:
            holes = joined((*holes, hole))
        self.facts = replace(self.facts, holes=holes, n_read=end)
        for at in range(start, end, length):
            yield np.zeros((min(length, end - at), len(self.channels)), np.float32)

    def _block_length(self) -> int:
        """Give the file's samples to decode at once: some seconds, but not too many samples at either rate."""
        rate, target = self.header.sample_rate, self._audio.sample_rate
        most = min(MOST_SAMPLES // self.header.n_channels, MOST_SAMPLES * rate // (target * len(self.channels)))
        return max(1, min(round(self._block_s * rate), most))

    def _chosen(self, coded: Coded, at: int) -> Samples:
        """Choose or mix the channels of a block that begins at the file's sample `at`, and look at what they hold."""
        block = as_float(coded)
        first, end = self._stretch.answers
        mine = slice(max(0, first - at), None if end is None else max(0, end - at))
        if isinstance(self._audio.channel, int):
            block = block[:, self._audio.channel : self._audio.channel + 1]
        if coded.dtype != np.int16 and not (block.max() <= LOUDEST and block.min() >= -LOUDEST):  # nan is neither
            sane = np.abs(block) <= LOUDEST
            n_absurd = self.facts.n_absurd + int(np.count_nonzero(~sane[mine]))
            self.facts = replace(self.facts, n_absurd=n_absurd)
            block = np.where(sane, block, np.float32(0))
        if self._audio.channel == "mix" and block.shape[1] > 1:
            total = block[:, 0].copy()  # one after another, so that a sum does not depend on the block's shape
            for channel in range(1, block.shape[1]):
                total += block[:, channel]
            block = (total / np.float32(block.shape[1]))[:, None]
        if not all(self.facts.sounding):
            sounding = np.logical_or(self.facts.sounding, block[mine].any(axis=0))
            self.facts = replace(self.facts, sounding=tuple(map(bool, sounding)))
        return block


def as_float(coded: Coded) -> Samples:
    """Give samples from -1 to 1 as libsndfile would, which takes four times as long over 16-bit integers."""
    return coded * np.float32(2**-15) if coded.dtype == np.int16 else coded.astype(np.float32, copy=False)


class _Resampler:
    """Bring blocks to another sample rate; blocks joined are bit for bit what one call over the whole would give."""

    def __init__(self, sample_rate: int, target: int, n_channels: int) -> None:
        self._n_channels = n_channels
        self._stream = None
        if sample_rate != target:
            self._stream = soxr.ResampleStream(sample_rate, target, n_channels, dtype="float32", quality="HQ")

    def __call__(self, block: Samples) -> Samples:
        """Give the samples (sample, channel) that can be told so far."""
        return block if self._stream is None else self._stream.resample_chunk(np.ascontiguousarray(block))

    def flushed(self) -> Samples:
        """Give what is left."""
        nothing = np.empty((0, self._n_channels), dtype=np.float32)
        return nothing if self._stream is None else self._stream.resample_chunk(nothing, last=True)


def channel_names(header: Header, channel: str | int) -> tuple[str, ...]:
    """Name the channels that a choice makes of a recording; raise `RecordingError` where it has no such channel."""
    if channel == "mix":
        return ("mix",)
    if channel == "each":
        return tuple(str(n) for n in range(header.n_channels))
    if int(channel) >= header.n_channels:
        raise RecordingError(f"{header.place}: has no channel {channel}; its {header.n_channels} channels count from 0")
    return (str(channel),)
