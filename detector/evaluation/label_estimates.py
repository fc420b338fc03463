"""Compute figures with intervals for each label, for all labels as one, and on average over labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detector.estimates.arrays import Numbers
from detector.estimates.bootstrap import draw_together, limits, resample
from detector.estimates.statistic import Statistic
from detector.evaluation.compare import Compared
from detector.evaluation.material import Material
from detector.evaluation.settings import EvaluateSettings


@dataclass(frozen=True)
class LabelEstimates:
    """Values, and the limits of their 95 % intervals. A value that does not exist is not a number.

    Attributes
    ----------
    labels : array (3, figure, label)
        Values, lower limits and upper limits of each label.
    overall : array (3, figure, 1)
        The same for all labels as one.
    mean : array (3, figure) or None
        Averages over the labels with reference events; None if there are no such labels.
    """

    labels: Numbers
    overall: Numbers
    mean: Numbers | None


def estimate(material: Material, settings: EvaluateSettings, compared: Compared, recall: int) -> LabelEstimates:
    """Compute the figures with their intervals, in the order of the statistics.

    Parameters
    ----------
    material : Material
        The events.
    settings : EvaluateSettings
        How many times to draw.
    compared : Compared
        The statistics.
    recall : int
        Index of a figure that exists for exactly the labels with reference events.
    """
    alone = len(material.labels) == 1  # then its figures are those of all labels
    of_labels = compared.of_labels
    overall = () if alone else compared.overall
    values = _of_material(of_labels, material)
    whole = _of_material(overall, material)
    has_events = np.zeros(0, bool) if values is None else ~np.isnan(values[recall])
    for_labels: list[Numbers] = []
    for_all: list[Numbers] = []
    for_mean: list[Numbers] = []
    if settings.draws and len(set(material.group_numbers.tolist())) > 1:
        draws = draw_together(material.group_numbers, settings.draws, settings.seed)
        for n, drawn in enumerate(resample([*of_labels, *overall], draws)):
            if n < len(of_labels):
                for_labels.append(limits(drawn))
                for_mean.append(limits(mean_over_labels(drawn[:, has_events])))
            else:
                for_all.append(limits(drawn))
    labels = _with_limits(values, for_labels)
    mean = (
        None
        if values is None or not has_events.any()
        else _with_limits(mean_over_labels(values[:, has_events]), for_mean)
    )
    return LabelEstimates(labels, labels if alone else _with_limits(whole, for_all), mean)


def _of_material(statistics: Sequence[Statistic], material: Material) -> Numbers | None:
    """Compute the figures of the material itself (figure, label); None if there are no statistics."""
    once = np.ones(len(material.units))
    return np.concatenate([statistic(once) for statistic in statistics]) if statistics else None


def _with_limits(values: Numbers | None, limits_of: list[Numbers]) -> Numbers:
    """Stack values (figure, ...) and their limits (3, figure, ...)."""
    if values is None:
        return np.zeros((3, 0, 0))
    both = np.concatenate(limits_of, axis=1) if limits_of else np.full((2, *values.shape), np.nan)
    return np.concatenate([values[None], both])


def mean_over_labels(values: Numbers) -> Numbers:
    """Average figures (figure, label, ...) over the labels that have them (figure, ...)."""
    known = ~np.isnan(values)
    n = np.count_nonzero(known, axis=1)
    return np.where(n > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)
