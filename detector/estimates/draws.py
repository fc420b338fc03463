"""Draws: how often each unit is in each resample, and a computation on a few draws at a time, in a thread a core."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detector.cores import count_cores
from detector.estimates.arrays import Numbers

Weights = NDArray[np.int16] | NDArray[np.int32]
"""How often each unit is in each draw (unit, draw): 1 in the material itself, whole numbers from 0 in a resample.

Numbers of 16 bits are at most `MOST_OFTEN`; a processor sums them several times as fast as wider ones.
"""

MOST_OFTEN = 64
"""The largest weight of 16 bits."""

MOST_NUMBERS = 1 << 18
"""How many numbers a statistic holds at once for its rows in some draws: what fits into the cache of a processor."""


class Draws:
    """How often each unit is in some draws, and what several statistics compute from these only once.

    Attributes
    ----------
    weights : array of int (unit, draw)
        How often.
    """

    def __init__(self, weights: Weights, whole: Draws | None = None, columns: slice = slice(None)) -> None:
        self.weights = weights
        self._whole = whole
        self._columns = columns
        self._kept: dict[tuple[int, str], tuple[Numbers, object]] = {}
        self._locks: dict[tuple[int, str], Lock] = {}

    def __len__(self) -> int:
        return self.weights.shape[1]

    def __getitem__(self, columns: slice) -> Draws:
        return Draws(self.weights[:, columns].copy(), self, columns)

    def keep(self, owner: object, name: str, compute: Callable[[Draws], Numbers]) -> Numbers:
        """Compute something (..., draw) for all draws the first time that any thread asks for it, and keep it."""
        if self._whole is not None:
            return self._whole.keep(owner, name, compute)[..., self._columns]
        key = (id(owner), name)
        with self._locks.setdefault(key, Lock()):
            if key not in self._kept:
                self._kept[key] = (compute(self), owner)  # an owner that is kept alive keeps its address
        return self._kept[key][0]

    def seconds(self, durations: Numbers) -> Numbers:
        """Sum the seconds of units (draw,); not a number where those of one are unknown."""
        return self.keep(durations, "seconds", lambda draws: _summed(draws.weights, durations))


def _summed(weights: Weights, durations: Numbers) -> Numbers:
    rows = np.ascontiguousarray(weights.T)
    return np.array([(row * durations).sum() for row in rows])


def one_draw(weights: ArrayLike) -> Draws:
    """Make a single draw from how often each unit is in it (unit,): whole numbers from 0."""
    return Draws(narrowed(np.asarray(weights, dtype=np.int32)[:, None]))


def narrowed(weights: NDArray[np.int32]) -> Weights:
    """Give the weights in 16 bits where they are at most `MOST_OFTEN`."""
    return weights.astype(np.int16) if weights.max(initial=0) <= MOST_OFTEN else weights


def in_portions(draws: Draws, n_rows: int, compute: Callable[[Draws], Numbers]) -> Numbers:
    """Compute something (..., draw) a few draws at a time, in a thread for each core.

    Parameters
    ----------
    draws : Draws
        All of them.
    n_rows : int
        About how many numbers the computation holds for one draw; portions are so large that these fit into a cache.
    compute : callable
        From some draws to an array (..., draw).
    """
    step = max(1, MOST_NUMBERS // max(1, n_rows))
    if step >= len(draws):
        return compute(draws)
    firsts = range(0, len(draws), step)
    with ThreadPoolExecutor(count_cores()) as pool:
        return np.concatenate(list(pool.map(lambda first: compute(draws[first : first + step]), firsts)), axis=-1)
