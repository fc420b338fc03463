"""Measure how far the onsets and offsets of hits are from those of the reference events."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from detector.estimates.arrays import Flags, Integers, Numbers
from detector.estimates.draws import Draws
from detector.estimates.statistic import Statistic
from detector.evaluation.assignment import pair_hits
from detector.evaluation.chain import Segments
from detector.evaluation.field import Field
from detector.evaluation.ordered import Ordered

QUANTILES = (0.5, 0.9)


@dataclass(frozen=True)
class TimingErrors:
    """The differences between hits and their reference events.

    Attributes
    ----------
    units : array of int (pair,)
        Number of the unit of each pair.
    seconds : array (pair, 2)
        Onset and offset of the detection less those of the reference event, s.
    """

    units: Integers
    seconds: Numbers


@dataclass(frozen=True)
class TimingStatistic(Statistic):
    """The median error of onset and offset, and the median and 90th percentile of the absolute error.

    `labels` holds the errors of each label.
    """

    labels: Sequence[TimingErrors]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the figures."""
        return tuple(f"{edge}_{statistic}_s" for edge in ("onset", "offset") for statistic in ("bias", "median", "p90"))

    @cached_property
    def n_rows(self) -> int:
        """The pairs that are counted one by one, and the runs of the others."""
        return 2 * sum(math.isqrt(len(errors.units)) + 1 for errors in self.labels)

    @cached_property
    def _ordered(self) -> list[Ordered]:
        """The errors and the absolute errors of each edge, ascending, label by label."""
        sizes = [len(errors.units) for errors in self.labels]
        numbers = np.repeat(np.arange(len(sizes)), sizes)
        units = np.concatenate([errors.units for errors in self.labels])
        seconds = np.concatenate([errors.seconds for errors in self.labels])
        columns = [column for edge in seconds.T for column in (edge, np.abs(edge))]
        orders = [np.lexsort((column, numbers)) for column in columns]
        return [Ordered(column[order], units[order], Segments.of(sizes)) for column, order in zip(columns, orders)]

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute the figures, s."""
        figures: list[Numbers] = []
        for n, ordered in enumerate(self._ordered):
            drawn = ordered.drawn(draws.weights)
            figures += drawn.quantiles(QUANTILES) if n % 2 else [drawn.median()]
        return figures


@dataclass(frozen=True)
class MatchedEvents:
    """The outcome of events at the threshold: pairs of a reference event and a hit, misses and false alarms.

    Detections on uncertain spans that hit nothing are in none of these. All numbers are indices of events of `field`.
    """

    field: Field
    wanted: Integers
    found: Integers
    misses: Integers
    false_alarms: Integers


def match(field: Field, hits: Flags, least_iou: float, thresholds: Numbers) -> MatchedEvents:
    """Pair hits at the threshold with reference events, so that the sum of their IoU is highest.

    Parameters
    ----------
    field : Field
        The events.
    hits : array of bool (found,)
        Which detections are hits at `least_iou`.
    least_iou : float
        Intersection over union that a hit needs.
    thresholds : array (label,)
        Least score of a detection that is reported.
    """
    reported = field.scores >= thresholds[field.found_labels]
    wanted, found = pair_hits(field, hits & reported, least_iou)
    missed = np.ones(len(field.wanted), bool)
    missed[wanted] = False
    false_alarms = np.flatnonzero(reported & ~hits & ~field.pardoned(least_iou))
    return MatchedEvents(field, wanted, found, np.flatnonzero(missed), false_alarms)


def measure_times(matched: MatchedEvents) -> list[TimingErrors]:
    """Compare the onsets and offsets of the pairs of each label."""
    field = matched.field
    errors = field.found.spans[matched.found] - field.wanted.spans[matched.wanted]
    units = field.wanted_units[matched.wanted]
    firsts = np.searchsorted(field.wanted.cells[matched.wanted], np.arange(field.n_labels + 1) * field.n_units)
    return [TimingErrors(units[first:last], errors[first:last]) for first, last in pairwise(firsts)]


def pooled(labels: Sequence[TimingErrors]) -> TimingErrors:
    """Put the pairs of several labels together."""
    return TimingErrors(
        np.concatenate([errors.units for errors in labels]), np.concatenate([errors.seconds for errors in labels])
    )


NOTHING = TimingErrors(np.zeros(0, np.intp), np.zeros((0, 2)))
"""Those of no label."""
