"""Match estimated with reference events one-to-one, by maximum bipartite matching as in mir_eval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from detector.events import Event, iou

SLACK = 1e-9
"""Tolerance of an intersection over union, for rounding: 0.15 s is not exactly a half of 0.3 s in binary."""


@dataclass(frozen=True)
class Counts:
    """Numbers of hits, false alarms and misses."""

    hits: int = 0
    false_alarms: int = 0
    misses: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false_alarms + other.false_alarms, self.misses + other.misses)

    @property
    def precision(self) -> float:
        """The share of hits among the detections; 1 without detections."""
        n_detections = self.hits + self.false_alarms
        return self.hits / n_detections if n_detections else 1.0

    @property
    def recall(self) -> float:
        """The share of hits among the reference events; 1 without reference events."""
        reference = self.hits + self.misses
        return self.hits / reference if reference else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        double = 2 * self.hits
        total = double + self.false_alarms + self.misses
        return double / total if total else 1.0


def match(reference: Sequence[Event], estimated: Sequence[Event], least_iou: float) -> list[tuple[int, int]]:
    """Find the largest matching of the reference and estimated events of one recording and label.

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
        for r, event in enumerate(reference)
        for e, detection in enumerate(estimated)
        if iou(event.span, detection.span) >= least_iou - SLACK
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
        Events of each recording, by its name. Events of different labels are never paired.
    """
    totals: dict[str, Counts] = {}
    for recording in sorted({*reference, *estimated}):
        events = reference.get(recording, ())
        detections = estimated.get(recording, ())
        for label in sorted({event.label for event in (*events, *detections)}):
            own_events = [event for event in events if event.label == label]
            own_detections = [event for event in detections if event.label == label]
            hits = len(match(own_events, own_detections, least_iou))
            counts = Counts(hits, len(own_detections) - hits, len(own_events) - hits)
            totals[label] = totals.get(label, Counts()) + counts
    return totals
