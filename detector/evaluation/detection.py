"""Compute precision, recall, F1 and average precision from the detections that are hits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np

from detector.estimates.arrays import UNKNOWN, Integers, Numbers, ratio
from detector.estimates.draws import Draws, Weights
from detector.estimates.statistic import Statistic
from detector.estimates.sums import Sums
from detector.evaluation.chain import Chain, LabelTotals, Segments, chained
from detector.evaluation.material import HOUR_S
from detector.evaluation.ranking import Ranking


def average_precision(points: Segments, hits: Numbers, gained: Weights, detected: Numbers, wanted: Numbers) -> Numbers:
    """Sum precision over the steps of recall (label, draw).

    Parameters
    ----------
    points : Segments
        Descending thresholds of each label.
    hits, gained, detected : array (point, draw)
        Hits down to each threshold, hits since the threshold before, and detections down to each.
    wanted : array (label, draw)
        Reference events.
    """
    precise = gained * hits
    precise /= np.maximum(detected, 1.0)
    return ratio(points.sum(precise), wanted)


def best_f1(points: Segments, hits: Numbers, detected: Numbers, wanted: Numbers) -> tuple[Integers, Numbers]:
    """Find the first point with the highest F1, and this F1 (label, draw).

    The point is -1 if there are no hits. The parameters are those of `average_precision`.
    """
    has_events = wanted > 0
    f1 = 2 * hits
    f1 /= np.maximum(detected + points.at_rows(wanted), 1.0)
    highest = points.highest(f1)
    best = points.first(f1 >= points.at_rows(highest) - 1e-12)
    hit = has_events & (highest > 0)
    return np.where(hit, best, -1), np.where(has_events, highest, UNKNOWN)


@dataclass(frozen=True)
class CountedTogether:
    """Detections down to each score with a gain in any of several chains.

    Attributes
    ----------
    points : Segments
        The scores, label by label.
    rows : Sums
        The detections.
    places : sequence of (Chain, array)
        The chains, each with the indices of its points among `points`.
    """

    points: Segments
    rows: Sums
    places: Sequence[tuple[Chain[Ranking], Integers]]


def count_together(chains: Sequence[Chain[Ranking]]) -> CountedTogether:
    """Collect what to count for chains of the same detections."""
    by_label = list(zip(*(chain.descents for chain in chains)))
    gaining = [reduce(np.union1d, (ranking.gaining for ranking in rankings)) for rankings in by_label]
    points = Segments.of([len(rows) for rows in gaining])
    rows = chained([rankings[0].down_to(ends + 1) for rankings, ends in zip(by_label, gaining)])
    places = []
    for chain in chains:
        own = [np.searchsorted(rows, ranking.gaining) for rows, ranking in zip(gaining, chain.descents)]
        places.append((chain, np.concatenate([part + first for part, first in zip(own, points.firsts)])))
    return CountedTogether(points, rows, places)


def _are_alike(chain: Chain[Ranking], other: Chain[Ranking]) -> bool:
    return all(
        np.array_equal(a.units, b.units) and np.array_equal(a.scores, b.scores)
        for a, b in zip(chain.descents, other.descents)
    )


@dataclass(frozen=True)
class AtIous(Statistic):
    """Average precision at several IoUs; `chains` has the detections by IoU."""

    chains: Mapping[float, Chain[Ranking]]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the figures."""
        return tuple(f"average_precision_iou_{iou:g}" for iou in self.chains)

    @cached_property
    def n_rows(self) -> int:
        """The points of one IoU."""
        return max(chain.points.n_rows for chain in self.chains.values())

    @cached_property
    def _wanted(self) -> LabelTotals:
        """Reference events, the same at every IoU."""
        rankings = next(iter(self.chains.values())).descents
        return LabelTotals(([ranking.reference_units for ranking in rankings],))

    @cached_property
    def _counted(self) -> list[CountedTogether]:
        """What to count at once for chains of the same detections. Only uncertain spans make chains differ."""
        alike: list[list[Chain[Ranking]]] = []
        for chain in self.chains.values():
            group = next((group for group in alike if _are_alike(group[0], chain)), None)
            if group is None:
                alike.append([chain])
            else:
                group.append(chain)
        return [count_together(group) for group in alike]

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute the figures."""
        figures: dict[int, Numbers] = {}
        (wanted,) = self._wanted(draws.weights)
        for together in self._counted:
            counted = together.points.down(together.rows.of(draws.weights))
            for chain, own in together.places:
                detected = counted if len(own) == len(counted) else counted[own]
                gained = chain.gained.of(draws.weights)
                figures[id(chain)] = average_precision(
                    chain.points, chain.points.down(gained), gained, detected, wanted
                )
        return [figures[id(chain)] for chain in self.chains.values()]


@dataclass(frozen=True)
class DetectionStatistic(Statistic):
    """Precision, recall and F1 at the threshold and at the best one, average precision, recall at false alarm rates.

    Attributes
    ----------
    chain : Chain of Ranking
        The detections of each label.
    durations : array (unit,)
        The seconds of each unit; not a number where unknown.
    rates : tuple of float
        False alarms per hour.
    """

    chain: Chain[Ranking]
    durations: Numbers
    rates: tuple[float, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the figures."""
        named = ("precision", "recall", "f1", "best_precision", "best_recall", "best_f1", "average_precision")
        return (*named, *(f"recall_at_{rate:g}_per_hour" for rate in self.rates))

    @property
    def n_rows(self) -> int:
        """The points."""
        return self.chain.points.n_rows

    @cached_property
    def _at_threshold(self) -> LabelTotals:
        """Hits and detections at the threshold, and reference events."""
        rankings = self.chain.descents
        hits = [ranking.units[ranking.reported & ranking.gains] for ranking in rankings]
        detected = [ranking.units[ranking.reported] for ranking in rankings]
        return LabelTotals((hits, detected, [ranking.reference_units for ranking in rankings]))

    def drawn(self, draws: Draws) -> list[Numbers]:
        """Compute the figures."""
        weights = draws.weights
        points = self.chain.points
        gained = self.chain.gained.of(weights)
        hits = points.down(gained)
        detected = points.down(self.chain.counted.of(weights))
        n_hits, n_detected, wanted = self._at_threshold(weights)
        best, f1 = best_f1(points, hits, detected, wanted)
        n_best, n_best_detected = (_taken(counts, best) for counts in (hits, detected))
        return [
            ratio(n_hits, n_detected),
            ratio(n_hits, wanted),
            np.where(wanted > 0, ratio(2 * n_hits, n_detected + wanted), UNKNOWN),
            ratio(n_best, n_best_detected),
            np.where(best < 0, UNKNOWN, ratio(n_best, wanted)),
            f1,
            average_precision(points, hits, gained, detected, wanted),
            *self._recalls(hits, detected, wanted, draws.seconds(self.durations) / HOUR_S),
        ]

    def _recalls(self, hits: Numbers, detected: Numbers, wanted: Numbers, hours: Numbers) -> list[Numbers]:
        """Compute the highest recall of all thresholds with at most each rate of false alarms per hour."""
        points = self.chain.points
        false = detected - hits
        recalls = []
        for rate in self.rates:
            n = points.count(false <= rate * hours + 1e-9).astype(np.intp)
            above = _taken(hits, np.where(n > 0, points.firsts[:-1, None] + n - 1, -1))
            recalls.append(np.where(hours > 0, ratio(above, wanted), UNKNOWN))
        return recalls


def _taken(counts: Numbers, points: Integers) -> Numbers:
    """Return the count (point, draw) at one point of each label (label, draw); 0 where the point is -1."""
    if not len(counts):
        return np.zeros(points.shape)
    return np.where(points < 0, 0.0, np.take_along_axis(counts, np.maximum(points, 0), axis=0))
