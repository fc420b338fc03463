"""Notes, before a scan, about thresholds that may promise more than they keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from detector.operating.points import Operating, OperatingPoint
from detector.operating.target import Target
from detector.texts import many


def threshold_notes(operating: Operating, threshold: float | Target | None, hop_s: float) -> Iterator[str]:
    """Yield notes about thresholds that were tuned with another hop, miss a target, or rest on too few events.

    Parameters
    ----------
    operating : Operating
        The operating points of the model.
    threshold : float, Target or None
        The threshold that the user asks for; None for the model's own.
    hop_s : float
        Hop of the scan, s.
    """
    if operating.tuned is not None and abs(operating.tuned.hop_s - hop_s) > 1e-6:
        yield f"the model was tuned with a window every {operating.tuned.hop_s:.4g} s; its thresholds hold for this hop"
    if isinstance(threshold, Target):
        yield from operating.shortfalls(threshold)
        yield from doubts(operating.label, threshold)


def doubts(points: Iterable[OperatingPoint], target: Target) -> Iterator[str]:
    """Yield a note for each label that meets a target, but was tuned on too few events to be sure of it."""
    for point in points:
        if point.curve is None or point.shortfall(target):
            continue
        support = point.support(target)
        if support is not None and not support.bears(target):
            calls = many(point.curve.events, "call")
            yield f"{point.name}: tuned on {calls} in {point.curve.hours:.2g} h: {support.doubt(target)}"
