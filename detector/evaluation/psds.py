"""Compute the polyphonic sound detection score: the area under recall against false alarms per hour, over labels.

C. Bilen, G. Ferroni, F. Tuveri, J. Azcarreta and S. Krstulovic, "A framework for the robust evaluation of sound event
detection", ICASSP 2020; the two parameter sets are those of DCASE 2021 task 4. Thresholds are the distinct scores, as
in J. Ebbers, R. Serizel and R. Haeb-Umbach, "Threshold-independent evaluation of sound event detection scores", ICASSP
2022.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from detector.estimates.arrays import UNKNOWN, Integers, Numbers
from detector.estimates.draws import Draws, in_portions
from detector.estimates.statistic import Statistic
from detector.estimates.sums import Sums
from detector.evaluation.curves import Changes, Curves, Steps
from detector.evaluation.field import Field
from detector.evaluation.intersection import Criteria, find_steps
from detector.evaluation.material import HOUR_S

PSDS1 = Criteria(dtc=0.7, gtc=0.7)
PSDS2 = Criteria(dtc=0.1, gtc=0.1, cttc=0.3, alpha_ct=0.5)


@dataclass(frozen=True)
class PsdsStage:
    """The data that all labels with reference events share.

    Attributes
    ----------
    criteria : Criteria
        Parameters.
    durations : array (unit,)
        Seconds of each unit.
    reference : Sums
        The reference events, label by label.
    reference_s : csr_matrix (label, unit)
        Seconds of reference events.
    """

    criteria: Criteria
    durations: Numbers
    reference: Sums
    reference_s: csr_matrix

    def n_reference(self, draws: Draws) -> Numbers:
        """Count the reference events of each label (label, draw)."""
        return self.reference.counts(draws.weights)

    def cost(self, draws: Draws) -> Numbers:
        """Return the cost of a cross-trigger with each label (label, draw), which is higher for rarer labels."""
        rare: Numbers = 1 / np.maximum(self.reference_s @ draws.weights, 1e-12)
        return rare


@dataclass(frozen=True)
class Psds(Statistic):
    """The score of all labels of a stage, and the score of each label. Both use the same curves.

    `steps` holds the changes of each label.
    """

    name: str
    stage: PsdsStage
    steps: Sequence[Steps]

    @property
    def names(self) -> tuple[str, ...]:
        """The name of the figure."""
        return (self.name,)

    @property
    def n_rows(self) -> int:
        """The score alone, because `areas` itself limits the draws that it computes at once."""
        return 1

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute the figure without labels that have no reference events."""
        return [draws.keep(self, "areas", self.areas)[-1:]]

    @cached_property
    def changes(self) -> Changes:
        """The changes of all labels."""
        return Changes(tuple(self.steps))

    def areas(self, draws: Draws) -> Numbers:
        """Measure the areas of each label and of all (label + 1, draw)."""
        n_rows = self.changes.points.n_rows + len(self.changes.crossings[1]) + len(self.stage.reference.ends)
        return in_portions(draws, n_rows, self._areas)

    def _areas(self, draws: Draws) -> Numbers:
        changes = self.changes
        stage = self.stage
        weights = draws.weights
        points = changes.points
        seconds = draws.seconds(stage.durations)
        n_reference = draws.keep(stage, "number", stage.n_reference)
        known = (n_reference > 0) & (seconds > 0)
        false = points.down(changes.lost.of(weights)) / np.where(seconds > 0, seconds, 1.0)
        n_others = np.count_nonzero(n_reference, axis=0) - 1.0
        if stage.criteria.alpha_ct and (n_others > 0).any():
            share = np.where(n_others > 0, stage.criteria.alpha_ct / np.maximum(n_others, 1), 0.0)
            false += share * changes.crossed(weights, draws.keep(stage, "cost", stage.cost))
        wanted = points.at_rows(np.maximum(n_reference, 1.0))
        gained = changes.gained.of(weights)
        e_max = stage.criteria.e_max
        false = np.minimum(false * HOUR_S, e_max)
        curves = Curves(points, false, gained / wanted, points.down(gained) / wanted, n_reference > 0, e_max)
        of_labels = np.where(known, curves.areas(), UNKNOWN)
        if len(self.steps) == 1:
            return np.repeat(of_labels, 2, axis=0)
        of_all = np.where(known.any(axis=0), curves.area(stage.criteria.alpha_st), UNKNOWN)
        return np.concatenate([of_labels, of_all[None]])


@dataclass(frozen=True)
class PsdsOfLabels(Statistic):
    """The scores of labels. `places` (label,) is the index of each among the labels with reference events, or -1."""

    together: Psds
    places: Integers

    @property
    def names(self) -> tuple[str, ...]:
        """The name of the figure."""
        return self.together.names

    @property
    def n_rows(self) -> int:
        """The score alone."""
        return 1

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute the figure."""
        areas = draws.keep(self.together, "areas", self.together.areas)
        return [np.where(self.places[:, None] < 0, UNKNOWN, areas[self.places])]


def psds(name: str, field: Field, durations: Numbers, criteria: Criteria, least_iou: float) -> Psds:
    """Compare the events of the labels with reference events, numbered in the order of the labels.

    Parameters
    ----------
    name : str
        Name of the score.
    field : Field
        The events of all labels.
    durations : array (unit,)
        Seconds of each unit.
    criteria : Criteria
        Parameters.
    least_iou : float
        Intersection over union with an uncertain span at which a detection is no false alarm.
    """
    with_events = [n for n, rows in enumerate(field.of_labels(field.wanted)) if rows.stop > rows.start]
    union = field.wanted.united
    numbers = np.zeros(field.n_labels, np.intp)
    numbers[with_events] = np.arange(len(with_events))
    rows = numbers[union.cells // field.n_units]
    seconds = csr_matrix((union.lengths_s, (rows, union.cells % field.n_units)), (len(with_events), field.n_units))
    ends = np.array([rows.stop for rows in field.of_labels(field.wanted)], dtype=np.intp)[with_events]
    steps = find_steps(field, criteria, least_iou)
    stage = PsdsStage(criteria, durations, Sums(field.wanted_units, ends), seconds)
    return Psds(name, stage, [steps[label] for label in with_events])
