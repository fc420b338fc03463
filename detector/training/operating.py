"""The operating points of a trained model: thresholds from validation, lengths from the annotations."""

from __future__ import annotations

from detector.clips import ClipStore, LabelFacts
from detector.operating.points import DEPTH, ONSET, Operating, OperatingPoint
from detector.training.figures import TrainFigures

FRAME_DEPTH = 0.2
"""Scores of frames dip between neighbouring calls; scores of windows do not."""


def choose_operating(store: ClipStore, validation: TrainFigures) -> Operating:
    """Choose the operating points of a model, given its figures of the split validation."""
    per_frame = store.recipe.network.dense.per == "frame"
    names = store.recipe.labels.names
    onset = ONSET if store.recipe.labels.onsets else None
    thresholds = {name: validation.threshold.get(name, 0.5) for name in names}
    points = (
        _point(name, thresholds[name], store.facts.get(name), per_frame=per_frame).model_copy(
            update={"onset_threshold": onset}
        )
        for name in names
    )
    unit = "frames" if per_frame else "windows"
    chosen_on = f"best F1 on {validation.rows} {unit} of the split validation" if validation.threshold else "nothing"
    return Operating(chosen_on=chosen_on, label=tuple(points))


def _point(name: str, threshold: float, fact: LabelFacts | None, *, per_frame: bool) -> OperatingPoint:
    """Make the operating point of a label; without facts of its calls, lengths have their defaults."""
    depth = FRAME_DEPTH if per_frame else DEPTH
    if fact is None:
        return OperatingPoint(name=name, threshold=threshold, depth=depth)
    return OperatingPoint(
        name=name,
        threshold=threshold,
        depth=depth,
        shortest_s=round(fact.short_s / 2, 4) if per_frame else 0.0,
        typical_s=fact.median_s or None,
        low_hz=fact.low_hz,
        high_hz=fact.high_hz,
    )
