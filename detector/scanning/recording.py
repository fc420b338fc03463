"""Scan one recording: from the scores of its parts to events, and a word on what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from detector.audio.header import Header
from detector.audio.status import Status
from detector.audio.verdict import Facts, judge
from detector.chronology import Chronology
from detector.errors import Fault, RecordingError, fault_of
from detector.events import Event
from detector.operating.points import OperatingPoint
from detector.place import Place
from detector.recipe import Recipe
from detector.scanning.detections import ColumnReading, Reading, RunFinder, WindowReading, events_of
from detector.scanning.effort import Effort
from detector.scanning.parts import PartScores
from detector.scanning.smoothing import Smoother, half_width
from detector.scanning.timeline import timeline
from detector.scanning.windows import Points, WindowGrid

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class ScoreBlock:
    """The next scores of a recording.

    Attributes
    ----------
    recording : Place
        The file.
    points : Points
        The times of all its scores.
    first : int
        Number of the first score here.
    limit_s : float
        What scores describe ends here at the latest, s.
    scores : dict of str to ndarray
        By channel, (point, label), the same number of points for each.
    """

    recording: Place
    points: Points
    first: int
    limit_s: float
    scores: dict[str, Rows]

    @property
    def n_points(self) -> int:
        """Count the points."""
        return len(next(iter(self.scores.values())))


@dataclass(frozen=True)
class Scanned:
    """What came out of a recording.

    Attributes
    ----------
    recording : Place
        The file.
    chronology : Chronology or None
        When it was made.
    effort : tuple of Effort
        One a channel.
    detections : tuple of (str, Event)
        Channel and event, in order of time.
    remarks : tuple of str
        What a person should hear of at once.
    heard_s : float
        Its length as the model heard it, in whole samples at the model's rate, s.
    bug : Exception or None
        What the program did not expect, where that is why it failed.
    """

    recording: Place
    chronology: Chronology | None
    effort: tuple[Effort, ...]
    detections: tuple[tuple[str, Event], ...] = ()
    remarks: tuple[str, ...] = ()
    heard_s: float = 0.0
    bug: Exception | None = None

    @property
    def failed(self) -> bool:
        """Say whether the recording was not analysed."""
        return any(row.status == "failed" for row in self.effort)

    @property
    def scanned_s(self) -> float:
        """Give the length that was scanned, s."""
        return max(row.scanned_s for row in self.effort)


Keeper = Callable[[ScoreBlock], None]


class RecordingScan:
    """Put together what the parts of a recording gave, in their order.

    Parameters
    ----------
    header : Header
        Of the recording.
    chronology : Chronology or None
        When it was made.
    channels : sequence of str
        What is scanned of it.
    reader : Reader
        How scores are read.
    """

    def __init__(self, header: Header, chronology: Chronology | None, channels: Sequence[str], reader: Reader) -> None:
        self._header = header
        self._chronology = chronology
        self._reader = reader
        self._channels = {name: ChannelReading(reader) for name in channels}
        self._facts = Facts((False,) * len(channels))
        self._n_points = 0
        self._seen_end = self._ended = False
        self._failure: Fault | None = None

    @property
    def recording(self) -> Place:
        """Give the file."""
        return self._header.place

    @property
    def share(self) -> float:
        """Give the share (0 to 1) of the recording that was scanned, as far as its header tells."""
        return self._facts.n_read / max(1, self._header.n_frames or self._facts.n_read)

    def add(self, parts: Sequence[PartScores] | Exception, planned: int | None) -> ScoreBlock | None:
        """Take the next part of each channel, planned to have so many windows; give the scores that it brings.

        What comes after a part that fell short is left out: the recording has ended, or decoding has. Where a part
        could not be scanned, or its scores are no numbers, the recording has failed.
        """
        if self._failure is not None or self._ended:
            return None
        if isinstance(parts, Exception):
            self._failure = fault_of(self._header.place, parts)
            return None
        try:
            return self._added(parts, planned)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this recording's)
            self._failure = fault_of(self._header.place, error)
            return None

    def _added(self, parts: Sequence[PartScores], planned: int | None) -> ScoreBlock | None:
        facts = parts[0].facts
        if self._seen_end and facts.n_read > self._facts.n_read:
            self._ended = True  # it begins after damage that ended the one before it
            return None
        sounding = tuple(sounds for part in parts for sounds in part.facts.sounding)
        self._facts = self._facts.joined_with(replace(facts, sounding=sounding))
        self._seen_end = parts[0].ended
        self._ended = planned is None or len(parts[0].scores) < planned
        if not all(np.isfinite(part.scores).all() for part in parts):
            read_s = self._facts.n_read / self._header.sample_rate
            raise RecordingError(f"{self._header.place}: gives scores that are no numbers, by {read_s:.0f} s")
        rows = [channel.push(part.scores) for channel, part in zip(self._channels.values(), parts)]
        return self._block(rows, inf)

    def finish(self) -> tuple[ScoreBlock | None, Scanned]:
        """End the recording; give the scores that are left, and what came out of it."""
        try:
            if self._failure is None:
                return self._finished()
        except Exception as error:  # noqa: BLE001 (as above)
            self._failure = fault_of(self._header.place, error)
        assert self._failure is not None
        return None, failed(self._header.place, self._chronology, self._failure)

    def _finished(self) -> tuple[ScoreBlock, Scanned]:
        header, reader = self._header, self._reader
        rate = reader.recipe.audio.sample_rate
        n_samples = self._facts.n_read * rate // header.sample_rate
        rows = [channel.finish(n_samples) for channel in self._channels.values()]
        block = self._block(rows, inf if reader.grid.columns is None else n_samples / rate)
        events = [(name, event) for name, channel in self._channels.items() for event in channel.events(n_samples)]
        events.sort(key=lambda detection: detection[1].span)
        return block, self._scanned(events, n_samples)

    def _scanned(self, events: Sequence[tuple[str, Event]], n_samples: int) -> Scanned:
        header, recipe = self._header, self._reader.recipe
        status, found = judge(header, tuple(self._channels), self._facts)
        faults = "; ".join((*header.faults, *found))
        facts = self._facts.ended()
        scanned_s = facts.n_scanned / header.sample_rate
        seconds = (facts.n_read if header.n_frames is None else header.n_frames) / header.sample_rate
        short = n_samples < round(recipe.window.duration * recipe.audio.sample_rate)
        effort: list[Effort] = []
        for channel, sounding in zip(self._channels, self._facts.sounding):
            of_channel: Status = "short" if short else "ok"
            if status != "ok" or not sounding:
                of_channel = "silent" if status == "ok" else status
            effort.append(Effort(header.place, channel, of_channel, seconds, scanned_s, self._chronology, faults))
        remarks = (f"{header.place}: {faults}",) if faults else ()
        heard_s = n_samples / recipe.audio.sample_rate
        return Scanned(header.place, self._chronology, tuple(effort), tuple(events), remarks, heard_s)

    def _block(self, rows: Sequence[Rows], limit_s: float) -> ScoreBlock:
        scores = dict(zip(self._channels, map(self._reader.written, rows)))
        block = ScoreBlock(self._header.place, self._reader.grid.points, self._n_points, limit_s, scores)
        self._n_points += len(rows[0])
        return block


@dataclass(frozen=True)
class Reader:
    """How the scores of a model are read: its recipe, where its windows lie, and its operating points."""

    recipe: Recipe
    grid: WindowGrid
    operating: tuple[OperatingPoint, ...]

    def reading(self, n_points: int, seconds: float) -> Reading:
        """Tell how to read the times of sounds in a recording of so many points and seconds."""
        if self.grid.columns is None:
            return WindowReading(self.grid.points, n_points, seconds, self.recipe.labels.overlap)
        return ColumnReading(self.grid.points, n_points, seconds)

    def written(self, rows: Rows) -> Rows:
        """Bring scores (point, label) to the scales on which they are written."""
        if all(point.calibration is None for point in self.operating):
            return rows
        return np.stack([point.written(column) for point, column in zip(self.operating, rows.T)], axis=1)


class ChannelReading:
    """One channel of a recording: the scores of windows in, points in time and then events out."""

    def __init__(self, reader: Reader) -> None:
        self._reader, points = reader, reader.grid.points
        self._timeline = timeline(reader.grid)
        self._smoother = Smoother([half_width(point.smooth_s, points) for point in reader.operating])
        self._runs = RunFinder([point.raw_threshold for point in reader.operating], points)

    def push(self, scores: NDArray[np.float32]) -> Rows:
        """Take the next windows' scores; give the next points (point, label)."""
        return self._taken(self._smoother.push(self._shaped(self._timeline.push(scores))))

    def finish(self, n_samples: int) -> Rows:
        """End the recording; give the points that are left."""
        last = self._shaped(self._timeline.flush(n_samples / self._reader.recipe.hop_length))
        return self._taken(np.concatenate([self._smoother.push(last), self._smoother.finish()]))

    def events(self, n_samples: int) -> list[Event]:
        """Give the events, after `finish`."""
        reader, seconds = self._reader, n_samples / self._reader.recipe.audio.sample_rate
        return events_of(self._runs.finish(), reader.reading(self._runs.n_points, seconds), reader.operating)

    def _shaped(self, rows: Rows) -> Rows:
        return rows if len(rows) else np.zeros((0, len(self._reader.operating)))

    def _taken(self, rows: Rows) -> Rows:
        self._runs.push(rows)
        return rows


def failed(recording: Place, chronology: Chronology | None, why: Fault) -> Scanned:
    """Tell of a recording that was not analysed."""
    effort = Effort(recording, "", "failed", chronology=chronology, detail=why.reason)
    return Scanned(recording, chronology, (effort,), remarks=(why.reason,), bug=why.bug)
