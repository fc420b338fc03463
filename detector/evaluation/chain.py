"""Sum rows for several labels at once. The rows of one label follow those of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from detector.estimates.arrays import Flags, Integers, Numbers
from detector.estimates.draws import Weights
from detector.estimates.sums import Sums

Summed = TypeVar("Summed", NDArray[np.float64], NDArray[np.int32])


@dataclass(frozen=True)
class Segments:
    """Rows of several labels, one label after the other.

    Attributes
    ----------
    firsts : array of int (label + 1,)
        The first row of each label, and the number of rows.
    """

    firsts: Integers

    @staticmethod
    def of(sizes: Sequence[int]) -> Segments:
        """Lay out the rows of labels that have these numbers of rows."""
        return Segments(np.cumsum([0, *sizes]))

    def __len__(self) -> int:
        return len(self.firsts) - 1

    @property
    def n_rows(self) -> int:
        """The number of rows of all labels."""
        return int(self.firsts[-1])

    @cached_property
    def labels(self) -> Integers:
        """Number of the label of each row (row,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.firsts))

    @cached_property
    def _with_rows(self) -> Integers:
        """Labels that have rows."""
        return np.flatnonzero(np.diff(self.firsts))

    @cached_property
    def _summing(self) -> csr_matrix:
        n = self.n_rows
        return csr_matrix((np.ones(n), np.arange(n), self.firsts), (len(self), n))

    def at_rows(self, values: Numbers) -> Numbers:
        """Return for each row (row, draw) the value of its label (label, draw)."""
        return values if len(self) == 1 else values[self.labels]

    def down(self, counts: Weights) -> Numbers:
        """Sum whole numbers (row, draw) from the first row of each label down to each row."""
        return self.within(np.cumsum(counts, axis=0, dtype=np.int32)).astype(np.float64)

    def within(self, summed: Summed) -> Summed:
        """Turn, in place, sums down all rows (row, draw) into sums from the first row of each label on."""
        if len(self) > 1:
            before = np.zeros((len(self), summed.shape[1]), summed.dtype)
            later = self.firsts[:-1] > 0
            before[later] = summed[self.firsts[:-1][later] - 1]
            summed -= before[self.labels]
        return summed

    def sum(self, values: Numbers) -> Numbers:
        """Sum the rows of each label (label, draw)."""
        if len(self) == 1:  # in the order in which numpy sums those of a single draw
            return np.ascontiguousarray(values.T).sum(axis=1)[None]
        return np.asarray(self._summing @ values)

    def highest(self, values: Numbers) -> Numbers:
        """Find the highest value of each label (label, draw); 0 if it has no rows."""
        return self._reduced(np.maximum, values, 0.0)

    def count(self, chosen: Flags) -> Numbers:
        """Count the rows of each label that are chosen (label, draw)."""
        return self._reduced(np.add, chosen.astype(np.int32), 0)

    def first(self, chosen: Flags) -> Integers:
        """Find the first chosen row of each label (label, draw); the number of all rows if none is chosen."""
        n = len(chosen)
        rows = np.where(chosen, np.arange(n, dtype=np.int32)[:, None], np.int32(n))
        return self._reduced(np.minimum, rows, n).astype(np.intp)

    def last(self, values: Numbers) -> Numbers:
        """Return the last row of each label (label, draw); 0 if it has none."""
        out = np.zeros((len(self), values.shape[1]))
        out[self._with_rows] = values[self.firsts[1:][self._with_rows] - 1]
        return out

    def _reduced(self, by: np.ufunc, values: NDArray[np.float64] | NDArray[np.int32], empty: float) -> Numbers:
        out = np.full((len(self), values.shape[1]), empty, dtype=np.float64)
        if len(self._with_rows):
            out[self._with_rows] = by.reduceat(values, self.firsts[:-1][self._with_rows], axis=0)
        return out


@dataclass(frozen=True)
class Descent:
    """Rows in descending order of score, summed at the scores with a gain. No other threshold is ever the best one.

    Attributes
    ----------
    units : array of int (row,)
        Number of the unit of each row.
    scores : array (row,)
        Descending.
    gains : array of bool (row,)
        Whether the row is a gain: a hit, or a reference event that is found.
    """

    units: Integers
    scores: Numbers
    gains: NDArray[np.bool_]

    @cached_property
    def ends(self) -> Integers:
        """The last row of each distinct score, because a threshold takes all rows of one score or none."""
        return np.flatnonzero(np.append(np.diff(self.scores) < 0, len(self.scores) > 0))

    @cached_property
    def gaining(self) -> Integers:
        """The last row of each distinct score that has a gain."""
        return np.unique(self.ends[np.searchsorted(self.ends, np.flatnonzero(self.gains))])

    def down_to(self, ends: Integers) -> Sums:
        """Return the sums of all rows up to each end."""
        return Sums(self.units, ends)

    def chosen_down_to(self, chosen: Flags, ends: Integers) -> Sums:
        """Return the sums of the chosen rows up to each end."""
        rows = np.flatnonzero(chosen)
        return Sums(self.units[rows], np.searchsorted(rows, ends, side="left"))


D = TypeVar("D", bound=Descent)


@dataclass(frozen=True)
class Chain(Generic[D]):
    """Descents of several labels. Each score of a label with a gain is a point.

    Attributes
    ----------
    descents : tuple
        One for each label.
    """

    descents: tuple[D, ...]

    @cached_property
    def points(self) -> Segments:
        """The points, label by label."""
        return Segments.of([len(descent.gaining) for descent in self.descents])

    @cached_property
    def gained(self) -> Sums:
        """Gains between each point and the point before it of the same label."""
        return chained([rows.chosen_down_to(rows.gains, rows.gaining + 1) for rows in self.descents])

    @cached_property
    def lost(self) -> Sums:
        """Other rows up to each point."""
        return chained([rows.chosen_down_to(~rows.gains, rows.gaining + 1) for rows in self.descents])

    @cached_property
    def counted(self) -> Sums:
        """Rows up to each point."""
        return chained([rows.down_to(rows.gaining + 1) for rows in self.descents])


def chained(sums: Sequence[Sums]) -> Sums:
    """Join the sums of labels, without the rows after the last end of each label."""
    units = [of_label.units[: of_label.ends[-1] if len(of_label.ends) else 0] for of_label in sums]
    before = np.cumsum([0, *(len(part) for part in units)])
    none = np.zeros(0, np.intp)
    ends = [of_label.ends + first for of_label, first in zip(sums, before)]
    return Sums(np.concatenate([none, *units]), np.concatenate([none, *ends]))


@dataclass(frozen=True)
class LabelTotals:
    """Count how often rows of several kinds are drawn for each label.

    Attributes
    ----------
    kinds : tuple
        The units of the rows, by kind and then by label.
    """

    kinds: tuple[Sequence[Integers], ...]

    @cached_property
    def _sums(self) -> Sums:
        units = [of_label for kind in self.kinds for of_label in kind]
        ends = np.cumsum([len(of_label) for of_label in units], dtype=np.intp)
        return Sums(np.concatenate([np.zeros(0, np.intp), *units]), ends)

    def __call__(self, weights: Weights) -> Numbers:
        """Count (kind, label, draw)."""
        return self._sums.counts(weights).reshape(len(self.kinds), -1, weights.shape[1])
