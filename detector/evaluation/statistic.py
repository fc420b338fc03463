"""What every figure has in common: it follows from how often each unit is there, so that units can be drawn again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Weights = NDArray[np.float64]
"""How often each unit is there (unit,): 1 in the material itself, whole numbers from 0 in a resample."""

EMPTY = np.zeros(0)

UNKNOWN = float("nan")
"""A figure that does not exist, such as the precision of no detections."""


@dataclass(frozen=True)
class Descent:
    """Rows in descending order of score, summed up at the scores that gain something: no other threshold is ever best.

    Attributes
    ----------
    units : array of int (row,)
        Number of the unit of each row.
    scores : array (row,)
        Descending.
    gains : array of bool (row,)
        Whether the row is a gain (a hit, a reference event found).
    """

    units: NDArray[np.intp]
    scores: NDArray[np.float64]
    gains: NDArray[np.bool_]

    @cached_property
    def ends(self) -> NDArray[np.intp]:
        """The last row of each distinct score: a threshold takes all rows of a score or none."""
        return np.flatnonzero(np.append(np.diff(self.scores) < 0, len(self.scores) > 0))

    @cached_property
    def gaining(self) -> NDArray[np.intp]:
        """The last row of each distinct score that has a gain."""
        return np.unique(self.ends[np.searchsorted(self.ends, np.flatnonzero(self.gains))])

    def gained(self, weights: Weights) -> NDArray[np.float64]:
        """Count gains down to each gaining score (gaining,)."""
        return np.cumsum(np.add.reduceat(weights[self._gain_units], self._gain_starts)) if len(self.gaining) else EMPTY

    def summed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum values of rows, from the first on, down to each gaining score (gaining,)."""
        return np.cumsum(np.add.reduceat(values, self._starts)) if len(self.gaining) else EMPTY

    @cached_property
    def useful(self) -> int:
        """How many rows there are down to the last gaining score."""
        return int(self.gaining[-1]) + 1 if len(self.gaining) else 0

    @cached_property
    def useful_units(self) -> NDArray[np.intp]:
        """The units of these rows."""
        return self.units[: self.useful]

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        return np.append(0, self.gaining[:-1] + 1)

    @cached_property
    def _gain_units(self) -> NDArray[np.intp]:
        return self.units[self.gains]

    @cached_property
    def _gain_starts(self) -> NDArray[np.intp]:
        return np.searchsorted(np.flatnonzero(self.gains), self._starts)


class Statistic(Protocol):
    """Some figures of the events of one label or of all."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the figures are called."""
        ...

    def __call__(self, weights: Weights) -> Sequence[float]:
        """Tell the figures, `UNKNOWN` where one does not exist."""
        ...


def ratio(part: float, whole: float) -> float:
    """Divide, where there is something to divide by."""
    return float(part / whole) if whole > 0 else UNKNOWN
