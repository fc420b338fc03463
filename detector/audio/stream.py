"""Decode a recording as a stream of blocks, with the recipe's channels and sample rate, and collect facts about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from detector.audio.blocks import Coded, Undecodable
from detector.audio.channels import channel_names, mixed, picked
from detector.audio.header import Header
from detector.audio.pieces import pieces
from detector.audio.reading import read_header
from detector.audio.resampling import MARGIN, Resampler, Samples
from detector.audio.verdict import Facts, joined
from detector.clock import Clock
from detector.errors import RecordingError
from detector.place import Named

MOST_SAMPLES = 1 << 21
"""Most samples, of all channels together, that are decoded or resampled at once."""
LOUDEST = np.float32(2.0**32)
"""Largest amplitude of a sample, re full scale 1. No converter gives more, whatever its samples are scaled to."""
LONGEST_HOLE_S = 6 * 3600.0
"""Longest hole, s. A time further away is itself damaged."""


class AudioFormat(Protocol):
    """The sample rate and the channels of a stream, as the section `audio` of a recipe gives them."""

    @property
    def sample_rate(self) -> int:
        """Return the sample rate, Hz."""

    @property
    def channel(self) -> str | int:
        """Return "mix" for the mean of all channels, "each" for each of them, or the number of one, from 0."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of a recording.

    Attributes
    ----------
    first, end : int, int or None
        Its first sample, and the sample after its last, at the recipe's rate. None stands for the recording's end.
    answers : (int, int or None)
        The samples of the file whose faults this stretch reports. Stretches overlap, and each fault counts once.
    """

    first: int = 0
    end: int | None = None
    answers: tuple[int, int | None] = (0, None)


class AudioStream:
    """Decode a recording, or a stretch of it, block by block. The memory does not grow with its length.

    Parameters
    ----------
    recording : Header, or str, Path or Place
        Its header, or the file.
    audio : AudioFormat
        Sample rate and channels of the blocks.
    block_s : float
        Length of a block, s. It changes no bit of the samples.
    stretch : Stretch, optional
        The part to decode; by default, all of it. Each stretch is resampled on its own. So its samples are the same
        to the last bit, however the rest of the recording is divided.
    clock : Clock, optional
        Adds up the time for "decode" and "resample".

    Attributes
    ----------
    header : Header
        Of the recording.
    channels : tuple of str
        Names of the channels of the blocks.
    n_samples : int
        Samples of each channel yielded so far, at the recipe's rate.
    ended : bool
        Whether `blocks` reached the end of the recording, or the sample where decoding stops, within the stretch.
    at_end : bool
        The same of `decoded`.
    facts : Facts
        The facts found so far. `judge` judges a whole recording by them.

    Raises
    ------
    RecordingError
        If the file cannot be read at all, or has no such channel.
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
        self.at_end = False
        self.facts = Facts((False,) * len(self.channels))
        self._audio = audio
        self._block_s = block_s
        self._stretch = stretch or Stretch()
        self._clock = clock or Clock()

    @property
    def seconds(self) -> float:
        """Return the length in s that the header claims; if it claims none, the length read so far."""
        return self.end_s if self.header.n_frames is None else self.header.n_frames / self.header.sample_rate

    @property
    def scanned_s(self) -> float:
        """Return the seconds that were decoded so far, without holes."""
        return self.facts.n_scanned / self.header.sample_rate

    @property
    def end_s(self) -> float:
        """Return the time in s up to which the recording was decoded so far, with holes."""
        return self.facts.n_read / self.header.sample_rate

    def lost(self, start_s: float, end_s: float) -> bool:
        """Return whether a hole that was found so far lies between two times, s."""
        rate = self.header.sample_rate
        return any(start < end_s * rate and end > start_s * rate for start, end in self.facts.holes)

    def blocks(self) -> Iterator[Samples]:
        """Decode the recording, once.

        Yields
        ------
        ndarray (channel, sample), float32
            In order, each of at least one sample. Samples in a hole are 0. After damage with nothing readable behind
            it, the blocks end.

        Raises
        ------
        RecordingError
            If the file is replaced or changed meanwhile, or the disk or the network cannot read it.
        """
        first, end, skip = self._bounds()
        resample = Resampler(self.header.sample_rate, self._audio.sample_rate, len(self.channels))
        for block in self._clock.each("decode", self.decoded(first, end)):  # (sample, channel) of the stream
            with self._clock("resample"):
                samples = resample(block)
            yield from self._counted(samples[skip:])
            skip -= min(skip, len(samples))
        if self.at_end:
            yield from self._counted(resample.flushed()[skip:])
        self.ended = self.at_end

    def _bounds(self) -> tuple[int, int | None, int]:
        """Return the file's first sample to decode, the end, and the number of samples to drop after resampling.

        A resampler is started on a whole second, where the samples of both rates coincide.
        """
        rate = self.header.sample_rate
        target = self._audio.sample_rate
        stretch = self._stretch
        if rate == target:
            return stretch.first, stretch.end, 0
        margin_s = -(-MARGIN // min(rate, target))
        start_s = max(0, stretch.first // target - margin_s)
        end_s = None if stretch.end is None else -(-stretch.end // target) + margin_s
        return start_s * rate, None if end_s is None else end_s * rate, stretch.first - start_s * target

    def _counted(self, samples: Samples) -> Iterator[Samples]:
        """Yield samples (sample, channel) of the stretch as blocks (channel, sample), and count them."""
        if self._stretch.end is not None:
            samples = samples[: self._stretch.end - self._stretch.first - self.n_samples]
        for start in range(0, len(samples), MOST_SAMPLES):  # a resampler may return many at once
            block = samples[start : start + MOST_SAMPLES]
            self.n_samples += len(block)
            yield np.ascontiguousarray(block.T)

    def decoded(self, first: int, end: int | None) -> Iterator[Samples]:
        """Decode the file's samples from `first` to `end`; yield blocks (sample, channel) of the chosen channels.

        They have the sample rate of the file. A hole gives zeros if later samples can be read.
        """
        position = first
        length = self._block_length()
        try:
            with self.header.file() as file:
                for start, piece in pieces(self.header, file, first, end, length, self._notice):
                    if start > position:
                        yield from self._hole(position, start, length)
                        position = start
                    block = piece[position - start : None if end is None else max(0, end - start)]
                    if len(block):
                        self.facts = replace(self.facts, n_read=position + len(block))
                        yield self._chosen(block, position)
                        position += len(block)
        except Undecodable as error:
            self.facts = replace(self.facts, error=str(error))
        except OSError as error:  # no damage: the file may be whole, and readable another time
            time_s = position / self.header.sample_rate
            why = error.strerror or error
            raise RecordingError(f"{self.header.place}: cannot be read: {why} (at {time_s:.1f} s)") from error
        self.at_end = end is None or position < end
        self.header.check_unchanged()

    def _notice(self) -> None:
        self.facts = replace(self.facts, disturbed=True)

    def _hole(self, start: int, end: int, length: int) -> Iterator[Samples]:
        """Yield zeros for the samples from `start` to `end`, and add the hole to the facts."""
        if end - start > LONGEST_HOLE_S * self.header.sample_rate:
            raise Undecodable(f"what follows claims to be {(end - start) / self.header.sample_rate:.0f} s later")
        first_mine, end_mine = self._stretch.answers
        hole_start = max(start, first_mine)
        hole_end = end if end_mine is None else min(end, end_mine)
        holes = self.facts.holes
        if hole_start < hole_end:
            holes = joined((*holes, (hole_start, hole_end)))
        self.facts = replace(self.facts, holes=holes, n_read=end)
        for position in range(start, end, length):
            yield np.zeros((min(length, end - position), len(self.channels)), np.float32)

    def _block_length(self) -> int:
        """Return the file's samples to decode at once: `block_s`, but not too many samples at either rate."""
        rate = self.header.sample_rate
        target = self._audio.sample_rate
        most = min(MOST_SAMPLES // self.header.n_channels, MOST_SAMPLES * rate // (target * len(self.channels)))
        return max(1, min(round(self._block_s * rate), most))

    def _chosen(self, coded: Coded, position: int) -> Samples:
        """Choose or mix the channels of a block that begins at the file's sample `position`, and add to the facts."""
        first, end = self._stretch.answers
        mine = slice(max(0, first - position), None if end is None else max(0, end - position))
        block = picked(as_float(coded), self._audio.channel)
        if coded.dtype != np.int16:
            block = self._without_absurd(block, mine)
        if self._audio.channel == "mix":
            block = mixed(block)
        if not all(self.facts.sounding):
            sounding = np.logical_or(self.facts.sounding, block[mine].any(axis=0))
            self.facts = replace(self.facts, sounding=tuple(map(bool, sounding)))
        return block

    def _without_absurd(self, block: Samples, mine: slice) -> Samples:
        """Replace samples that are not finite or above `LOUDEST` by 0, and count those among `mine`."""
        if block.max() <= LOUDEST and block.min() >= -LOUDEST:  # false if one is nan
            return block
        plausible = np.abs(block) <= LOUDEST
        n_absurd = self.facts.n_absurd + int(np.count_nonzero(~plausible[mine]))
        self.facts = replace(self.facts, n_absurd=n_absurd)
        return np.where(plausible, block, np.float32(0))


def as_float(coded: Coded) -> Samples:
    """Return samples from -1 to 1, as libsndfile would, but four times as fast for 16-bit integers."""
    if coded.dtype == np.int16:
        return coded * np.float32(2**-15)
    if coded.dtype == np.int32:
        return coded.astype(np.float32) * np.float32(2**-31)
    return coded.astype(np.float32, copy=False)
