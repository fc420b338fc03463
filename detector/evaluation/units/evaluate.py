"""Compute the figures of units, with intervals that stay honest where every resample gives the same figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from detector.estimates.arrays import Integers, Numbers
from detector.estimates.bootstrap import DRAWS, draw_together, limits, resample
from detector.estimates.intervals import Interval, rule_of_three, wilson
from detector.estimates.statistic import Statistic
from detector.evaluation.chain import Chain
from detector.evaluation.clip_level import Clips, ClipStatistic
from detector.evaluation.label_estimates import mean_over_labels
from detector.evaluation.units.figures import UnitEvaluation, UnitFigure
from detector.evaluation.units.one_label import OneLabelStatistic, Predictions
from detector.evaluation.units.scored import ScoredUnits

LABEL_FIGURES = ("average_precision", "auroc")
SHARES = ("accuracy", "top_3_accuracy")
"""Figures that are shares of units, so that Wilson's interval fits them."""
SAME = 1e-9
"""Resamples give the same figure if its limits differ by no more than this, because sums are rounded."""


def evaluate_units(units: ScoredUnits, draws: int = DRAWS, seed: int = 0) -> UnitEvaluation:
    """Compute the figures of each label and their means, and those of units with one label each.

    Parameters
    ----------
    units : ScoredUnits
        The units.
    draws : int
        Resamples of the bootstrap over groups; 0 for no intervals.
    seed : int
        Seed of the resamples.
    """
    predictions = Predictions.of(units) if units.of_one_label else None
    statistics: list[Statistic] = [ClipStatistic(Chain(tuple(_clips(units))))]
    statistics += [] if predictions is None else [OneLabelStatistic(predictions)]
    values = [statistic(np.ones(len(units.units))) for statistic in statistics]
    resamples: list[Numbers | None] = [None] * len(statistics)
    if draws and units.n_groups > 1:
        resamples = list(resample(statistics, draw_together(units.groups, draws, seed)))
    sizes = _sizes(units)
    by_label = [_figures(LABEL_FIGURES, values[0], resamples[0], n, [size]) for n, size in enumerate(sizes.tolist())]
    mean = _mean(values[0], resamples[0], sizes)
    one_label = {}
    if predictions is not None:
        annotated = sizes[units.truth.any(axis=0)].tolist()
        one_label = _figures(statistics[1].names, values[1], resamples[1], 0, annotated, units.n_groups)
    return UnitEvaluation(units, draws, seed, dict(zip(units.labels, by_label)), mean, one_label, predictions)


def _figures(
    names: Sequence[str], values: Numbers, drawn: Numbers | None, column: int, sizes: Sequence[int], n_groups: int = 0
) -> dict[str, UnitFigure]:
    """Return the figures of one label with their intervals.

    Parameters
    ----------
    names : sequence of str
        Names of the figures.
    values, drawn : array (figure, label) and (figure, label, draw)
        The figures, and those of the resamples; None if there are no resamples.
    column : int
        Number of the label.
    sizes : sequence of int
        Numbers of groups for the rule of three.
    n_groups : int
        Number of groups for Wilson's interval.
    """
    figures = {}
    for n, name in enumerate(names):
        value = float(values[n, column])
        if np.isnan(value):
            figures[name] = UnitFigure(None)
        elif drawn is None:
            figures[name] = UnitFigure(value)
        else:
            low, high = limits(drawn[n, column]).tolist()
            figures[name] = _figure(name, value, Interval(low, high), sizes, n_groups)
    return figures


def _figure(name: str, value: float, drawn: Interval, sizes: Sequence[int], n_groups: int) -> UnitFigure:
    """Return a figure with the interval of the bootstrap, or another one if no resample differs."""
    if drawn.high - drawn.low > SAME:
        return UnitFigure(value, *drawn, "bootstrap")
    if name in SHARES:
        return UnitFigure(value, *wilson(value * n_groups, n_groups), "wilson")
    return UnitFigure(value, *rule_of_three(value, sizes), "rule of three")


def _mean(values: Numbers, drawn: Numbers | None, sizes: Integers) -> dict[str, UnitFigure]:
    """Return the means of figures over the labels that have them."""
    known = ~np.isnan(values[0])
    if not known.any():
        return {}
    mean = mean_over_labels(values[:, known])[:, None]
    mean_drawn = None if drawn is None else mean_over_labels(drawn[:, known])[:, None]
    return _figures(LABEL_FIGURES, mean, mean_drawn, 0, sizes[known].tolist())


def _sizes(units: ScoredUnits) -> Integers:
    """Count the groups with each label, or those without it if they are fewer (label,)."""
    with_label, without = (
        np.array([len(np.unique(units.groups[column])) for column in has_label.T], np.intp)
        for has_label in (units.truth, ~units.truth & ~units.doubt[:, None])
    )
    return np.minimum(with_label, without)


def _clips(units: ScoredUnits) -> Iterator[Clips]:
    """Sort the units by the score of each label. Uncertain units count only for the labels that they certainly have."""
    sure = np.flatnonzero(~units.doubt)
    for scores, truth in zip(units.scores.T, units.truth.T):
        order = np.argsort(-scores, kind="stable")
        order = order[(scores[order] > 0) & (truth | ~units.doubt)[order]]
        doubtful = np.flatnonzero(truth & units.doubt)
        yield Clips(order, scores[order], truth[order], np.flatnonzero(truth), doubtful, sure, 1)
