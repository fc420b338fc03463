"""Figures with confidence intervals: of each label, of all labels as one, and on average over labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detector.evaluation.bootstrap import draw_together, limits, resample
from detector.evaluation.compare import Compared
from detector.evaluation.material import Material
from detector.evaluation.settings import Settings
from detector.evaluation.statistic import Numbers


@dataclass(frozen=True)
class Estimates:
    """Values, and the lower and upper limits of their 95 % intervals; not numbers where they do not exist.

    Attributes
    ----------
    labels : array (3, figure, label)
        Of each label.
    overall : array (3, figure, 1)
        Of all labels as one.
    mean : array (3, figure) or None
        Averages over the labels that have reference events; None where none has.
    """

    labels: Numbers
    overall: Numbers
    mean: Numbers | None


def estimate(material: Material, settings: Settings, compared: Compared, recall: int) -> Estimates:
    """Tell the figures, in the order of the statistics; `recall` is the number of one that shows who has events."""
    alone = len(material.labels) == 1  # one label is all that there is
    of_labels, overall = compared.of_labels, () if alone else compared.overall
    once = np.ones(len(material.units))
    values, whole = (np.concatenate([one(once) for one in some]) if some else None for some in (of_labels, overall))
    there = np.zeros(0, bool) if values is None else ~np.isnan(values[recall])
    for_labels, for_all, for_mean = list[Numbers](), list[Numbers](), list[Numbers]()
    if settings.draws and len(set(material.group_numbers.tolist())) > 1:
        draws = draw_together(material.group_numbers, settings.draws, settings.seed)
        for n, drawn in enumerate(resample([*of_labels, *overall], draws)):
            if n < len(of_labels):
                for_labels.append(limits(drawn))
                for_mean.append(limits(_mean(drawn[:, there])))
            else:
                for_all.append(limits(drawn))
    labels = _with_limits(values, for_labels)
    mean = None if values is None or not there.any() else _with_limits(_mean(values[:, there]), for_mean)
    return Estimates(labels, labels if alone else _with_limits(whole, for_all), mean)


def _with_limits(values: Numbers | None, limits_of: list[Numbers]) -> Numbers:
    """Put values (figure, ...) and their limits together (3, figure, ...)."""
    if values is None:
        return np.zeros((3, 0, 0))
    both = np.concatenate(limits_of, axis=1) if limits_of else np.full((2, *values.shape), np.nan)
    return np.concatenate([values[None], both])


def _mean(values: Numbers) -> Numbers:
    """Average (figure, label, ...) over labels, each figure over those that have it (figure, ...)."""
    known = ~np.isnan(values)
    n = np.count_nonzero(known, axis=1)
    return np.where(n > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)
