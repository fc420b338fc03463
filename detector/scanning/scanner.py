"""Scan recordings: plan each, score its parts, and assemble the scores in order."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from detector.audio.metadata import name_chronology
from detector.clock import Clock
from detector.errors import Parameter, fault_of
from detector.model import Model
from detector.place import Named, Place, place_of
from detector.scanning.assembly import Assembly
from detector.scanning.blocks import Take
from detector.scanning.executor import Executor, given_up
from detector.scanning.layout import lay_out
from detector.scanning.outcome import Scanned, failed
from detector.scanning.parts import PartScorer, PartScores
from detector.scanning.plan import Part, Plan, Planner
from detector.scanning.series import Planned, in_series
from detector.scanning.setting import Setting
from detector.scanning.trunks import choose_precision
from detector.scanning.windows import WindowGrid
from detector.scanning.workers import Workers

Advance = Callable[[float], None]
Pulse = Callable[[], None]
ScorePart = Callable[[Part, Pulse], PartScores]
"""A function that scores a part; see `Scanner.score`."""
Skip = Callable[[Plan], bool]


@dataclass(frozen=True)
class Step:
    """One part of a plan.

    Attributes
    ----------
    recording : Place
        The file, or the first of a series.
    plan : Plan or Exception
        The plan, or the error of a recording that could not be planned.
    number : int
        Of the plan, in the scan.
    part : Part or None
        None after such an error, or if the other parts of the plan are left out.
    """

    recording: Place
    plan: Plan | Exception
    number: int
    part: Part | None = None


class Scanner:
    """Scan recordings with a model.

    Parameters
    ----------
    model : Model
        On its device.
    setting : Setting, optional
        How to scan.
    say : callable, optional
        Is called with a line for the user while recordings are scanned, on any thread.

    Attributes
    ----------
    layout : Layout
        The windows of its scans, and the engine.
    fingerprint : str
        Of the model and of the options that change scores.
    clock : Clock
        The processor time of each stage so far, in all threads together.
    """

    def __init__(self, model: Model, setting: Setting | None = None, say: Callable[[str], None] | None = None) -> None:
        setting = setting or Setting()
        self._setting = setting
        self.recipe = model.recipe
        self.layout = lay_out(model.recipe, setting.hop_s, setting.engine)
        self.precision = choose_precision(setting.precision, model.device)
        self._scorer = PartScorer(model, self.layout, self.precision, setting.block_s, say)
        self._planner = Planner(
            model, self.layout, self._scorer.fingerprint, setting.limits, setting.timezone, setting.time_pattern
        )
        self.fingerprint = self._scorer.fingerprint
        self.clock = Clock()

    @property
    def grid(self) -> WindowGrid:
        """Return the windows of its scans."""
        return self.layout.grid

    def notes(self) -> Iterator[str]:
        """Describe the engine and the hop, and say if the hop is not the requested one."""
        grid = self.layout.grid
        asked = self._setting.hop_s
        yield self.layout.note
        if asked is not None and abs(grid.hop - asked * grid.frame_rate) > 0.5:
            taken = f"taken as {grid.hop_s:g} s, the nearest that lets windows share columns"
            yield f"{Parameter('hop_s')} {asked:g} s: {taken}"

    def plan(self, recording: Named) -> Plan:
        """Plan the scan of a recording; see `Planner.plan`."""
        return self._planner.plan(recording)

    def score(self, part: Part, pulse: Pulse | None = None) -> PartScores:
        """Score a part; see `PartScorer.score`."""
        clock = Clock()
        try:
            return self._scorer.score(part, clock, pulse)
        finally:
            self.clock.add(clock)

    def assemble(self, plan: Plan) -> Assembly:
        """Return an assembly for the parts of a plan."""
        return Assembly(plan, self.recipe, self.layout.grid)

    def scan(self, recording: Named, take: Take | None = None, advance: Advance | None = None) -> Scanned:
        """Scan one recording; see `scan_all`."""
        return next(self.scan_all([recording], take, advance))

    def scan_all(
        self, recordings: Iterable[Named], take: Take | None = None, advance: Advance | None = None
    ) -> Iterator[Scanned]:
        """Scan recordings, on threads.

        Parameters
        ----------
        recordings : iterable of Place, or of Path or str
            The files.
        take : callable, optional
            Is called with the raw scores of the network.
        advance : callable, optional
            Is called now and then with the number of recordings that are finished of those which are not yielded yet:
            a fraction (0 to 1), except in a series.

        Yields
        ------
        Scanned
            The result of each recording, in order, without detections. One that cannot be scanned gives a result
            with the reason.
        """
        with Workers(self._setting.workers, self._setting.limits.patience) as workers:
            yield from self.scan_with(workers, recordings, take, advance)

    def scan_with(
        self,
        executor: Executor,
        recordings: Iterable[Named],
        take: Take | None = None,
        advance: Advance | None = None,
        score: ScorePart | None = None,
        skip: Skip | None = None,
    ) -> Iterator[Scanned]:
        """Scan recordings with an executor; see `scan_all`.

        Parameters
        ----------
        score : callable, optional
            Scores parts in the place of `Scanner.score`, for example by reading scores that were kept.
        skip : callable, optional
            Returns whether a recording or series is left out, given its plan.
        """
        jobs = Jobs(executor, take, advance, score or self.score)
        plans = executor.in_order(map(place_of, recordings), lambda recording, _: self.plan(recording))
        if self._setting.continuous:
            plans = in_series(plans, self.recipe.window.duration, self._planner.joined)
        if skip is not None:
            plans = (planned for planned in plans if isinstance(planned[1], Exception) or not skip(planned[1]))
        for results, left_out in self._each(jobs, plans):
            yield from results
            rest = left_out
            while rest is not None:
                ((results_of_rest, rest),) = self._each(jobs, [(rest.recording, rest)])
                yield from results_of_rest

    def _each(self, jobs: Jobs, plans: Iterable[Planned]) -> Iterator[tuple[Sequence[Scanned], Plan | None]]:
        """Scan plans; yield the results of each, and the plan of the recordings that a series left out, if any."""
        over: set[int] = set()  # plans whose other parts are left out
        scored = jobs.executor.in_order(
            steps_of(plans, over), lambda step, pulse: None if step.part is None else jobs.score(step.part, pulse)
        )
        for step, scores in scored:
            if isinstance(step.plan, Exception):
                chronology = name_chronology(step.recording, self._setting.timezone, self._setting.time_pattern)
                why = fault_of(step.recording, given_up(step.recording, step.plan))
                yield (failed(step.recording, chronology, why),), None
            else:
                assembly = self.assemble(step.plan)
                self._assemble(assembly, of_plan(step, scores, scored, assembly, over), jobs)
                yield assembly.results, self._planner.rest(step.plan, len(assembly.results))

    def _assemble(self, assembly: Assembly, parts: Iterable[Scores], jobs: Jobs) -> None:
        """Assemble the scores of the parts of a recording or series as they come."""
        for block in self.clock.each("events", assembly.blocks(parts)):
            if jobs.take is not None:
                jobs.take(block)
            if jobs.advance is not None:
                jobs.advance(assembly.share)


Scores = tuple[Part, PartScores | Exception]


@dataclass(frozen=True)
class Jobs:
    """What a scan does its work with: see `Scanner.scan_with`."""

    executor: Executor
    take: Take | None
    advance: Advance | None
    score: ScorePart


def steps_of(plans: Iterable[tuple[Place, Plan | Exception]], over: Container[int]) -> Iterator[Step]:
    """Cut plans into steps. Once the number of a plan is in `over`, a step without a part ends it."""
    for number, (recording, plan) in enumerate(plans):
        if isinstance(plan, Exception):
            yield Step(recording, plan, number)
            continue
        for part in plan.parts():
            if number in over:
                yield Step(recording, plan, number)
                break
            yield Step(recording, plan, number, part)


def of_plan(
    step: Step,
    scores: PartScores | Exception | None,
    following: Iterator[tuple[Step, PartScores | Exception | None]],
    assembly: Assembly,
    over: set[int],
) -> Iterator[Scores]:
    """Yield the parts of one plan with their scores, beginning with the given one, until the recording is over."""
    while step.part is not None:
        assert scores is not None
        yield step.part, scores
        if assembly.over:
            over.add(step.number)
        if step.part.is_last:
            return
        step, scores = next(following)
