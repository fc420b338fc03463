"""Estimated events against reference events, matched one-to-one by maximum bipartite matching, as mir_eval does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from detector.events import Event, iou

SLACK = 1e-9
"""What an intersection over union may lack of the least one: a half of 0.3 s is 0.15 s, but not in binary."""


@dataclass(frozen=True)
class Counts:
    """How many events were found, wrongly found and missed."""

    hits: int = 0
    false_alarms: int = 0
    misses: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses)

    @property
    def precision(self) -> float:
        """Hits among the events found (1 where none was found)."""
        found = self.hits + self.false_alarms
        return self.hits / found if found else 1.0

    @property
    def recall(self) -> float:
        """Hits among the reference events (1 where there are none)."""
        reference = self.hits + self.misses
        return self.hits / reference if reference else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        double = 2 * self.hits
        total = double + self.false_alarms + self.misses
        return double / total if total else 1.0


def match(reference: Sequence[Event], estimated: Sequence[Event], least_iou: float) -> list[tuple[int, int]]:
    """Pair reference and estimated events of one recording and label, as many as can be.

    Parameters
    ----------
    least_iou : float
        Intersection over union that a pair needs, in (0, 1].

    Returns
    -------
    list of (int, int)
        Numbers of the reference and the estimated event of each pair, in order of the reference.
    """
    if not reference or not estimated:
        return []
    near = [
        (r, e)
        for r, wanted in enumerate(reference)
        for e, found in enumerate(estimated)
        if iou(wanted.span, found.span) >= least_iou - SLACK
    ]
    if not near:
        return []
    rows, columns = np.array(near).T
    graph = csr_matrix((np.ones(len(near)), (rows, columns)), shape=(len(reference), len(estimated)))
    partner = maximum_bipartite_matching(graph, perm_type="column")
    return [(r, int(e)) for r, e in enumerate(partner) if e >= 0]


def count(
    reference: Mapping[str, Sequence[Event]], estimated: Mapping[str, Sequence[Event]], least_iou: float
) -> dict[str, Counts]:
    """Count hits, false alarms and misses of each label over recordings.

    Parameters
    ----------
    reference, estimated : mapping
        Events of each recording, by its name; events of different labels are never paired.
    """
    totals: dict[str, Counts] = {}
    for recording in sorted({*reference, *estimated}):
        wanted = reference.get(recording, ())
        found = estimated.get(recording, ())
        for label in sorted({event.label for event in (*wanted, *found)}):
            ours = [event for event in wanted if event.label == label]
            theirs = [event for event in found if event.label == label]
            hits = len(match(ours, theirs, least_iou))
            totals[label] = totals.get(label, Counts()) + Counts(hits, len(theirs) - hits, len(ours) - hits)
    return totals
