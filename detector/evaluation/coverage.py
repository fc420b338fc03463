"""Koogu's matching: a reference event is found where detections cover enough of it, a detection counts where used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.matching import pardoned
from detector.evaluation.material import Part
from detector.evaluation.overlap import covered_s, reaches
from detector.evaluation.settings import Settings
from detector.evaluation.statistic import UNKNOWN, Weights, ratio


@dataclass(frozen=True)
class Coverage:
    """Precision, recall and F1 by coverage, at the threshold.

    `counts` holds for each unit the detections used, the detections, the reference events found, and the reference
    events (unit, 4).
    """

    counts: NDArray[np.float64]
    names: tuple[str, ...] = ("coverage_precision", "coverage_recall", "coverage_f1")

    def __call__(self, weights: Weights) -> list[float]:
        """Tell the figures; F1 is the harmonic mean of the other two."""
        used, found, covered, wanted = weights @ self.counts
        precision, recall = ratio(used, found), ratio(covered, wanted)
        if not wanted:
            return [precision, recall, UNKNOWN]
        return [precision, recall, 2 * precision * recall / (precision + recall) if used and covered else 0.0]


def cover(parts: Sequence[Part], settings: Settings, threshold: float) -> Coverage:
    """Count as Koogu's `assess_annotations_and_detections_match` does, with the union of what overlaps.

    A detection on an uncertain span that is not used is left out.
    """
    counts = np.zeros((len(parts), 4))
    for n, part in enumerate(parts):
        chosen = tuple(event for event, score in zip(part.estimated, part.scores) if score >= threshold)
        reported = replace(part, estimated=chosen)
        used = reaches(covered_s(reported.found, part.wanted), settings.least_used, reported.found)
        covered = reaches(covered_s(part.wanted, reported.found), settings.least_covered, part.wanted)
        counted = used | ~pardoned(reported, settings.iou)
        counts[n] = used.sum(), counted.sum(), covered.sum(), len(part.reference)
    return Coverage(counts)


def pooled(coverages: Sequence[Coverage]) -> Coverage:
    """Add up the counts of several labels."""
    return Coverage(np.sum([coverage.counts for coverage in coverages], axis=0))
