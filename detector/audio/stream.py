"""Decode a recording as a stream: blocks of chosen channels at the recipe's sample rate, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from detector.audio.decode import Sound, reason
from detector.audio.header import Header, Status, read_header
from detector.audio.verdict import Facts, judge
from detector.clock import Clock
from detector.errors import RecordingError

if TYPE_CHECKING:
    from detector.recipe import Audio

Samples = NDArray[np.float32]
Coded = NDArray[np.float32] | NDArray[np.int16]

MARGIN = 1024  # samples of the lower rate in which a resampler settles
_MPEG_READ = 4608  # where MP3 cannot be decoded the whole read is lost, so it is kept short


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
    path : Path or Header
        The file, or what its header says.
    audio : Audio
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
    faults : list of str
        What is wrong with the recording, a line each; grows while `blocks` runs.
    status : str
        After `blocks`: "ok", or the worst of "empty", "damaged", "truncated" and "silent", in this order.
    n_samples : int
        Samples of each channel given so far, at the recipe's rate.
    ended : bool
        After `blocks`: whether the recording ended within the stretch, or decoding did.
    facts : Facts
        What decoding brought to light so far.

    Raises
    ------
    RecordingError
        Where the file cannot be read at all, or has no such channel.
    """

    def __init__(
        self,
        path: Path | Header,
        audio: Audio,
        block_s: float = 10.0,
        stretch: Stretch | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.header: Header = path if isinstance(path, Header) else read_header(path)
        self.channels = channel_names(self.header, audio.channel)
        self.faults: list[str] = list(self.header.faults)
        self.status: Status = "ok"
        self.n_samples = 0
        self.ended = False
        self.facts = Facts(np.zeros(len(self.channels), dtype=bool))
        self._audio = audio
        self._block_s = block_s
        self._stretch = stretch or Stretch()
        self._clock = clock or Clock()
        self._coded_as = np.dtype(np.int16 if self.header.subtype == "PCM_16" else np.float32)

    @property
    def seconds(self) -> float:
        """Give the length in s that the header claims; where it claims none, what was read so far."""
        return self.scanned_s if self.header.n_frames is None else self.header.n_frames / self.header.sample_rate

    @property
    def scanned_s(self) -> float:
        """Give the time in s up to which it was decoded so far."""
        return self.facts.n_read / self.header.sample_rate

    def blocks(self) -> Iterator[Samples]:
        """Decode the recording, once.

        Yields
        ------
        ndarray (channel, sample), float32
            In order, of any length above 0. Damage ends them early; it raises nothing.
        """
        first, end, skip = self._bounds()
        resample = _Resampler(self.header.sample_rate, self._audio.sample_rate, len(self.channels))
        for chosen in self._clock.each("decode", self._decoded(first, end)):  # (sample, channel) of the stream
            with self._clock("resample"):
                samples = resample(chosen)
            yield from self._counted(samples[skip:])
            skip -= min(skip, len(samples))
        if self.ended:
            yield from self._counted(resample.flushed()[skip:])
        self.status, found = judge(self.header, self.channels, self.facts)
        self.faults.extend(found)

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
        if len(samples):
            self.n_samples += len(samples)
            yield np.ascontiguousarray(samples.T)

    def _decoded(self, first: int, end: int | None) -> Iterator[Samples]:
        """Decode the file's samples from `first` to `end`; give blocks (sample, channel) of the chosen channels."""
        length = max(1, round(self._block_s * self.header.sample_rate))
        at_once = length
        if self.header.format == "MP3":  # reads that lie the same whatever the block
            at_once, length = _MPEG_READ, length + -length % _MPEG_READ
        try:
            with self.header.opened() as sound:
                at = self._sought(sound, first)
                while not self.ended and (end is None or at < end):
                    n_frames = length if end is None else min(length, end - at)
                    block = np.empty((n_frames, self.header.n_channels), dtype=self._coded_as)
                    n_filled = self._fill(sound, block, at_once)
                    self.ended = bool(self.facts.error) or n_filled < n_frames
                    late = min(n_filled, max(0, first - at))
                    if n_filled:
                        self.facts.n_read = at + n_filled
                    if n_filled > late:
                        yield self._chosen(block[late:n_filled], at + late)
                    at += n_filled
        except (soundfile.SoundFileError, OSError) as error:
            self.facts.error = reason(error)
            self.ended = True

    def _sought(self, sound: Sound, first: int) -> int:
        """Go to the file's sample `first`; where its coding does not allow that, stay at its beginning."""
        if first == 0 or not self.header.divisible:
            return 0
        self.ended = True
        with suppress(soundfile.SoundFileError):  # past the end of what can be read
            self.ended = sound.seek(first) != first
        return first

    def _fill(self, sound: Sound, block: Coded, at_once: int) -> int:
        """Decode into `block` until it is full, the file ends or an error comes; give the number of good frames."""
        n_filled = 0
        while n_filled < len(block):
            before = sound.tell()
            try:
                n_got = len(sound.read(out=block[n_filled : n_filled + at_once]))
            except soundfile.LibsndfileError as error:
                self.facts.error = reason(error)
                return n_filled + max(0, sound.tell() - before)  # libsndfile counts what came before the error
            if n_got == 0:
                break
            n_filled += n_got
        return n_filled

    def _chosen(self, coded: Coded, at: int) -> Samples:
        """Choose or mix the channels of a block that begins at the file's sample `at`, and look at what they hold."""
        block = as_float(coded)
        first, end = self._stretch.answers
        mine = slice(max(0, first - at), None if end is None else max(0, end - at))
        if isinstance(self._audio.channel, int):
            block = block[:, self._audio.channel : self._audio.channel + 1]
        if not np.isfinite(block.sum()):  # far quicker than to look at each sample
            finite = np.isfinite(block)
            self.facts.n_not_finite += int(np.count_nonzero(~finite[mine]))
            block = np.where(finite, block, np.float32(0))
        if self._audio.channel == "mix" and block.shape[1] > 1:
            total = block[:, 0].copy()  # one after another, so that a sum does not depend on the block's shape
            for channel in range(1, block.shape[1]):
                total += block[:, channel]
            block = (total / np.float32(block.shape[1]))[:, None]
        if not self.facts.sounding.all():
            self.facts.sounding |= block[mine].any(axis=0)
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
        raise RecordingError(f"{header.path}: has no channel {channel}; its {header.n_channels} channels count from 0")
    return (str(channel),)
