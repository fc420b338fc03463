"""Warnings about figures of an evaluation that are missing or unreliable."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.evaluation.figures import Evaluation
    from detector.evaluation.material import Unit
    from detector.events import Event

FACTOR = 3
"""Ratio of the lengths of two events above which their IoU cannot reach 0.3, the default of --iou."""


def doubts(evaluation: Evaluation) -> Iterator[str]:
    """Say which figures are missing or unreliable, and why."""
    material = evaluation.material
    hours = evaluation.hours
    if unknown := sorted(evaluation.settings.thresholds.keys() - material.labels):
        yield f"--threshold: no row has the label {', '.join(unknown)}"
    if hours is None:
        yield "no figures per hour: give --effort or --hours, which say how long the scanned recordings are"
    elif low := [rate for rate in evaluation.settings.rates if rate * hours < 1]:
        rates = ", ".join(f"{rate:g}" for rate in low)
        yield f"{hours:.3g} h of sound are too short to measure rates of {rates} false alarms per hour"
    if not material.scored:
        yield "the detections have no scores: there are only figures at the threshold"
    elif n_unscored := sum(event.score is None for events in material.estimated.values() for event in events):
        yield f"{n_unscored:,} of the detections have no score; they count as if their score was 1"
    annotated_s = _median_duration_s(material.reference)
    detected_s = _median_duration_s(material.estimated)
    if annotated_s and detected_s and not 1 / FACTOR <= detected_s / annotated_s <= FACTOR:
        yield (
            f"detections last {detected_s:.3g} s, annotations {annotated_s:.3g} s (medians): "
            "few of them can overlap enough for a hit"
        )


def _median_duration_s(events_of: Mapping[Unit, Sequence[Event]]) -> float:
    durations_s = [event.duration_s for events in events_of.values() for event in events]
    return statistics.median(durations_s) if durations_s else 0.0
