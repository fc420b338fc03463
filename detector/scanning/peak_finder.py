"""Find the peaks of each label in a stream of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from detector.scanning.blocks import Rows
from detector.scanning.peaks import Curve, PeakRule, find_peaks
from detector.scanning.windows import Points


@dataclass(frozen=True, slots=True)
class TimedPeak:
    """A peak in the scores of one label.

    Attributes
    ----------
    label : int
        Number of the label.
    start_s, end_s : float or None
        Where the peak begins and ends, s. None if the recording begins, or ends, above the level of the peak.
    score : float
        The highest score.
    """

    label: int
    start_s: float | None
    end_s: float | None
    score: float


@dataclass
class Stretch:
    """Scores of one label that belong together.

    Attributes
    ----------
    first : int
        Number of the first of these scores in the recording; it lies below the floor, or before the recording.
    chunks : list of array (point,)
        The scores.
    n_below : int
        How many of the last ones lie below the floor.
    """

    first: int
    chunks: list[Curve] = field(default_factory=list)
    n_below: int = 0

    def curve(self) -> Curve:
        """Return the scores, with one behind the last that is not below the floor."""
        if self.n_below == 0:
            return np.concatenate([*self.chunks, [-inf]])
        scores = np.concatenate(self.chunks)
        return scores[: len(scores) - self.n_below + 1]


class PeakFinder:
    """Find the peaks of each label, block by block. The result does not depend on how the scores are divided.

    Scores are kept from where they rise above the floor of a label until they have stayed below it for longer than a
    dip that is filled.

    Parameters
    ----------
    rules : sequence of PeakRule
        One for each label.
    points : Points
        The times of the scores.
    """

    def __init__(self, rules: Sequence[PeakRule], points: Points) -> None:
        self._rules = rules
        self._floors = np.array([rule.floor for rule in rules])
        self._points = points
        self._last = np.full(len(rules), -inf)  # the scores before the next
        self._open: dict[int, Stretch] = {}
        self._peaks: list[TimedPeak] = []
        self.n_points = 0

    def push(self, scores: Rows) -> None:
        """Add the next scores (point, label)."""
        if not len(scores):
            return
        above = scores >= self._floors
        for label in {*np.flatnonzero(above.any(axis=0)).tolist(), *self._open}:
            self._follow(label, scores[:, label], above[:, label])
        self._last = scores[-1]
        self.n_points += len(scores)

    def finish(self) -> list[TimedPeak]:
        """End the recording; return the peaks, sorted by label, then by time."""
        for label in list(self._open):
            self._close(label)
        return sorted(self._peaks, key=lambda peak: peak.label)

    def _follow(self, label: int, scores: Curve, above: NDArray[np.bool_]) -> None:
        """Add the scores of one label."""
        turns = np.flatnonzero(np.diff(above, prepend=False, append=False)).tolist()
        done = 0
        for first, end in zip(turns[::2], turns[1::2]):
            self._pass(label, scores[done:first])
            if label not in self._open:
                before = float(scores[first - 1] if first else self._last[label])
                self._open[label] = Stretch(self.n_points + first - 1, [np.array([before])])
            stretch = self._open[label]
            stretch.chunks.append(scores[first:end].copy())
            stretch.n_below = 0
            done = end
        self._pass(label, scores[done:])

    def _pass(self, label: int, scores: Curve) -> None:
        """Add scores of one label that lie below its floor."""
        stretch = self._open.get(label)
        if stretch is None:
            return
        gap = self._rules[label].gap
        stretch.chunks.append(scores[: gap + 1].copy())
        stretch.n_below += len(stretch.chunks[-1])
        if stretch.n_below > gap:
            self._close(label)

    def _close(self, label: int) -> None:
        """Find the peaks of the scores that were kept of a label."""
        stretch = self._open.pop(label)
        for peak in find_peaks(stretch.curve(), self._rules[label]):
            start_s, end_s = (
                None if position is None else self._points.at(stretch.first + position)
                for position in (peak.start, peak.end)
            )
            self._peaks.append(TimedPeak(label, start_s, end_s, peak.height))
