"""Match as Koogu does: by how much of an event detections cover, and how much of a detection events cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from detector.estimates.arrays import UNKNOWN, Integers, Numbers, ratio
from detector.estimates.draws import Draws
from detector.estimates.statistic import Statistic
from detector.evaluation.chain import LabelTotals
from detector.evaluation.field import Field
from detector.evaluation.settings import EvaluateSettings
from detector.evaluation.sweep import covered_s, reaches


@dataclass(frozen=True)
class Covered:
    """The units of a label's right detections, of all its detections, of its events found, and of all its events."""

    used: Integers
    found: Integers
    covered: Integers
    wanted: Integers


@dataclass(frozen=True)
class CoverageStatistic(Statistic):
    """Precision, recall and F1 of labels by coverage, at the threshold."""

    labels: Sequence[Covered]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the figures."""
        return ("coverage_precision", "coverage_recall", "coverage_f1")

    @property
    def n_rows(self) -> int:
        """The sums."""
        return 4 * len(self.labels)

    @cached_property
    def _totals(self) -> LabelTotals:
        kinds = ("used", "found", "covered", "wanted")
        return LabelTotals(tuple([getattr(label, kind) for label in self.labels] for kind in kinds))

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute the figures. F1 is the harmonic mean of the other two."""
        used, found, covered, wanted = self._totals(draws.weights)
        precision = ratio(used, found)
        recall = ratio(covered, wanted)
        both = (used > 0) & (covered > 0)
        f1 = np.where(both, ratio(2 * precision * recall, precision + recall), 0.0)
        return [precision, recall, np.where(wanted > 0, f1, UNKNOWN)]


def cover(field: Field, settings: EvaluateSettings, thresholds: Numbers) -> list[Covered]:
    """Count for each label as Koogu's `assess_annotations_and_detections_match` does, by the union of what overlaps.

    A wrong detection on an uncertain span is left out.

    Parameters
    ----------
    field : Field
        The events.
    settings : EvaluateSettings
        The least shares that must be covered.
    thresholds : array (label,)
        Least score of a detection.
    """
    chosen = field.scores >= thresholds[field.found_labels]
    found = field.found[chosen]
    wanted = field.wanted
    used = reaches(covered_s(found, wanted), settings.least_used, found)
    covered = reaches(covered_s(wanted, found), settings.least_covered, wanted)
    counted = used | ~field.pardoned(settings.iou)[chosen]
    units = field.found_units[chosen]
    labels = field.found_labels[chosen]
    firsts = np.searchsorted(labels, np.arange(field.n_labels + 1))
    of_label = [slice(first, last) for first, last in pairwise(firsts)]
    return [
        Covered(
            units[theirs][used[theirs]],
            units[theirs][counted[theirs]],
            field.wanted_units[ours][covered[ours]],
            field.wanted_units[ours],
        )
        for theirs, ours in zip(of_label, field.of_labels(wanted))
    ]


def pooled(labels: Sequence[Covered]) -> Covered:
    """Join the counts of several labels."""
    used, found, covered, wanted = (
        np.concatenate([getattr(label, kind) for label in labels]) for kind in ("used", "found", "covered", "wanted")
    )
    return Covered(used, found, covered, wanted)


NOTHING = Covered(*(np.zeros(0, np.intp) for _ in range(4)))
"""The counts of no label."""
