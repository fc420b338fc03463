"""Figures of units that have exactly one label each: accuracy, balanced accuracy, top-3 accuracy, F1, confusion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detector.estimates.arrays import Flags, Integers, Numbers, ratio
from detector.estimates.draws import Draws
from detector.estimates.statistic import Statistic
from detector.evaluation.chain import LabelTotals
from detector.evaluation.label_estimates import mean_over_labels
from detector.evaluation.units.scored import ScoredUnits

NEAR = 3
"""A label counts as near if it is among this many of the highest scores."""


@dataclass(frozen=True)
class Predictions:
    """The annotated and the predicted label of each unit.

    The prediction is the label with the highest score above 0; of equal scores, the first label in the order of names.

    Attributes
    ----------
    annotated : array of int (unit,)
        Number of the label.
    predicted : array of int (unit,)
        Number of the label; that of no label (`n_labels`) if all scores are 0.
    near : array of bool (unit,)
        Whether the annotated label is among the `NEAR` labels with the highest scores above 0.
    n_labels : int
        Number of labels.
    """

    annotated: Integers
    predicted: Integers
    near: Flags
    n_labels: int

    @staticmethod
    def of(units: ScoredUnits) -> Predictions:
        """Predict a label for each unit."""
        annotated = units.truth.argmax(axis=1)
        order = np.argsort(-units.scores, axis=1, kind="stable")
        has_score = np.take_along_axis(units.scores, order, axis=1) > 0
        near = ((order == annotated[:, None]) & has_score)[:, :NEAR].any(axis=1)
        predicted = np.where(has_score[:, 0], order[:, 0], len(units.labels))
        return Predictions(annotated, predicted, near, len(units.labels))

    @cached_property
    def confusion(self) -> Integers:
        """Count the units by annotated label, and by predicted label or none (label, label + 1)."""
        counts = np.zeros((self.n_labels, self.n_labels + 1), np.intp)
        np.add.at(counts, (self.annotated, self.predicted), 1)
        return counts


@dataclass(frozen=True)
class OneLabelStatistic(Statistic):
    """The figures. As in scikit-learn, balanced accuracy is the mean recall over annotated labels.

    Macro F1 is the mean over labels that are annotated or predicted.
    """

    predictions: Predictions

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the figures."""
        return ("accuracy", "balanced_accuracy", f"top_{NEAR}_accuracy", "macro_f1")

    @property
    def n_rows(self) -> int:
        """The units."""
        return len(self.predictions.annotated)

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute the figures of each draw (1, draw)."""
        hits, near, annotated, predicted = self._totals(draws.weights)
        n_units = annotated.sum(axis=0, keepdims=True)
        recall = ratio(hits, annotated)
        f1 = ratio(2 * hits, annotated + predicted)
        return [
            ratio(hits.sum(axis=0, keepdims=True), n_units),
            mean_over_labels(recall[None]),
            ratio(near.sum(axis=0, keepdims=True), n_units),
            mean_over_labels(f1[None]),
        ]

    @cached_property
    def _totals(self) -> LabelTotals:
        """Units of each label that are predicted right, nearly right, annotated and predicted."""
        made = self.predictions
        right = made.annotated == made.predicted
        labels = range(made.n_labels)
        kinds = (
            [np.flatnonzero((made.annotated == label) & right) for label in labels],
            [np.flatnonzero((made.annotated == label) & made.near) for label in labels],
            [np.flatnonzero(made.annotated == label) for label in labels],
            [np.flatnonzero(made.predicted == label) for label in labels],
        )
        return LabelTotals(kinds)
