"""One channel of one recording: samples in, scores and then events out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from detector.events import Event
from detector.frontend.stream import PowerStream, ScaleStream
from detector.model import Model, OperatingPoint
from detector.scanning.detections import ColumnReading, Reading, RunFinder, WindowReading, events_of
from detector.scanning.engine import Engine, Scores, WindowEngine
from detector.scanning.timeline import timeline
from detector.scanning.windows import WindowGrid

Rows = NDArray[np.float64]


class ChannelScan:
    """Scan one channel. Everything that has a memory is its own, so channels do not mix.

    Parameters
    ----------
    model : Model
        On its device.
    grid : WindowGrid
        Where its windows lie.
    operating : sequence of OperatingPoint
        How scores become events, one a label.
    """

    def __init__(self, model: Model, grid: WindowGrid, operating: Sequence[OperatingPoint]) -> None:
        self._model, self._grid, self._operating = model, grid, operating
        self._power = PowerStream(model.power, 1, model.device)
        self._scale = ScaleStream(model.scale)
        self._engine: Engine = WindowEngine(model, grid)
        self._timeline = timeline(grid)
        self._runs = RunFinder([point.threshold for point in operating], grid.points)
        self._n_samples = 0
        self.sounding = False

    def push(self, samples: Tensor) -> Rows:
        """Take the next samples (1, sample); give the next scores (point, label)."""
        self._n_samples += samples.shape[-1]
        self.sounding = self.sounding or bool(samples.any())
        return self._taken(self._points(self._through_engine(self._power.push(samples))))

    def finish(self) -> Rows:
        """End the recording; give the scores that are left."""
        return self._taken(self._last_points())

    def events(self) -> list[Event]:
        """Give the events, after `finish`."""
        points, n_points = self._grid.points, self._runs.n_points
        seconds = self._n_samples / self._model.recipe.audio.sample_rate
        reading: Reading
        if self._grid.columns is None:
            reading = WindowReading(points, n_points, seconds, self._model.recipe.labels.overlap)
        else:
            reading = ColumnReading(points, n_points, seconds)
        return events_of(self._runs.finish(), reading, self._operating)

    def _through_engine(self, tiles: Iterable[Tensor]) -> Iterator[Scores]:
        for tile in tiles:
            yield from self._engine.push(self._scale.push(tile)[0])

    def _points(self, windows: Iterable[Scores]) -> Iterator[Rows]:
        for scores in windows:
            yield self._timeline.push(scores)

    def _last_points(self) -> Iterator[Rows]:
        yield from self._points(self._through_engine(self._power.flush()))
        yield from self._points(self._engine.flush())
        yield self._timeline.flush(self._n_samples / self._model.power.hop_length)

    def _taken(self, points: Iterable[Rows]) -> Rows:
        """Look for runs in the next scores; give them, joined."""
        rows = np.concatenate([np.zeros((0, len(self._operating))), *(part for part in points if len(part))])
        self._runs.push(rows)
        return rows
