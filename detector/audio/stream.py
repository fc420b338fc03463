"""Decode a recording as a stream: blocks of chosen channels at the recipe's sample rate, and what was wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from detector.audio.decode import Sound, reason
from detector.audio.header import Header, Status, read_header
from detector.errors import RecordingError

if TYPE_CHECKING:
    from detector.recipe import Audio

Samples = NDArray[np.float32]

_LOSSY = {"MP3", "OGG"}
_TOLERANCE_S = 0.1  # codecs pad: their headers may claim a little more than comes out
_MPEG_READ = 4608  # where MP3 cannot be decoded the whole read is lost, so it is kept short


class AudioStream:
    """A recording, decoded block by block in memory that does not grow with its length.

    Parameters
    ----------
    path : Path
        The file.
    audio : Audio
        Sample rate and channel to bring it to.
    block_s : float
        Length of a block in s. It changes no bit of the samples.

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

    Raises
    ------
    RecordingError
        Where the file cannot be read at all, or has no such channel.
    """

    def __init__(self, path: Path, audio: Audio, block_s: float = 10.0) -> None:
        self.header: Header = read_header(path)
        self.channels = channel_names(self.header, audio.channel)
        self.faults: list[str] = list(self.header.faults)
        self.status: Status = "ok"
        self.n_samples = 0
        self._audio = audio
        self._block_s = block_s
        self._n_read = 0
        self._n_not_finite = 0
        self._sounding = np.zeros(len(self.channels), dtype=bool)
        self._error = ""

    @property
    def seconds(self) -> float:
        """Give the length in s that the header claims; where it claims none, what was read so far."""
        return self.scanned_s if self.header.n_frames is None else self.header.n_frames / self.header.sample_rate

    @property
    def scanned_s(self) -> float:
        """Give the length in s that was decoded so far."""
        return self._n_read / self.header.sample_rate

    def blocks(self) -> Iterator[Samples]:
        """Decode the recording, once.

        Yields
        ------
        ndarray (channel, sample), float32
            In order, of any length above 0. Damage ends them early; it raises nothing.
        """
        resample = _Resampler(self.header.sample_rate, self._audio.sample_rate, len(self.channels))
        for decoded in self._decoded():  # (sample, channel) of the file
            chosen = self._chosen(decoded)  # (sample, channel) of the stream
            self._sounding |= chosen.any(axis=0)
            yield from self._counted(resample(chosen))
        yield from self._counted(resample.flushed())
        self._judge()

    def _counted(self, samples: Samples) -> Iterator[Samples]:
        if len(samples):
            self.n_samples += len(samples)
            yield np.ascontiguousarray(samples.T)

    def _decoded(self) -> Iterator[Samples]:
        n_frames = max(1, round(self._block_s * self.header.sample_rate))
        at_once = n_frames
        if self.header.format == "MP3":  # reads that lie the same whatever the block
            at_once, n_frames = _MPEG_READ, n_frames + -n_frames % _MPEG_READ
        try:
            with self.header.opened() as sound:
                while not self._error:
                    block = np.empty((n_frames, self.header.n_channels), dtype=np.float32)
                    n_filled = self._fill(sound, block, at_once)
                    self._n_read += n_filled
                    if n_filled:
                        yield block[:n_filled]
                    if n_filled < n_frames:
                        return
        except (soundfile.SoundFileError, OSError) as error:
            self._error = reason(error)

    def _fill(self, sound: Sound, block: Samples, at_once: int) -> int:
        """Decode into `block` until it is full, the file ends or an error comes; give the number of good frames."""
        n_filled = 0
        while n_filled < len(block):
            before = sound.tell()
            try:
                n_got = len(sound.read(out=block[n_filled : n_filled + at_once]))
            except soundfile.LibsndfileError as error:
                self._error = reason(error)
                return n_filled + max(0, sound.tell() - before)  # libsndfile counts what came before the error
            if n_got == 0:
                break
            n_filled += n_got
        return n_filled

    def _chosen(self, block: Samples) -> Samples:
        if isinstance(self._audio.channel, int):
            block = block[:, self._audio.channel : self._audio.channel + 1]
        finite = np.isfinite(block)
        if not finite.all():
            self._n_not_finite += int(block.size - np.count_nonzero(finite))
            block = np.where(finite, block, np.float32(0))
        if self._audio.channel != "mix" or block.shape[1] == 1:
            return block
        total = block[:, 0].copy()  # one channel after another, so that a sum does not depend on the block's shape
        for channel in range(1, block.shape[1]):
            total += block[:, channel]
        return (total / np.float32(block.shape[1]))[:, None]

    def _judge(self) -> None:
        """Say what was wrong, now that the recording has been read."""
        self.status = self.header.status
        n_missing = (self.header.n_frames or 0) - self._n_read
        n_tolerated = _TOLERANCE_S * self.header.sample_rate if self.header.format in _LOSSY else 0
        if self._error and (self.header.format != "FLAC" or n_missing <= 0 or self._has_its_end()):
            self._found("damaged", f"decode error at {self.scanned_s:.1f} s: {self._error}; the rest was not read")
        elif self._n_read and n_missing > n_tolerated:
            status: Status = "damaged" if self.header.format == "OGG" else "truncated"  # Ogg tells a cut by itself
            line = f"{self.scanned_s:.1f} s of {self.seconds:.1f} s could be read ({n_missing} samples are missing)"
            self._found(status, f"{status}: {line}")
        if self._n_not_finite:
            self.faults.append(f"{self._n_not_finite} samples are not finite, taken as 0")
        self._judge_silence()

    def _judge_silence(self) -> None:
        if self._n_read == 0:
            claim = f", though its header claims {self.header.n_frames}" if self.header.n_frames else ""
            self._found("empty", f"holds no samples{claim}")
        elif not self._sounding.any():
            self._found("silent", "silent")
        else:
            silent = [name for name, sounding in zip(self.channels, self._sounding) if not sounding]
            self.faults.extend(f"channel {name} is silent" for name in silent)

    def _has_its_end(self) -> bool:
        """Say whether the last sample that the header claims is there: the damage is then in the midst of the file."""
        assert self.header.n_frames is not None
        try:
            with self.header.opened() as sound:
                sound.seek(self.header.n_frames - 1)
                return len(sound.read(1)) == 1
        except soundfile.SoundFileError:
            return False

    def _found(self, status: Status, line: str) -> None:
        self.faults.append(line)
        self.status = max(self.status, status, key=_WORSE.index)


_WORSE: tuple[Status, ...] = ("ok", "silent", "truncated", "damaged", "empty")


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
