"""What every figure has in common: it follows from how often each unit is there, so that units can be drawn again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from detector.cores import count_cores

Numbers = NDArray[np.float64]
Integers = NDArray[np.intp]

Weights = NDArray[np.int16] | NDArray[np.int32]
"""How often each unit is in each draw (unit, draw): 1 in the material itself, whole numbers from 0 in a resample.

Numbers of 16 bits are at most `MOST_OFTEN`; a processor sums them several times as fast as wider ones.
"""

MOST_OFTEN = 64
"""The largest weight of 16 bits."""

MOST_ROWS = np.iinfo(np.int16).max // MOST_OFTEN
"""How many rows may be summed in 16 bits."""

HOUR_S = 3600.0

UNKNOWN = float("nan")
"""A figure that does not exist, such as the precision of no detections."""

MOST_NUMBERS = 1 << 18
"""How many numbers a statistic holds at once for its rows in some draws: what fits into the cache of a processor."""


class Draws:
    """How often each unit is in some draws, and what else several statistics need of these.

    Attributes
    ----------
    weights : array of int (unit, draw)
        How often.
    """

    def __init__(self, weights: Weights, whole: Draws | None = None, columns: slice = slice(None)) -> None:
        self.weights = weights
        self._whole, self._columns = whole, columns
        self._kept: dict[tuple[int, str], tuple[Numbers, object]] = {}
        self._locks: dict[tuple[int, str], Lock] = {}

    def __len__(self) -> int:
        return self.weights.shape[1]

    def __getitem__(self, columns: slice) -> Draws:
        return Draws(self.weights[:, columns].copy(), self, columns)

    def keep(self, owner: object, name: str, compute: Callable[[Draws], Numbers]) -> Numbers:
        """Compute something (..., draw) the first time that any thread asks for it, for all draws at once."""
        if self._whole is not None:
            return self._whole.keep(owner, name, compute)[..., self._columns]
        key = (id(owner), name)
        with self._locks.setdefault(key, Lock()):
            if key not in self._kept:
                self._kept[key] = (compute(self), owner)  # an owner that is kept alive keeps its address
        return self._kept[key][0]

    def seconds(self, durations: Numbers) -> Numbers:
        """Sum the seconds of units (draw,); not a number where nobody knows those of one."""
        return self.keep(durations, "seconds", lambda draws: _summed(draws.weights, durations))


def _summed(weights: Weights, durations: Numbers) -> Numbers:
    rows = np.ascontiguousarray(weights.T)
    return np.array([(row * durations).sum() for row in rows])


def one_draw(weights: ArrayLike) -> Draws:
    """Take each unit as often as it is there (unit,): whole numbers from 0."""
    return Draws(narrowed(np.asarray(weights, dtype=np.int32)[:, None]))


def narrowed(weights: NDArray[np.int32]) -> Weights:
    """Take 16 bits for weights that allow it."""
    return weights.astype(np.int16) if weights.max(initial=0) <= MOST_OFTEN else weights


class Statistic(ABC):
    """Some figures of the events of several labels, or of all labels as one."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """What the figures are called."""

    @property
    @abstractmethod
    def n_rows(self) -> int:
        """About how many numbers it takes for one draw, which bounds how many draws are computed at once."""

    @abstractmethod
    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute each figure of each label for each draw (label, draw), `UNKNOWN` where it does not exist."""

    def in_portions(self, draws: Draws) -> Numbers:
        """Compute each figure of each label for each draw (figure, label, draw), a few draws at a time."""
        return in_portions(draws, self.n_rows, lambda portion: np.stack(self.drawn(portion)))

    def __call__(self, weights: ArrayLike) -> Numbers:
        """Compute the figures of each label (figure, label), given how often each unit is there (unit,)."""
        return self.in_portions(one_draw(weights))[..., 0]


def in_portions(draws: Draws, n_rows: int, compute: Callable[[Draws], Numbers]) -> Numbers:
    """Compute something (..., draw) a few draws at a time, in a thread for each core.

    `n_rows` is about how many numbers it takes for one draw; portions are so large that these fit into a cache.
    """
    step = max(1, MOST_NUMBERS // max(1, n_rows))
    if step >= len(draws):
        return compute(draws)
    firsts = range(0, len(draws), step)
    with ThreadPoolExecutor(count_cores()) as pool:
        return np.concatenate(list(pool.map(lambda first: compute(draws[first : first + step]), firsts)), axis=-1)


@dataclass(frozen=True)
class Sums:
    """Rows that are summed up from one end to the next.

    Attributes
    ----------
    units : array of int (row,)
        Number of the unit of each row.
    ends : array of int (end,)
        How many rows there are up to each end, ascending; rows after the last one do not count.
    """

    units: Integers
    ends: Integers

    @cached_property
    def _matrix(self) -> csr_matrix:
        """How many rows each unit has between two ends (end, unit), in 16 bits where sums of such weights fit."""
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


def ratio(part: ArrayLike, whole: ArrayLike) -> Numbers:
    """Divide, where there is something to divide by."""
    whole = np.asarray(whole, dtype=np.float64)
    out = np.full(np.broadcast_shapes(np.shape(part), whole.shape), UNKNOWN)
    return np.divide(part, whole, out=out, where=whole > 0)


def interpolate(low: Numbers, high: Numbers, part: Numbers) -> Numbers:
    """Go from `low` towards `high` by a part of the way, to the last bit as `numpy.quantile` does."""
    step = high - low
    return np.where(part >= 0.5, high - step * (1 - part), low + step * part)
