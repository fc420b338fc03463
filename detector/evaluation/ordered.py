"""Quantiles of values that are there once or more often, for many draws at once."""

from __future__ import annotations

import math
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
        return np.where(n > 0, (self.nth((n - 1) // 2) + self.nth(n // 2)) / 2, UNKNOWN)

    def quantile(self, share: float) -> Numbers:
        """Interpolate as `numpy.quantile` does (draw,)."""
        n = self.counted[-1]
        place = share * np.maximum(n - 1, 0)
        below = np.floor(place)
        low, high, part = self.nth(below), self.nth(np.minimum(below + 1, n - 1)), place - below
        step = high - low
        return np.where(n > 0, np.where(part >= 0.5, high - step * (1 - part), low + step * part), UNKNOWN)

    def nth(self, number: Numbers) -> Numbers:
        """Give the value of a number, from 0, in each draw (draw,)."""
        run = np.minimum(np.count_nonzero(self.counted <= number, axis=0), len(self.counted) - 1)
        draws = np.arange(len(number))
        before = np.where(run > 0, self.counted[run - 1, draws], 0.0)
        last = len(self.ordered.values) - 1
        rows = np.minimum(run * self.ordered.run + np.arange(self.ordered.run)[:, None], last)  # (value, draw)
        counted = before + np.cumsum(self.weights[self.ordered.units[rows], draws], axis=0)
        return self.ordered.values[np.minimum(rows[0] + np.count_nonzero(counted <= number, axis=0), last)]
