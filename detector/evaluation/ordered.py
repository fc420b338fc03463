"""Quantiles of values that are there once or more often, for many draws at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detector.evaluation.statistic import UNKNOWN, Integers, Numbers, Sums, Weights


@dataclass(frozen=True)
class Ordered:
    """Ascending values, and the number of the unit of each (value,).

    They are counted by runs of as many values as there are runs; only in one run of each draw, value by value.
    """

    values: Numbers
    units: Integers

    @property
    def run(self) -> int:
        """How many values a run has."""
        return math.isqrt(len(self.values)) + 1

    @cached_property
    def runs(self) -> Sums:
        """The values in runs."""
        ends = np.arange(self.run, len(self.values) + self.run, self.run)
        return Sums(self.units, np.minimum(ends, len(self.values)))

    def drawn(self, weights: Weights) -> Drawn:
        """Count the values in some draws."""
        return Drawn(self, weights, self.runs.down(weights))


@dataclass(frozen=True)
class Drawn:
    """Values in some draws: how often each unit is there (unit, draw), and values down to each run (run, draw)."""

    ordered: Ordered
    weights: Weights
    counted: Numbers

    def median(self) -> Numbers:
        """Take the mean of the two in the middle, as `numpy.median` does (draw,)."""
        n = self.counted[-1]
        low, high = self.nth(np.stack([(n - 1) // 2, n // 2]))
        return np.where(n > 0, (low + high) / 2, UNKNOWN)

    def quantiles(self, shares: Sequence[float]) -> Numbers:
        """Interpolate as `numpy.quantile` does (share, draw)."""
        n = self.counted[-1]
        place = np.array(shares)[:, None] * np.maximum(n - 1, 0)
        below = np.floor(place)
        low, high = self.nth(np.stack([below, np.minimum(below + 1, n - 1)]))
        part, step = place - below, high - low
        return np.where(n > 0, np.where(part >= 0.5, high - step * (1 - part), low + step * part), UNKNOWN)

    def nth(self, number: Numbers) -> Numbers:
        """Give the value of each number, from 0, in each draw (..., draw)."""
        n_runs, n_draws = self.counted.shape
        run = np.minimum(_count_down(self.counted, number), n_runs - 1)
        draws = np.arange(n_draws)
        before = np.where(run > 0, self.counted[run - 1, draws], 0.0)
        values, units = self.ordered.values, self.ordered.units
        first = run * self.ordered.run
        rows = np.minimum(first + np.arange(self.ordered.run).reshape(-1, *[1] * run.ndim), len(values) - 1)
        left = number - before
        place = np.zeros(run.shape, np.intp)
        counted = np.zeros(run.shape)
        for of_run in rows:
            counted += self.weights[units[of_run], draws]
            place += counted <= left
        return values[np.minimum(first + place, len(values) - 1)]


def _count_down(counted: Numbers, number: Numbers) -> Integers:
    """Count the runs that end before each number (..., draw)."""
    runs = np.zeros(number.shape, np.intp)
    for of_run in counted:
        runs += of_run <= number
    return runs
