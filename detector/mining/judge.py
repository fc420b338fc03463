"""How a model does on whole recordings: every window or column of a scan, against what is annotated there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from detector.clips import CONFUSING, UNCERTAIN, window_targets
from detector.events import Event
from detector.recipe import Recipe
from detector.scanning.windows import Points

Targets = NDArray[np.float32]


def point_targets(points: Points, n: int, known: Sequence[Event], recipe: Recipe) -> Targets:
    """Say of each point of a scan what is annotated there, by the rules of training: 1 a call, 0 none, -1 left out.

    Returns
    -------
    ndarray
        (point, label)
    """
    middles = points.first_s + np.arange(n, dtype=np.float64) * points.step_s
    starts, ends = middles - points.half_s, middles + points.half_s
    targets = np.zeros((n, len(recipe.labels.names)), dtype=np.float32)
    per_frame = recipe.network.dense.per == "frame"

    def said(event: Event) -> NDArray[np.int8]:
        if per_frame:
            return ((middles >= event.start_s) & (middles < event.end_s)).astype(np.int8)
        return window_targets(starts, ends, event.span, recipe.labels.overlap)

    for event in known:
        if event.label == UNCERTAIN:
            targets[said(event) != 0] = -1
    calls = [event for event in known if event.label not in (UNCERTAIN, CONFUSING)]
    told = [(recipe.labels.names.index(event.label), said(event)) for event in calls]
    for meaning in (-1, 1):  # a call says more than the edge of another one
        for label, of_points in told:
            targets[of_points == meaning, label] = meaning
    return targets
