"""95 % intervals of figures over recordings."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.bootstrap import draw_weights, limits
from detector.operating.intervals import Interval

DRAWS = 1000

Values = NDArray[np.float64]


def over_groups(
    counts: Values, groups: NDArray[np.intp], figure: Callable[[Values], Values], seed: int = 0
) -> Interval | None:
    """Give the limits of a figure by bootstrap over groups of units (Efron 1979); None for a single group.

    Parameters
    ----------
    counts : array (unit, count)
        What is summed up.
    groups : array of int (unit,)
        Number of each unit's group.
    figure : callable
        Makes figures (draw,) out of sums (draw, count); not a number where there is none.
    seed : int
        The same for the same resamples.
    """
    if len(set(groups.tolist())) < 2:
        return None
    sums = np.array([weights @ counts for weights in draw_weights(groups, DRAWS, seed)])
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = limits(figure(sums)[None, :])[:, 0].tolist()
    return None if math.isnan(low) else Interval(low, high)
