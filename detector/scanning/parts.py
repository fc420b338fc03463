"""Parts, the unit of work: stretches of a recording's channel that can be scanned alone, by anyone, to the same bytes.

A part is a row of windows. To score them it reads what they see, and before it what the state of the front end depends
on, and nothing else: neighbours share no numbers, so it does not matter who scans them, or whether.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.audio.header import Header
from detector.audio.reading import read_header
from detector.audio.stream import MOST_SAMPLES, AudioStream, Stretch
from detector.audio.verdict import Facts
from detector.clock import Clock
from detector.errors import ConfigurationError, RecordingError
from detector.frontend.stream import PowerStream, ScaleStream
from detector.model import Model
from detector.place import Place
from detector.scanning.engine import STRIP_BYTES, Engine, Scores, SharedEngine, WindowEngine, strip_columns
from detector.scanning.layout import Layout
from detector.scanning.trunks import Precision, trunk_runner

PART_S = 180.0  # a part is at most about as long as this,
PART_WINDOWS = 40  # as so many windows,
FLOAT_BYTES = 4
KEPT_COPIES = 3  # of frames and columns that wait, while they are joined and cut
PART_SETTLED = 8  # and as so many times what it reads before itself, whichever is the longest


@dataclass(frozen=True)
class Part:
    """A row of windows of one channel of one recording.

    Attributes
    ----------
    recording : Place
        The file.
    channel : str
        One of the names that `AudioStream` gives its channels.
    first, end : int, int or None
        Its windows, counted from the recording's first; to the recording's end for None.
    fingerprint : str
        Of the model and the options that it is to be scanned with.
    """

    recording: Place
    channel: str
    first: int
    end: int | None
    fingerprint: str


@dataclass(frozen=True)
class PartScores:
    """What scanning a part gave.

    Attributes
    ----------
    scores : ndarray
        (window, label), or (window, column, label) for a model with frame outputs.
    facts : Facts
        What decoding brought to light, of this channel.
    ended : bool
        Whether the recording ended within what was read.
    """

    scores: Scores
    facts: Facts
    ended: bool


class PartScanner:
    """Scan parts. It keeps nothing between them, and threads may share it.

    Parameters
    ----------
    model : Model
        On its device.
    layout : Layout
        How to go over recordings.
    precision : str
        What the trunk computes in.
    block_s : float
        How much is decoded at once, s. It changes no byte of the results.
    """

    def __init__(self, model: Model, layout: Layout, precision: Precision, block_s: float) -> None:
        self._model, self._layout, self._block_s = model, layout, block_s
        self._trunk = trunk_runner(model, layout.step, precision)
        grid = layout.grid
        settled = model.scale.settled / grid.frame_rate
        seconds = max(PART_S, PART_WINDOWS * model.recipe.window.duration, PART_SETTLED * settled)
        self._n_windows = max(1, round(seconds / grid.hop_s))
        options = (layout.engine, layout.step, grid.hop, precision, model.device.type)
        self.fingerprint = "-".join((model.fingerprint(), *map(str, options)))

    def plan(self, header: Header, channels: Sequence[str]) -> Iterator[list[Part]]:
        """Cut a recording into parts; give those of the same windows together, as they are decoded together.

        Codings that cannot be entered in their midst make one part.
        """
        n_windows = 1
        if header.n_planned is not None and header.divisible:
            n_windows = self._layout.grid.count(self._n_frames(header, header.n_planned))
        length = equal_parts(n_windows, self._n_windows)
        for first in range(0, max(1, n_windows), length):
            end = first + length if first + length < n_windows else None
            yield [Part(header.place, channel, first, end, self.fingerprint) for channel in channels]

    def check_memory(self, header: Header, n_channels: int, most_mb: int) -> None:
        """Raise `RecordingError` where scanning so many channels at once would take more than `most_mb`, about."""
        if n_channels == 1:
            return
        geometry, bands = self._model.network.geometry, self._model.recipe.n_bands
        strip = strip_columns(geometry, self._layout)
        frames = bands * (strip * self._layout.step + geometry.frames.size)
        columns = prod(geometry.trunk_output[:2]) * (strip + geometry.columns)
        channel = FLOAT_BYTES * KEPT_COPIES * (frames + columns)
        needed_mb = (n_channels * channel + 2 * STRIP_BYTES + FLOAT_BYTES * KEPT_COPIES * MOST_SAMPLES) / 1e6
        if needed_mb > most_mb:
            raise RecordingError(
                f"{header.place}: scanning its {n_channels} channels side by side takes about {needed_mb:.0f} MB; "
                f"at most {most_mb} MB may be used (limit: memory)"
            )

    def scan(
        self,
        parts: Sequence[Part],
        header: Header | None = None,
        clock: Clock | None = None,
        pulse: Callable[[], None] | None = None,
    ) -> list[PartScores]:
        """Scan parts of the same windows of one recording; `pulse` is called with every block.

        Raises
        ------
        RecordingError
            Where the recording cannot be read.
        ConfigurationError
            Where they were made for another model, or for other options.
        """
        part, clock = parts[0], clock or Clock()
        if part.fingerprint != self.fingerprint:
            raise ConfigurationError(
                f"{part.recording}: a part made for {part.fingerprint} cannot be scanned with {self.fingerprint}"
            )
        header = header or read_header(part.recording)
        stream = AudioStream(header, self._model.recipe.audio, self._block_s, self._stretch(part, header), clock)
        rows = [stream.channels.index(part.channel) for part in parts]
        scans = [ChannelScan(self._model, self._engine(clock), self._bounds(part), clock) for _ in parts]
        for block in stream.blocks():
            if pulse is not None:
                pulse()
            samples = torch.from_numpy(block)  # (channel, sample)
            for row, scan in zip(rows, scans):
                scan.push(samples[row : row + 1])
        n_frames = self._n_frames(header, stream.facts.n_read) if stream.ended else None
        n_windows = self._count(part, n_frames)
        return [
            PartScores(scan.finish(n_windows, n_frames), stream.facts.of(row), stream.ended)
            for row, scan in zip(rows, scans)
        ]

    def _engine(self, clock: Clock) -> Engine:
        kind = SharedEngine if self._layout.engine == "shared" else WindowEngine
        return kind(self._model, self._layout, self._trunk, clock)

    def _bounds(self, part: Part) -> Bounds:
        grid = self._layout.grid
        first = grid.first + part.first * grid.hop
        settling = first - self._model.scale.settled if part.first else 0
        end = None if part.end is None else grid.first + (part.end - 1) * grid.hop + grid.length
        return Bounds(max(0, settling), first, end)

    def _stretch(self, part: Part, header: Header) -> Stretch:
        """Find the samples that a part depends on, and those of the file whose faults it is to tell."""
        power, bounds, grid = self._model.power, self._bounds(part), self._layout.grid
        rate = header.sample_rate / self._model.recipe.audio.sample_rate

        def at(window: int | None) -> int | None:
            return None if window is None else round(window * grid.hop * power.hop_length * rate)

        first = max(0, bounds.settling * power.hop_length - power.lead)
        if part.end is None or bounds.end is None:
            return Stretch(first, None, (at(part.first) or 0, None))
        end = (bounds.end - 1) * power.hop_length - power.lead + power.n_fft
        end = max(end, part.end * grid.hop * power.hop_length)  # frames may leave gaps, but not parts
        return Stretch(first, end, (at(part.first) or 0, at(part.end)))

    def _n_frames(self, header: Header, n_read: int) -> int:
        """Count the frames of a recording of which the file holds `n_read` samples."""
        return self._model.power.count_frames(n_read * self._model.recipe.audio.sample_rate // header.sample_rate)

    def _count(self, part: Part, n_frames: int | None) -> int:
        """Count the windows of a part of a recording that ends after `n_frames`, if it does."""
        if n_frames is None:
            assert part.end is not None
            return part.end - part.first
        left = self._layout.grid.count(n_frames) - part.first
        return max(0, left if part.end is None else min(left, part.end - part.first))


def equal_parts(n_windows: int, most: int) -> int:
    """Give the number of windows of a part, at most `most`, so that a few workers end at about the same time.

    Parts are of one length, and more than two are a multiple of four.
    """
    n_parts = -(-n_windows // most)
    n_parts += -n_parts % (4 if n_parts > 2 else 1)
    return max(1, -(-n_windows // n_parts)) if n_parts else most


@dataclass(frozen=True)
class Bounds:
    """The frames of a part: from `settling` on for the state of the front end, from `first` on for its windows."""

    settling: int
    first: int
    end: int | None


class ChannelScan:
    """The scan of one channel of a part: samples in, scores of its windows out."""

    def __init__(self, model: Model, engine: Engine, bounds: Bounds, clock: Clock) -> None:
        self._engine, self._bounds, self._clock = engine, bounds, clock
        self._power = PowerStream(model.power, 1, model.device, bounds.settling)
        self._scale = ScaleStream(model.scale)
        self._unused = max(0, bounds.first - bounds.settling)  # frames that only the state depends on
        self._scores: list[Scores] = []
        self._empty = empty_scores(model)
        if bounds.first < 0:  # windows begin before the recording
            before = torch.zeros(model.recipe.n_bands, -bounds.first, device=model.device)
            self._scores.extend(engine.push(before))

    def push(self, samples: Tensor) -> None:
        """Take the next samples (1, sample)."""
        self._through_engine(self._power.push(samples))

    def finish(self, n_windows: int, n_frames: int | None) -> Scores:
        """End the part after `n_windows` windows, and the recording after `n_frames`, if it ends; give all scores."""
        ends = [end for end in (self._bounds.end, n_frames) if end is not None]
        self._through_engine(self._power.flush(min(ends)))
        self._scores.extend(self._engine.finish(n_windows))
        scores = np.concatenate(self._scores or [self._empty])
        return scores[:n_windows]

    def _through_engine(self, tiles: Iterator[Tensor]) -> None:
        for tile in self._clock.each("front end", tiles):
            with self._clock("front end"):
                frames = self._scale.push(tile)[0]
                unused = min(self._unused, frames.shape[-1])
                self._unused -= unused
            self._scores.extend(self._engine.push(frames[:, unused:]))


def empty_scores(model: Model) -> NDArray[np.float32]:
    """Give the scores of no windows."""
    columns = (model.network.geometry.columns,) if model.recipe.network.dense.per == "frame" else ()
    return np.zeros((0, *columns, len(model.labels)), dtype=np.float32)
