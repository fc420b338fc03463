"""Sum the weights of rows, for many draws at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from detector.estimates.arrays import Integers, Numbers
from detector.estimates.draws import MOST_OFTEN, Weights

MOST_ROWS = np.iinfo(np.int16).max // MOST_OFTEN
"""Most rows whose weights a sum of 16 bits can hold."""


@dataclass(frozen=True)
class Sums:
    """Rows that are summed from one end to the next.

    Attributes
    ----------
    units : array of int (row,)
        The unit of each row.
    ends : array of int (end,)
        Number of rows up to each end, ascending. Rows after the last end do not count.
    """

    units: Integers
    ends: Integers

    @cached_property
    def _matrix(self) -> csr_matrix:
        """Number of rows of each unit between two ends (end, unit), as 16 bits if sums of such weights fit."""
        units = (self.units[: self.ends[-1]] if len(self.ends) else self.units[:0]).astype(np.int32)
        firsts = np.zeros(len(self.ends) + 1, np.int32)
        firsts[1:] = self.ends
        shape = (len(self.ends), int(units.max(initial=-1)) + 1)
        kind = np.int16 if np.diff(firsts).max(initial=0) <= MOST_ROWS else np.int32
        return csr_matrix((np.ones(len(units), kind), units, firsts), shape)

    def counts(self, weights: Weights) -> Numbers:
        """Sum as `of` does, in floating point (end, draw)."""
        return self.of(weights).astype(np.float64)

    def of(self, weights: Weights) -> Weights:
        """Sum the weights of the rows from the end before up to each end (end, draw)."""
        matrix = self._matrix
        weights = weights[: matrix.shape[1]]
        kind = np.promote_types(matrix.dtype, weights.dtype)
        sums: Weights = matrix.astype(kind, copy=False) @ weights.astype(kind, copy=False)
        return sums
