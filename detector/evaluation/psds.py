"""Polyphonic sound detection score: the area under recall against false alarms per hour, by intersection, over labels.

C. Bilen, G. Ferroni, F. Tuveri, J. Azcarreta and S. Krstulovic, "A framework for the robust evaluation of sound event
detection", ICASSP 2020; the two parameter sets are those of DCASE 2021 task 4. Thresholds are the distinct scores, as
in J. Ebbers, R. Serizel and R. Haeb-Umbach, "Threshold-independent evaluation of sound event detection scores", ICASSP
2022.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from detector.evaluation.curves import Curves, Points, Steps, points_of
from detector.evaluation.field import Field
from detector.evaluation.intersection import Criteria, find_steps
from detector.evaluation.statistic import UNKNOWN, Draws, Numbers, Statistic, Sums, Weights

HOUR_S = 3600.0

PSDS1 = Criteria(dtc=0.7, gtc=0.7)
PSDS2 = Criteria(dtc=0.1, gtc=0.1, cttc=0.3, alpha_ct=0.5)


@dataclass(frozen=True)
class Stage:
    """What is the same for every label that has reference events.

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

    def n_reference(self, weights: Weights) -> Numbers:
        """Count the reference events of each label (label, draw)."""
        return self.reference.of(weights).astype(np.float64)

    def n_others(self, weights: Weights) -> Numbers:
        """Count the labels that occur beside one of them (draw,)."""
        return np.count_nonzero(self.n_reference(weights), axis=0) - 1.0

    def cost(self, weights: Weights) -> Numbers:
        """Weigh cross-triggers with each label, the heavier the less there is of it (label, draw)."""
        rare: Numbers = 1 / np.maximum(self.reference_s @ weights, 1e-12)
        return rare


@dataclass(frozen=True)
class Psds(Statistic):
    """The score of some labels of a stage: of one by itself, or of all.

    `steps` has the changes of each label by its number.
    """

    name: str
    stage: Stage
    steps: Mapping[int, Steps]

    @property
    def names(self) -> tuple[str, ...]:
        """What the figure is called."""
        return (self.name,)

    @property
    def n_rows(self) -> int:
        """The points and cross-triggers of all curves."""
        return len(self._points.places) + len(self._points.crossings[1]) + len(self.stage.reference.ends)

    @cached_property
    def _points(self) -> Points:
        return points_of(self.steps)

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Tell the figure; labels without reference events are left out."""
        points, stage, weights = self._points, self.stage, draws.weights
        seconds, n_reference = draws.seconds(stage.durations), draws.keep(stage, "number", stage.n_reference)
        own = n_reference[np.array(points.numbers, dtype=np.intp)]
        known = (own > 0).any(axis=0) & (seconds > 0)
        false = points.false(weights) / np.where(known, seconds, 1.0)
        n_others = draws.keep(stage, "others", stage.n_others)
        if stage.criteria.alpha_ct and (n_others > 0).any():
            share = np.where(n_others > 0, stage.criteria.alpha_ct / np.maximum(n_others, 1), 0.0)
            false += share * points.crossed(weights, draws.keep(stage, "cost", stage.cost))
        recall = points.gained(weights) / np.maximum(own, 1.0)[points.places]
        e_max = stage.criteria.e_max
        curves = Curves(points, np.minimum(false * HOUR_S, e_max), recall, own > 0, e_max)
        return [np.where(known, curves.area(stage.criteria.alpha_st), UNKNOWN)]


def psds(name: str, field: Field, durations: Numbers, criteria: Criteria, least_iou: float) -> Psds:
    """Compare the events of labels that have reference events; these are numbered in the order of the labels.

    Parameters
    ----------
    name : str
        What to call the score.
    field : Field
        The events of all labels.
    durations : array (unit,)
        Seconds of each unit.
    criteria : Criteria
        Parameters.
    least_iou : float
        At which a detection is taken to lie on an uncertain span: it is then no false alarm.
    """
    there = [n for n, rows in enumerate(field.of_labels(field.wanted)) if rows.stop > rows.start]
    union = field.wanted.united
    numbers = np.zeros(field.n_labels, np.intp)
    numbers[there] = np.arange(len(there))
    rows = numbers[union.cells // field.n_units]
    seconds = csr_matrix((union.lengths_s, (rows, union.cells % field.n_units)), (len(there), field.n_units))
    ends = np.array([rows.stop for rows in field.of_labels(field.wanted)], dtype=np.intp)[there]
    steps = find_steps(field, criteria, least_iou)
    stage = Stage(criteria, durations, Sums(field.wanted_units, ends), seconds)
    return Psds(name, stage, {n: steps[label] for n, label in enumerate(there)})
