"""The second step of a scan: score a part, from samples to the scores of its windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.audio.header import Header
from detector.audio.series import MemberFacts, SeriesStream
from detector.audio.stream import AudioStream, Stretch
from detector.audio.verdict import Facts
from detector.clock import Clock
from detector.errors import ConfigurationError, RecordingError
from detector.frontend.stream import PowerStream, ScaleStream
from detector.model import Model
from detector.recipe import Recipe
from detector.scanning.batches import SMALLER_BATCHES, Batches, Once, is_out_of_memory
from detector.scanning.engine import Engine, Scores, SharedEngine, WindowEngine
from detector.scanning.layout import Layout
from detector.scanning.plan import Part
from detector.scanning.trunks import Precision, trunk_runner
from detector.scanning.windows import WindowGrid


@dataclass(frozen=True)
class PartScores:
    """The result of scoring a part.

    Attributes
    ----------
    first : int
        First window of the part, counted from the first of the recording.
    fingerprint : str
        Of the model and the options that it was scored with.
    scores : ndarray
        (channel, window, label), or (channel, window, column, label) for a model with frame outputs.
    facts : Facts
        The facts that decoding found out about the part.
    ended : bool
        Whether the recording ended within what was read.
    members : tuple of MemberFacts
        For a series, the facts about each recording that the part read; otherwise empty.
    """

    first: int
    fingerprint: str
    scores: Scores
    facts: Facts
    ended: bool
    members: tuple[MemberFacts, ...] = ()

    @property
    def n_windows(self) -> int:
        """Count the windows."""
        return self.scores.shape[1]


class PartScorer:
    """Score parts. It keeps nothing between them, and threads may share it.

    Parameters
    ----------
    model : Model
        On its device.
    layout : Layout
        The windows, and the engine.
    precision : str
        Number format of the trunk.
    block_s : float
        Length of a decoded block, s. It changes no byte of the results.
    say : callable, optional
        Is called on any thread, with a line for the user, when the memory of the accelerator is full for the first
        time.

    Attributes
    ----------
    fingerprint : str
        Of the model and of the options that change scores.
    """

    def __init__(
        self,
        model: Model,
        layout: Layout,
        precision: Precision,
        block_s: float,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._model = model
        self._layout = layout
        self._block_s = block_s
        shrunk = None if say is None else Once(SMALLER_BATCHES, say)
        self._batches = Batches(shrunk=shrunk)
        self._trunk = trunk_runner(model, layout.step, precision, shrunk)
        options = (layout.engine, layout.step, layout.grid.hop, precision, model.device.type)
        self.fingerprint = "-".join((model.fingerprint(), *map(str, options)))

    def score(self, part: Part, clock: Clock | None = None, pulse: Callable[[], None] | None = None) -> PartScores:
        """Score the windows of a part.

        Parameters
        ----------
        part : Part
            The part.
        clock : Clock, optional
            Counts the processor time of the stages.
        pulse : callable, optional
            Is called with every block that is decoded.

        Raises
        ------
        RecordingError
            If the recording cannot be read, or the memory of the accelerator is too small for a single window of it.
        ConfigurationError
            If the part was made for another model, or for other options.
        """
        if part.fingerprint != self.fingerprint:
            raise ConfigurationError(
                f"{part.header.place}: a part made for {part.fingerprint} cannot be scanned with {self.fingerprint}"
            )
        try:
            return self._score(part, clock or Clock(), pulse)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        # not in `except`: the error would stay with this one, and keep tensors in the memory that is full
        place = part.place_at(self._stretch(part).answers[0])
        raise RecordingError(f"{place}: the memory of the accelerator is too small to scan it")

    def _score(self, part: Part, clock: Clock, pulse: Callable[[], None] | None) -> PartScores:
        header = part.header
        stream = self._stream(part, clock)
        rows = [stream.channels.index(channel) for channel in part.channels]
        scans = [ChannelScan(self._model, self._engine(clock), self._bounds(part), clock) for _ in rows]
        for block in stream.blocks():
            if pulse is not None:
                pulse()
            samples = torch.from_numpy(block)  # (channel, sample)
            for row, scan in zip(rows, scans):
                scan.push(samples[row : row + 1])
        n_frames = self._n_frames(header, stream.facts.n_read) if stream.ended else None
        n_windows = self._count(part, n_frames)
        scores = np.stack([scan.finish(n_windows, n_frames) for scan in scans])
        facts = of_rows(stream.facts, rows)
        found = stream.members if isinstance(stream, SeriesStream) else ()
        members = tuple(replace(member, facts=of_rows(member.facts, rows)) for member in found)
        return PartScores(part.first, part.fingerprint, scores, facts, stream.ended, members)

    def _stream(self, part: Part, clock: Clock) -> AudioStream:
        audio = self._model.recipe.audio
        stretch = self._stretch(part)
        if part.followers:
            return SeriesStream(part.headers, audio, self._block_s, stretch, clock)
        return AudioStream(part.header, audio, self._block_s, stretch, clock)

    def _engine(self, clock: Clock) -> Engine:
        kind = SharedEngine if self._layout.engine == "shared" else WindowEngine
        return kind(self._model, self._layout, self._trunk, clock, self._batches)

    def _bounds(self, part: Part) -> Bounds:
        grid = self._layout.grid
        first = grid.first + part.first * grid.hop
        settling = first - self._model.scale.settled if part.first else 0
        end = None if part.end is None else grid.first + (part.end - 1) * grid.hop + grid.length
        return Bounds(max(0, settling), first, end)

    def _stretch(self, part: Part) -> Stretch:
        """Return the samples that a part depends on, and the samples of the file whose faults it reports."""
        power = self._model.power
        bounds = self._bounds(part)
        hop = self._layout.grid.hop * power.hop_length  # samples at the model's rate
        rate = part.header.sample_rate / self._model.recipe.audio.sample_rate
        reported = first_sample(part, self._layout.grid, self._model.recipe)
        first = max(0, bounds.settling * power.hop_length - power.lead)
        if part.end is None or bounds.end is None:
            return Stretch(first, None, (reported, None))
        end = (bounds.end - 1) * power.hop_length - power.lead + power.n_fft
        end = max(end, part.end * hop)  # frames may leave gaps, but not parts
        return Stretch(first, end, (reported, round(part.end * hop * rate)))

    def _n_frames(self, header: Header, n_read: int) -> int:
        """Count the frames of a recording of `n_read` samples in the file."""
        return self._model.power.count_frames(n_read * self._model.recipe.audio.sample_rate // header.sample_rate)

    def _count(self, part: Part, n_frames: int | None) -> int:
        """Count the windows of a part; the recording ends after `n_frames`, or after the part if that is None."""
        if n_frames is None:
            assert part.n_windows is not None
            return part.n_windows
        left = self._layout.grid.count(n_frames) - part.first
        return max(0, left if part.n_windows is None else min(left, part.n_windows))


@dataclass(frozen=True)
class Bounds:
    """The frames of a part: from `settling` on for the state of the front end, from `first` on for its windows."""

    settling: int
    first: int
    end: int | None


class ChannelScan:
    """Turn the samples of one channel of a part into the scores of its windows."""

    def __init__(self, model: Model, engine: Engine, bounds: Bounds, clock: Clock) -> None:
        self._engine = engine
        self._bounds = bounds
        self._clock = clock
        self._power = PowerStream(model.power, 1, model.device, bounds.settling)
        self._scale = ScaleStream(model.scale)
        self._unused = max(0, bounds.first - bounds.settling)  # frames that only the state depends on
        self._scores: list[Scores] = []
        self._empty = empty_scores(model)
        if bounds.first < 0:  # windows begin before the recording
            before = torch.zeros(model.recipe.n_bands, -bounds.first, device=model.device)
            self._scores.extend(engine.push(before))

    def push(self, samples: Tensor) -> None:
        """Add the next samples (1, sample)."""
        self._through_engine(self._power.push(samples))

    def finish(self, n_windows: int, n_frames: int | None) -> Scores:
        """End the part after `n_windows` windows, and the recording after `n_frames` if it ends; return all scores."""
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


def first_sample(part: Part, grid: WindowGrid, recipe: Recipe) -> int:
    """Return the first sample of the file whose faults a part reports: the one where its first window lies."""
    rate = part.header.sample_rate / recipe.audio.sample_rate
    return round(part.first * grid.hop * recipe.hop_length * rate)


def of_rows(facts: Facts, rows: Sequence[int]) -> Facts:
    """Return facts about some of the channels."""
    return replace(facts, sounding=tuple(facts.sounding[row] for row in rows))


def empty_scores(model: Model) -> NDArray[np.float32]:
    """Return the scores of no windows."""
    columns = (model.network.geometry.columns,) if model.recipe.network.dense.per == "frame" else ()
    return np.zeros((0, *columns, len(model.recipe.labels.outputs)), dtype=np.float32)
