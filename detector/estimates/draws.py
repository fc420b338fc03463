"""Draws: how often each unit is in each resample, and computations on a few draws at a time in several threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detector.cores import count_cores
from detector.estimates.arrays import Numbers

Weights = NDArray[np.int16] | NDArray[np.int32]
"""How often each unit is in each draw (unit, draw): once in the material itself, 0 times or more in a resample.

Weights of 16 bits are at most `MOST_OFTEN`. A processor sums them several times as fast as wider ones.
"""

MOST_OFTEN = 64
"""The largest weight of 16 bits."""

MOST_NUMBERS = 1 << 18
"""Most numbers that a statistic holds at once for its rows in some draws. They fit into a processor's cache."""


class Draws:
    """How often each unit is in some draws, with results that several statistics share.

    Attributes
    ----------
    weights : array of int (unit, draw)
        How often each unit is in each draw.
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
        """Return a result (..., draw). It is computed for all draws when a thread first asks for it, and kept."""
        if self._whole is not None:
            return self._whole.keep(owner, name, compute)[..., self._columns]
        key = (id(owner), name)
        with self._locks.setdefault(key, Lock()):
            if key not in self._kept:
                self._kept[key] = (compute(self), owner)  # the key is the owner's address, so keep the owner alive
        return self._kept[key][0]

    def seconds(self, durations: Numbers) -> Numbers:
        """Sum the seconds of units (draw,); not a number if the seconds of one unit are unknown."""
        return self.keep(durations, "seconds", lambda draws: _summed(draws.weights, durations))


def _summed(weights: Weights, durations: Numbers) -> Numbers:
    rows = np.ascontiguousarray(weights.T)
    return np.array([(row * durations).sum() for row in rows])


def one_draw(weights: ArrayLike) -> Draws:
    """Make a single draw from how often each unit is in it (unit,), integers from 0."""
    return Draws(narrowed(np.asarray(weights, dtype=np.int32)[:, None]))


def narrowed(weights: NDArray[np.int32]) -> Weights:
    """Return the weights as numbers of 16 bits if they are at most `MOST_OFTEN`."""
    return weights.astype(np.int16) if weights.max(initial=0) <= MOST_OFTEN else weights


def in_portions(draws: Draws, n_rows: int, compute: Callable[[Draws], Numbers]) -> Numbers:
    """Compute an array (..., draw) a few draws at a time, in a thread for each core.

    Parameters
    ----------
    draws : Draws
        All draws.
    n_rows : int
        About how many numbers the computation holds for one draw. The numbers of a portion fit into a cache.
    compute : callable
        Returns an array (..., draw) for some draws.
    """
    step = max(1, MOST_NUMBERS // max(1, n_rows))
    if step >= len(draws):
        return compute(draws)
    firsts = range(0, len(draws), step)
    with ThreadPoolExecutor(count_cores()) as pool:
        return np.concatenate(list(pool.map(lambda first: compute(draws[first : first + step]), firsts)), axis=-1)
