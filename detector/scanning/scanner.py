"""Scan recordings: cut them into parts, scan these on threads, and put together what they gave, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice

from detector.audio.header import Header
from detector.audio.limits import DEFAULT_LIMITS, Limits
from detector.audio.metadata import name_chronology, read_chronology
from detector.audio.reading import read_header
from detector.audio.stream import channel_names
from detector.chronology import Chronology
from detector.clock import Clock
from detector.errors import RecordingError, fault_of
from detector.evaluation.placing import many
from detector.model import Model
from detector.operating.points import OperatingPoint
from detector.operating.target import Target
from detector.place import Named, Place, place_of
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.parts import Part, PartScanner, PartScores
from detector.scanning.recording import Keeper, Reader, RecordingScan, Scanned, failed
from detector.scanning.trunks import Precision, choose_precision
from detector.scanning.workers import Pulse, Stuck, Task, Workers

BLOCK_S = 10.0
OPENED_AHEAD = 2  # recordings that are opened before their turn, for each worker

Advance = Callable[[float], None]
Opened = tuple[Header, Chronology | None, tuple[str, ...]]
"""A recording's header, when it was made, and the names of the channels to scan."""


@dataclass(frozen=True)
class Setting:
    """How to scan.

    Attributes
    ----------
    hop_s : float or None
        From one window to the next, s.
    threshold : float, Target or None
        For all labels, in the place of the model's own, on the scale of written scores; a target is looked up for each
        label in what `detector tune` stored.
    timezone : tzinfo or None
        Of recorders that tell the time without one.
    engine : str
        "shared", "windows", or "auto" for the first where it can be.
    precision : str
        What the trunk computes in.
    workers : int
        Threads that scan parts. It changes no byte of the results.
    block_s : float
        How much is decoded at once, s. It changes no byte of the results.
    limits : Limits
        What a recording may ask for at most.
    """

    hop_s: float | None = None
    threshold: float | Target | None = None
    timezone: tzinfo | None = None
    engine: EngineName = "auto"
    precision: Precision = "auto"
    workers: int = 1
    block_s: float = BLOCK_S
    limits: Limits = DEFAULT_LIMITS


class Scanner:
    """Scan recordings with a model.

    Attributes
    ----------
    layout : Layout
        How it goes over recordings.
    clock : Clock
        The processor time that its stages took so far, all threads together.
    """

    def __init__(self, model: Model, setting: Setting | None = None) -> None:
        self._setting = setting = setting or Setting()
        self._audio = model.recipe.audio
        self.layout = lay_out(model.recipe, setting.hop_s, setting.engine)
        self.precision = choose_precision(setting.precision, model.device)
        self.parts = PartScanner(model, self.layout, self.precision, setting.block_s)
        self.clock = Clock()
        self._operating = model.operating
        self._reader = Reader(model.recipe, self.layout.grid, model.operating.at(setting.threshold))

    def notes(self) -> Iterator[str]:
        """Tell how recordings are gone over, and what a user may take for more than it is.

        That is a hop other than asked for (by frames) or tuned with, and a target that a label does not keep or for
        which it was tuned on too little.
        """
        yield self.layout.note
        asked, grid, tuned = self._setting.hop_s, self.layout.grid, self._operating.tuned
        if asked is not None and abs(grid.hop - asked * grid.frame_rate) > 0.5:
            yield f"--hop {asked:g} s: taken as {grid.hop_s:g} s, the nearest that lets windows share columns"
        if tuned is not None and abs(tuned.hop_s - grid.hop_s) > 1e-6:
            yield f"the model was tuned with a window every {tuned.hop_s:.4g} s; its thresholds are for that"
        if isinstance(self._setting.threshold, Target):
            yield from self._operating.shortfalls(self._setting.threshold)
            yield from doubts(self._operating.label, self._setting.threshold)

    def scan(self, recording: Named, keep: Keeper | None = None, advance: Advance | None = None) -> Scanned:
        """Scan one recording; as `scan_all`."""
        return next(self.scan_all([recording], keep, advance))

    def scan_all(
        self, recordings: Iterable[Named], keep: Keeper | None = None, advance: Advance | None = None
    ) -> Iterator[Scanned]:
        """Scan recordings.

        Parameters
        ----------
        recordings : iterable of Place, or of Path or str
            The files.
        keep : callable, optional
            Takes the scores as they come, in `ScoreBlock`s.
        advance : callable, optional
            Hears now and then which share of the recording at hand (0 to 1) is done.

        Yields
        ------
        Scanned
            For each recording, in order, what came out of it. One that cannot be scanned, for whatever reason, gives a
            result that says so.
        """
        with Workers(self._setting.workers, self._setting.limits.patience) as workers:
            for job, made in workers.in_order(self._jobs(recordings, workers), self._done):
                if isinstance(job.whole, Scanned):
                    yield job.whole
                    continue
                outcome = given_up(job.whole.recording, made) if isinstance(made, Stuck) else made
                with self.clock("events"):
                    block = job.whole.add(outcome, job.n_windows)
                if keep is not None and block is not None:
                    keep(block)
                if advance is not None:
                    advance(job.whole.share)
                if job.last:
                    with self.clock("events"):
                        last, scanned = job.whole.finish()
                    if keep is not None and last is not None:
                        keep(last)
                    yield scanned

    def _jobs(self, recordings: Iterable[Named], workers: Workers) -> Iterator[Job]:
        """Let workers open recordings ahead; give the parts of one after another."""
        places = map(place_of, recordings)
        opening: deque[tuple[Place, Task[Opened]]] = deque()
        while True:
            for place in islice(places, OPENED_AHEAD * workers.number - len(opening)):
                opening.append((place, workers.begin(lambda _, place=place: self._open(place))))  # type: ignore[misc]
            if not opening:
                return
            place, task = opening.popleft()
            try:
                header, chronology, channels = workers.finish(task)
                rows = list(self.parts.plan(header, channels))
                whole = RecordingScan(header, chronology, channels, self._reader)
            except Exception as error:  # noqa: BLE001 (whatever it is, it is this recording's)
                error = given_up(place, error) if isinstance(error, Stuck) else error
                chronology = name_chronology(place, self._setting.timezone)
                yield Job(failed(place, chronology, fault_of(place, error)))
                continue
            for n, parts in enumerate(rows):
                yield Job(whole, header, parts, last=n == len(rows) - 1)

    def _open(self, place: Place) -> Opened:
        """Read what is known of a recording before it is decoded."""
        header = read_header(place, self._setting.limits)
        channels = channel_names(header, self._audio.channel)
        self.parts.check_memory(header, len(channels), self._setting.limits.memory)
        return header, read_chronology(header, self._setting.timezone), channels

    def _done(self, job: Job, pulse: Pulse) -> list[PartScores]:
        """Scan the parts of a job, on whatever thread."""
        if not job.parts:
            return []
        clock = Clock()
        try:
            return self.parts.scan(job.parts, job.header, clock, pulse)
        finally:
            self.clock.add(clock)


def given_up(recording: Place, stuck: Stuck) -> RecordingError:
    """Say of a recording that nothing was heard of it any more."""
    return RecordingError(f"{recording}: given up after {stuck} s without any progress (limit: patience)")


def doubts(points: Iterable[OperatingPoint], target: Target) -> Iterator[str]:
    """Say which labels meet a target, but were tuned on too little to bear it out."""
    for point in points:
        if point.curve is None or point.shortfall(target):
            continue
        support = point.support(target)
        if support is not None and not support.bears(target):
            calls = many(point.curve.events, "call")
            yield f"{point.name}: tuned on {calls} in {point.curve.hours:.2g} h: {support.doubt(target)}"


@dataclass(frozen=True)
class Job:
    """Parts that are scanned together, and what they belong to; a recording without parts, as what became of it."""

    whole: RecordingScan | Scanned
    header: Header | None = None
    parts: Sequence[Part] = ()
    last: bool = True

    @property
    def n_windows(self) -> int | None:
        """Count the windows that were planned; None where they go on to the recording's end."""
        part = self.parts[0]
        return None if part.end is None else part.end - part.first
