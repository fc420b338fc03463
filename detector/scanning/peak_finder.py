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
        rule = self._rules[label]
        firsts, ends = _stretches(above, rule.gap)
        stretch = self._open.get(label)
        n_taken = 0
        if stretch is not None:
            n_taken = int(len(firsts) > 0 and stretch.n_below + firsts[0] <= rule.gap)
            self._go_on(label, stretch, scores[: firsts[n_taken]] if n_taken < len(firsts) else scores, ends[:n_taken])
        if n_taken == len(firsts):
            return
        highest = np.maximum.reduceat(scores, firsts)
        for first, end, high in zip(firsts[n_taken:], ends[n_taken:], highest[n_taken:].tolist()):
            before = self._last[label : label + 1] if first == 0 else scores[first - 1 : first]
            if len(scores) - end <= rule.gap:
                self._open[label] = Stretch(self.n_points + first - 1, [before.copy()])
                self._go_on(label, self._open[label], scores[first:], [end - first])
            elif high >= rule.threshold:
                self._find(label, self.n_points + first - 1, np.concatenate([before, scores[first : end + 1]]))

    def _go_on(self, label: int, stretch: Stretch, scores: Curve, ends: Sequence[int]) -> None:
        """Add scores to a stretch, up to those that lie below the floor for too long; `ends` is where these begin."""
        end = ends[0] if ends else 0
        gap = self._rules[label].gap
        stretch.chunks.append(scores[: end + gap + 1].copy())
        stretch.n_below = (0 if ends else stretch.n_below) + len(stretch.chunks[-1]) - end
        if stretch.n_below > gap:
            self._close(label)

    def _close(self, label: int) -> None:
        """End the stretch of a label."""
        stretch = self._open.pop(label)
        self._find(label, stretch.first, stretch.curve())

    def _find(self, label: int, first: int, curve: Curve) -> None:
        """Find the peaks of a curve that begins with score number `first` of the recording."""
        for peak in find_peaks(curve, self._rules[label], first):
            start_s = None if peak.start is None else self._points.at(peak.start)
            end_s = None if peak.end is None else self._points.at(peak.end)
            self._peaks.append(TimedPeak(label, start_s, end_s, peak.height))


def _stretches(above: NDArray[np.bool_], gap: int) -> tuple[list[int], list[int]]:
    """Return where stretches of true values begin and end; false values between them are more than `gap`."""
    turns = np.flatnonzero(np.diff(above, prepend=False, append=False))
    firsts = turns[::2]
    ends = turns[1::2]
    if not len(turns):
        return [], []
    is_apart = firsts[1:] - ends[:-1] > gap
    return [int(firsts[0]), *firsts[1:][is_apart].tolist()], [*ends[:-1][is_apart].tolist(), int(ends[-1])]
