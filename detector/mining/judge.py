"""Targets for every window or column of a scan, from the annotations of the recording."""

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
    """Make targets for the points of a scan, by the rules of training: 1 a call, 0 none, -1 left out.

    Returns
    -------
    ndarray
        (point, label)
    """
    middles = points.first_s + np.arange(n, dtype=np.float64) * points.step_s
    starts = middles - points.half_s
    ends = middles + points.half_s
    targets = np.zeros((n, len(recipe.labels.names)), dtype=np.float32)
    per_frame = recipe.network.dense.per == "frame"

    def targets_of(event: Event) -> NDArray[np.int8]:
        if per_frame:
            return ((middles >= event.start_s) & (middles < event.end_s)).astype(np.int8)
        return window_targets(starts, ends, event.span, recipe.labels.overlap)

    for event in known:
        if event.label == UNCERTAIN:
            targets[targets_of(event) != 0] = -1
    calls = [event for event in known if event.label not in (UNCERTAIN, CONFUSING)]
    by_call = [(recipe.labels.names.index(event.label), targets_of(event)) for event in calls]
    for target in (-1, 1):  # a call overrides the edge of another call
        for label, of_points in by_call:
            targets[of_points == target, label] = target
    return targets
