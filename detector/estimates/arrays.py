"""Types of arrays, and arithmetic with figures that may not exist."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
Integers = NDArray[np.intp]
Flags = NDArray[np.bool_]

UNKNOWN = float("nan")
"""A figure that does not exist, such as the precision of no detections."""


def ratio(part: ArrayLike, whole: ArrayLike) -> Numbers:
    """Divide `part` by `whole`; the result is `UNKNOWN` where `whole` is 0."""
    whole = np.asarray(whole, dtype=np.float64)
    quotient = np.full(np.broadcast_shapes(np.shape(part), whole.shape), UNKNOWN)
    return np.divide(part, whole, out=quotient, where=whole > 0)


def interpolate(low: Numbers, high: Numbers, part: Numbers) -> Numbers:
    """Interpolate between `low` (part 0) and `high` (part 1), to the last bit as `numpy.quantile` does."""
    step = high - low
    return np.where(part >= 0.5, high - step * (1 - part), low + step * part)
