"""The curves of the polyphonic sound detection score: recall against effective false alarms per hour, by label."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detector.estimates.arrays import Flags, Integers, Numbers
from detector.estimates.draws import Weights
from detector.estimates.sums import Sums
from detector.evaluation.chain import Chain, Descent, Segments, chained
from detector.evaluation.sweep import portions

UNSURE = 1e-9
"""Smallest variance over labels, as a share of the squared mean, that sums of squares give in spite of rounding."""

MOST_RECALLS = 1 << 20
"""Most recalls that are computed at once. This limits memory."""


@dataclass(frozen=True)
class Steps(Descent):
    """The changes for one label as the threshold falls: a row for each event found (a gain) and each false alarm.

    Attributes
    ----------
    crossed_row, crossed_label : arrays of int (cross-trigger,)
        Row of each cross-trigger, and number of the label that it crosses, in order of rows.
    """

    crossed_row: Integers
    crossed_label: Integers


@dataclass(frozen=True)
class Changes(Chain[Steps]):
    """The changes for some labels. Each score with a gain is a point of their curves."""

    @cached_property
    def crossings(self) -> tuple[Sums, Integers]:
        """Cross-triggers up to each point, and the numbers of the labels that they cross."""
        counts = [np.searchsorted(steps.crossed_row, steps.gaining, side="right") for steps in self.descents]
        sums = [Sums(steps.units[steps.crossed_row], ends) for steps, ends in zip(self.descents, counts)]
        ends = [int(of_label[-1]) if len(of_label) else 0 for of_label in counts]
        crossed = [steps.crossed_label[:end] for steps, end in zip(self.descents, ends)]
        return chained(sums), np.concatenate([np.zeros(0, np.intp), *crossed])

    def crossed(self, weights: Weights, cost: Numbers) -> Numbers:
        """Sum cross-triggers down to each point, each by the cost of the label that it crosses (point, draw).

        `cost` has a row for each label of the stage (label, draw).
        """
        crossings, labels = self.crossings
        before = np.zeros((len(labels) + 1, weights.shape[1]))
        np.cumsum(weights[crossings.units] * cost[labels], axis=0, out=before[1:])
        return self.points.within(before[crossings.ends])


@dataclass(frozen=True)
class Curves:
    """Recall against false alarms per hour.

    Attributes
    ----------
    points : Segments
        The points of each label.
    false : array (point, draw)
        Effective false alarms per hour, at most `e_max`.
    rises, recall : array (point, draw)
        Recall gained at the point, and in total down to it. 0 if the label does not occur in a draw.
    occurs : array of bool (label, draw)
        Whether the label occurs.
    e_max : float
        False alarms per hour at which the area ends.
    """

    points: Segments
    false: Numbers
    rises: Numbers
    recall: Numbers
    occurs: Flags
    e_max: float

    def area(self, alpha_st: float) -> Numbers:
        """Measure the area under the mean over labels less `alpha_st` standard deviations, as a share (draw,)."""
        false = np.ascontiguousarray(self.false.T)  # (draw, point)
        recall = np.ascontiguousarray(self.recall.T)  # (draw, point)
        if len(self.points) > 1:
            false, recall = self._over_labels(false, alpha_st)
        widths = np.diff(false, axis=1, append=self.e_max)
        widths *= recall
        return widths.sum(axis=1) / self.e_max

    def areas(self) -> Numbers:
        """Measure the area under the curve of each label, as a share (label, draw)."""
        ends = self.points.firsts[1:]
        widths = np.empty_like(self.false)
        np.subtract(self.false[1:], self.false[:-1], out=widths[:-1])
        last = ends[np.diff(self.points.firsts) > 0] - 1
        widths[last] = self.e_max - self.false[last]
        widths *= self.recall
        return self.points.sum(widths) / self.e_max

    def _over_labels(self, false: Numbers, alpha_st: float) -> tuple[Numbers, Numbers]:
        """Sort the points of all labels; return them with the mean recall less its spread at each (draw, point)."""
        order = np.argsort(false, axis=1)
        false = np.take_along_axis(false, order, axis=1)
        squares = self.rises * (2 * self.recall - self.rises)  # what the square of the recall rises by
        rises, squares = (np.take_along_axis(np.ascontiguousarray(v.T), order, axis=1) for v in (self.rises, squares))
        n_labels = np.maximum(np.count_nonzero(self.occurs, axis=0), 1)[:, None]
        mean, square = (np.cumsum(values, axis=1) / n_labels for values in (rises, squares))
        variance = np.maximum(square - mean**2, 0.0)
        effective = mean - alpha_st * np.sqrt(variance)
        unsure = (variance < UNSURE * mean**2) if len(false) > 1 else np.ones(false.shape, bool)
        for draw in np.flatnonzero(unsure.any(axis=1)):
            effective[draw, unsure[draw]] = self._exactly(int(draw), false[draw, unsure[draw]], alpha_st)
        return false, np.maximum(effective, 0.0)

    def _exactly(self, draw: int, rates: Numbers, alpha_st: float) -> Numbers:
        """Compute the mean recall less its spread at given rates (rate,), from the recall of each label."""
        firsts = self.points.firsts
        labels = np.flatnonzero(self.occurs[:, draw])
        if not len(labels):
            return np.zeros(len(rates))
        points = [slice(firsts[label], firsts[label + 1]) for label in labels]
        curves = [(self.false[rows, draw], np.append(0.0, self.recall[rows, draw])) for rows in points]
        effective = np.zeros(len(rates))
        for portion in portions(np.full(len(rates), len(curves)), MOST_RECALLS):
            asked = rates[portion]
            recalls = np.array([recall[np.searchsorted(false, asked, side="right")] for false, recall in curves])
            effective[portion] = recalls.mean(axis=0) - alpha_st * recalls.std(axis=0)
        return effective
