"""What a user may take for more than it is, before a scan begins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detector.operating.points import Operating, OperatingPoint
from detector.operating.target import Target
from detector.texts import many


def threshold_notes(operating: Operating, threshold: float | Target | None, hop_s: float) -> Iterator[str]:
    """Say where thresholds were tuned with another hop, miss a target, or rest on too little.

    Parameters
    ----------
    operating : Operating
        Of the model.
    threshold : float, Target or None
        What was asked for in the place of its own.
    hop_s : float
        From one window of the scan to the next, s.
    """
    if operating.tuned is not None and abs(operating.tuned.hop_s - hop_s) > 1e-6:
        yield f"the model was tuned with a window every {operating.tuned.hop_s:.4g} s; its thresholds are for that"
    if isinstance(threshold, Target):
        yield from operating.shortfalls(threshold)
        yield from doubts(operating.label, threshold)


def doubts(points: Iterable[OperatingPoint], target: Target) -> Iterator[str]:
    """Say which labels meet a target, but were tuned on too little to be sure."""
    for point in points:
        if point.curve is None or point.shortfall(target):
            continue
        support = point.support(target)
        if support is not None and not support.bears(target):
            calls = many(point.curve.events, "call")
            yield f"{point.name}: tuned on {calls} in {point.curve.hours:.2g} h: {support.doubt(target)}"
