"""The third step of a scan: assemble the scores of the parts, and describe the recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import inf

import numpy as np

from detector.audio.status import Status
from detector.audio.verdict import Facts, judge
from detector.errors import ContentError, Fault, fault_of
from detector.recipe import Recipe
from detector.scanning.blocks import Rows, ScoreBlock
from detector.scanning.outcome import Scanned, failed
from detector.scanning.parts import PartScores
from detector.scanning.plan import Part, Plan
from detector.scanning.timeline import timeline
from detector.scanning.windows import WindowGrid
from detector.tables.effort import Effort


class Assembly:
    """Assemble the scores of the parts of a recording, in order.

    Parameters
    ----------
    plan : Plan
        Of the recording.
    recipe : Recipe
        Of the model.
    grid : WindowGrid
        The windows of the scan.
    """

    def __init__(self, plan: Plan, recipe: Recipe, grid: WindowGrid) -> None:
        self._plan = plan
        self._recipe = recipe
        self._grid = grid
        self._timelines = [timeline(grid) for _ in plan.channels]
        self._facts = Facts((False,) * len(plan.channels))
        self._next_window = 0
        self._n_points = 0
        self._result: Scanned | None = None
        self._seen_end = False
        self._ended = False
        self._failure: Fault | None = None

    @property
    def share(self) -> float:
        """Return the fraction (0 to 1) of the recording that was scanned, by the length that its header claims."""
        return self._facts.n_read / max(1, self._plan.header.n_frames or self._facts.n_read)

    @property
    def result(self) -> Scanned:
        """Return the result of the recording, without detections, after `blocks` or `finish`."""
        assert self._result is not None
        return self._result

    def blocks(self, parts: Iterable[tuple[Part, PartScores | Exception]]) -> Iterator[ScoreBlock]:
        """Yield the scores of the recording, from its parts in order, each with its scores or its error.

        The last block says how long the recording is. A recording that failed has no last block.
        """
        for part, scores in parts:
            block = self.add(part, scores)
            if block is not None:
                yield block
        last, self._result = self.finish()
        if last is not None:
            yield last

    def add(self, part: Part, scores: PartScores | Exception) -> ScoreBlock | None:
        """Add the scores of the next part, or the error that it raised; return the scores of the next points in time.

        If a part has fewer windows than planned, the recording ends there, and later parts are left out. If a part
        could not be scored, or its scores are not finite, the recording has failed.
        """
        if self._failure is not None or self._ended:
            return None
        try:
            if not isinstance(scores, Exception):
                return self._added(part, scores)
            self._failure = fault_of(self._plan.recording, scores)
        except Exception as error:  # noqa: BLE001 (one recording must not stop the others)
            self._failure = fault_of(self._plan.recording, error)
        return None

    def finish(self) -> tuple[ScoreBlock | None, Scanned]:
        """End the recording; return its last scores, and its result without detections."""
        try:
            if self._failure is None:
                n_samples = self._facts.n_read * self._recipe.audio.sample_rate // self._plan.header.sample_rate
                return self._last_block(n_samples), self._scanned(n_samples)
        except Exception as error:  # noqa: BLE001 (as above)
            self._failure = fault_of(self._plan.recording, error)
        assert self._failure is not None
        return None, failed(self._plan.recording, self._plan.chronology, self._failure)

    def _added(self, part: Part, scores: PartScores) -> ScoreBlock | None:
        if (part.first, part.fingerprint) != (self._next_window, self._plan.fingerprint):
            raise ValueError(f"part from window {part.first} where the one from {self._next_window} comes next")
        if (part.first, part.fingerprint) != (scores.first, scores.fingerprint):
            raise ValueError(f"scores of another part, from window {scores.first} instead of {part.first}")
        self._next_window = part.first + (part.n_windows or 0)
        if self._seen_end and scores.facts.n_read > self._facts.n_read:
            self._ended = True  # this part begins after the damage that ended the part before it
            return None
        self._facts = self._facts.joined_with(scores.facts)
        self._seen_end = scores.ended
        self._ended = part.n_windows is None or scores.n_windows < part.n_windows
        if not np.isfinite(scores.scores).all():
            read_s = self._facts.n_read / self._plan.header.sample_rate
            raise ContentError(f"{self._plan.recording}: gives scores that are no numbers, by {read_s:.0f} s")
        rows = [timeline.push(of_channel) for timeline, of_channel in zip(self._timelines, scores.scores)]
        return self._block(rows, inf)

    def _last_block(self, n_samples: int) -> ScoreBlock:
        rows = [timeline.flush(n_samples / self._recipe.hop_length) for timeline in self._timelines]
        heard_s = n_samples / self._recipe.audio.sample_rate
        return self._block(rows, inf if self._grid.columns is None else heard_s, heard_s)

    def _block(self, rows: Sequence[Rows], limit_s: float, heard_s: float | None = None) -> ScoreBlock:
        nothing = np.zeros((0, len(self._recipe.labels.names)))
        scores = {
            name: of_channel if len(of_channel) else nothing for name, of_channel in zip(self._plan.channels, rows)
        }
        block = ScoreBlock(self._plan.recording, self._grid.points, self._n_points, limit_s, scores, heard_s)
        self._n_points += block.n_points
        return block

    def _scanned(self, n_samples: int) -> Scanned:
        plan = self._plan
        header = plan.header
        status, found = judge(header, plan.channels, self._facts)
        faults = "; ".join((*header.faults, *found))
        scanned_s = self._facts.ended().n_scanned / header.sample_rate
        n_claimed = self._facts.ended().n_read if header.n_frames is None else header.n_frames
        shortest = round(self._recipe.window.duration * self._recipe.audio.sample_rate)
        effort = tuple(
            Effort(
                plan.recording,
                channel,
                _status_of(status, sounding=sounding, short=n_samples < shortest),
                n_claimed / header.sample_rate,
                scanned_s,
                plan.chronology,
                faults,
            )
            for channel, sounding in zip(plan.channels, self._facts.sounding)
        )
        remarks = (f"{plan.recording}: {faults}",) if faults else ()
        heard_s = n_samples / self._recipe.audio.sample_rate
        return Scanned(
            plan.recording, plan.chronology, effort, remarks=remarks, heard_s=heard_s, identity=plan.identity
        )


def _status_of(status: Status, *, sounding: bool, short: bool) -> Status:
    """Return the status of one channel of a recording."""
    if status != "ok":
        return status
    if not sounding:
        return "silent"
    return "short" if short else "ok"
