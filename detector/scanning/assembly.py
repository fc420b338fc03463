"""The third step of a scan: assemble the scores of the parts, and describe the recordings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import inf

import numpy as np

from detector.audio.series import MemberFacts, length_of, starts_of
from detector.audio.verdict import Facts
from detector.errors import ContentError, Fault, fault_of
from detector.recipe import Recipe
from detector.scanning.blocks import Rows, ScoreBlock
from detector.scanning.describing import described
from detector.scanning.executor import given_up
from detector.scanning.outcome import Member, Scanned, failed
from detector.scanning.parts import PartScores, first_sample
from detector.scanning.plan import Part, Plan
from detector.scanning.timeline import timeline
from detector.scanning.windows import WindowGrid


class Assembly:
    """Assemble the scores of the parts of a recording, or of a series of recordings, in order.

    Parameters
    ----------
    plan : Plan
        Of the recording or the series.
    recipe : Recipe
        Of the model.
    grid : WindowGrid
        The windows of the scan.
    """

    def __init__(self, plan: Plan, recipe: Recipe, grid: WindowGrid) -> None:
        self._plan = plan
        self._recipe = recipe
        self._grid = grid
        self._starts = starts_of(plan.headers)
        places = (header.place for header in plan.headers)
        begins = zip((start / plan.header.sample_rate for start in self._starts), places)
        self._members = tuple(begins) if plan.followers else ()
        self._n_claimed = plan.header.n_frames
        if plan.followers:
            self._n_claimed = self._starts[-1] + length_of(plan.followers[-1])
        self._timelines = [timeline(grid) for _ in plan.channels]
        self._facts = Facts((False,) * len(plan.channels))
        self._facts_of: dict[int, MemberFacts] = {}
        self._next_window = 0
        self._n_windows = 0
        self._n_points = 0
        self._results: tuple[Scanned, ...] = ()
        self._seen_end = False
        self._ended = False
        self._failure: Fault | None = None
        self._n_failing = 0  # number of the recording that `_failure` is about

    @property
    def share(self) -> float:
        """Return how many recordings were scanned, by the length that their headers claim: a fraction, if it is one."""
        n_read = self._facts.n_read
        return len(self._plan.headers) * min(1.0, n_read / max(1, self._n_claimed or n_read))

    @property
    def over(self) -> bool:
        """Return whether scores of later parts are left out, because the recording has ended or failed."""
        return self._ended or self._failure is not None

    @property
    def results(self) -> tuple[Scanned, ...]:
        """Return the results, without detections, after `blocks` or `finish`.

        A series ends with the first recording that fails, or cannot be read to its end: it has the last result.
        """
        return self._results

    def blocks(self, parts: Iterable[tuple[Part, PartScores | Exception]]) -> Iterator[ScoreBlock]:
        """Yield the scores of the recording, from its parts in order, each with its scores or its error.

        The last block says how long the recording is. A recording that failed has no last block.
        """
        for part, scores in parts:
            block = self.add(part, scores)
            if block is not None:
                yield block
        last = self.finish()
        if last is not None:
            yield last

    def add(self, part: Part, scores: PartScores | Exception) -> ScoreBlock | None:
        """Add the scores of the next part, or the error that it raised; return the scores of the next points in time.

        If a part has fewer windows than planned, the recording ends there, and later parts are left out. If a part
        could not be scored, or its scores are not finite, the recording has failed.
        """
        if self.over:
            return None
        number = bisect_right(self._starts, first_sample(part, self._grid, self._recipe)) - 1
        recording = self._plan.headers[number].place
        try:
            if not isinstance(scores, Exception):
                return self._added(part, scores, number)
            self._failure = fault_of(recording, given_up(recording, scores))
        except Exception as error:  # noqa: BLE001 (one recording must not stop the others)
            self._failure = fault_of(recording, error)
        self._n_failing = number
        return None

    def finish(self) -> ScoreBlock | None:
        """End the recording; return its last scores."""
        n_samples = self._facts.n_read * self._recipe.audio.sample_rate // self._plan.header.sample_rate
        if self._failure is not None:  # nothing is known from the first window on that has no scores
            n_samples = min(n_samples, self._n_windows * self._grid.hop * self._recipe.hop_length)
        try:
            last = self._last_block(n_samples) if self._failure is None or self._n_failing else None
            results = tuple(self._described())
        except Exception as error:  # noqa: BLE001 (as above)
            why = fault_of(self._plan.recording, error)
            results = tuple(failed(header.place, header.chronology, why) for header in self._plan.headers)
            last = None
        self._results = tuple(
            replace(scanned, member=self._member(number, len(results))) for number, scanned in enumerate(results)
        )
        return last

    def _added(self, part: Part, scores: PartScores, number: int) -> ScoreBlock | None:
        if (part.first, part.fingerprint) != (self._next_window, self._plan.fingerprint):
            raise ValueError(f"part from window {part.first} where the one from {self._next_window} comes next")
        if (part.first, part.fingerprint) != (scores.first, scores.fingerprint):
            raise ValueError(f"scores of another part, from window {scores.first} instead of {part.first}")
        self._next_window = part.first + (part.n_windows or 0)
        if self._seen_end and scores.facts.n_read > self._facts.n_read:
            self._ended = True  # this part begins after the damage that ended the part before it
            return None
        self._facts = self._facts.joined_with(scores.facts)
        for member in scores.members:
            before = self._facts_of.get(member.number)
            self._facts_of[member.number] = member if before is None else before.joined_with(member)
        self._seen_end = scores.ended
        self._ended = part.n_windows is None or scores.n_windows < part.n_windows
        if not np.isfinite(scores.scores).all():
            read_s = (self._facts.n_read - self._starts[number]) / self._plan.header.sample_rate
            recording = self._plan.headers[number].place
            raise ContentError(f"{recording}: gives scores that are no numbers, by {read_s:.0f} s")
        rows = [timeline.push(of_channel) for timeline, of_channel in zip(self._timelines, scores.scores)]
        self._n_windows += scores.n_windows
        return self._block(rows, inf)

    def _last_block(self, n_samples: int) -> ScoreBlock:
        rows = [timeline.flush(n_samples / self._recipe.hop_length) for timeline in self._timelines]
        heard_s = n_samples / self._recipe.audio.sample_rate
        return self._block(rows, inf if self._grid.columns is None else heard_s, heard_s)

    def _block(self, rows: Sequence[Rows], limit_s: float, heard_s: float | None = None) -> ScoreBlock:
        nothing = np.zeros((0, len(self._recipe.labels.outputs)))
        scores = {
            name: of_channel if len(of_channel) else nothing for name, of_channel in zip(self._plan.channels, rows)
        }
        block = ScoreBlock(
            self._plan.recording, self._grid.points, self._n_points, limit_s, scores, heard_s, self._members
        )
        self._n_points += block.n_points
        return block

    def _described(self) -> Iterator[Scanned]:
        """Yield the result of each recording, up to the first that failed or is broken."""
        nothing = Facts((False,) * len(self._plan.channels))
        for number, header in enumerate(self._plan.headers):
            member = self._facts_of.get(number, MemberFacts(number, nothing if self._members else self._facts))
            why = Fault(member.failure) if member.failure else None
            if number == self._n_failing:
                why = self._failure or why
            if why is not None:
                yield failed(header.place, header.chronology, why)
                return
            in_series = bool(self._members)
            yield described(header, self._plan.channels, member.facts, self._recipe, in_series=in_series)
            if member.broken:
                return

    def _member(self, number: int, count: int) -> Member | None:
        """Return the part that a recording has in the series; None without a series."""
        if not self._members:
            return None
        begins = [begin_s for begin_s, _ in self._members[number : number + 2]]
        until_s = begins[1] if len(begins) > 1 else inf
        return Member(self._plan.series, number, count, begins[0], until_s)
