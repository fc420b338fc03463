"""Compute quantiles of values that are drawn several times, for several labels and many draws at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detector.estimates.arrays import UNKNOWN, Integers, Numbers, interpolate
from detector.estimates.draws import Weights
from detector.estimates.sums import Sums
from detector.evaluation.chain import Segments


@dataclass(frozen=True)
class Ordered:
    """Ascending values of each label, and the unit of each value (value,).

    To find a quantile, values are counted by runs first, and value by value only within one run of each draw. A label
    has about as many runs as a run has values. `labels` gives the values of each label.
    """

    values: Numbers
    units: Integers
    labels: Segments

    @cached_property
    def run(self) -> Integers:
        """The number of values of a run (label,)."""
        return np.sqrt(np.diff(self.labels.firsts)).astype(np.intp) + 1

    @cached_property
    def runs(self) -> Segments:
        """The runs of each label."""
        return Segments.of((-(-np.diff(self.labels.firsts) // self.run)).tolist())

    @cached_property
    def _counted(self) -> Sums:
        """The sums of the values of each run."""
        number = np.arange(self.runs.n_rows) - self.runs.firsts[self.runs.labels]  # of a run among those of its label
        ends = self.labels.firsts[self.runs.labels] + (number + 1) * self.run[self.runs.labels]
        return Sums(self.units, np.minimum(ends, self.labels.firsts[1:][self.runs.labels]))

    def drawn(self, weights: Weights) -> Drawn:
        """Count the values in some draws."""
        return Drawn(self, weights, self.runs.down(self._counted.of(weights)))


@dataclass(frozen=True)
class Drawn:
    """Values in some draws: how often each unit is drawn (unit, draw), and the values down to each run (run, draw)."""

    ordered: Ordered
    weights: Weights
    counted: Numbers

    @cached_property
    def n(self) -> Numbers:
        """The number of values of each label (label, draw)."""
        return self.ordered.runs.last(self.counted)

    def median(self) -> Numbers:
        """Return the mean of the two values in the middle, as `numpy.median` does (label, draw)."""
        low = self.nth((self.n - 1) // 2)
        high = self.nth(self.n // 2)
        return np.where(self.n > 0, (low + high) / 2, UNKNOWN)

    def quantiles(self, shares: Sequence[float]) -> list[Numbers]:
        """Return a quantile (label, draw) for each share, interpolated as `numpy.quantile` does."""
        return [self._quantile(share) for share in shares]

    def _quantile(self, share: float) -> Numbers:
        n = self.n
        place = share * np.maximum(n - 1, 0)
        below = np.floor(place)
        low = self.nth(below)
        high = self.nth(np.minimum(below + 1, n - 1))
        return np.where(n > 0, interpolate(low, high, place - below), UNKNOWN)

    def nth(self, number: Numbers) -> Numbers:
        """Return the n-th value, from 0, of each label and draw (label, draw); any value if there are fewer."""
        ordered = self.ordered
        runs = ordered.runs
        if not runs.n_rows:
            return np.full(number.shape, UNKNOWN)
        draws = np.arange(number.shape[1])
        run = runs.count(self.counted <= runs.at_rows(number)).astype(np.intp)
        run = np.minimum(run, np.maximum(np.diff(runs.firsts) - 1, 0)[:, None])
        of_all = np.minimum(runs.firsts[:-1, None] + run, runs.n_rows - 1)
        left = number - np.where(run > 0, self.counted[of_all - 1, draws], 0.0)
        first = ordered.labels.firsts[:-1, None] + run * ordered.run[:, None]
        place = np.zeros(run.shape, np.intp)
        counted = np.zeros(run.shape)
        for n in range(int(ordered.run.max())):
            value = np.minimum(first + n, len(ordered.values) - 1)
            counted += self.weights[ordered.units[value], draws]
            place += counted <= left
        last = np.maximum(ordered.labels.firsts[1:, None] - 1, 0)
        return ordered.values[np.minimum(first + place, last)]
