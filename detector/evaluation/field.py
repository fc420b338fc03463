"""Keep the events of all labels and units in flat arrays, so that the time grows only with the number of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from detector.estimates.arrays import Flags, Integers, Numbers
from detector.evaluation.events import SLACK
from detector.evaluation.material import LabelEvents, Material
from detector.evaluation.sweep import (
    MOST_PAIRS,
    Stretches,
    count_pairs,
    covered_s,
    find_pairs,
    number_times,
    portions,
    reaches,
)
from detector.events import Event, Span


@dataclass(frozen=True)
class Field:
    """Events in order of cells, and within a cell in the order of the tables. A cell is one label in one unit.

    Attributes
    ----------
    n_units, n_labels : int
        Numbers of units and labels. The cell of a label in a unit is `label * n_units + unit`.
    wanted, found : Stretches
        Reference and estimated events.
    scores : array (found,)
        Score of each estimated event; 1 without a score.
    doubt : Stretches
        Uncertain spans. Their cells are units, because they are uncertain for every label.
    reference, estimated : sequence of Event
        The events themselves.
    """

    n_units: int
    n_labels: int
    wanted: Stretches
    found: Stretches
    scores: Numbers
    doubt: Stretches
    reference: Sequence[Event]
    estimated: Sequence[Event]

    @cached_property
    def wanted_units(self) -> Integers:
        """Number of the unit of each reference event."""
        return self.wanted.cells % self.n_units

    @cached_property
    def found_units(self) -> Integers:
        """Number of the unit of each estimated event."""
        return self.found.cells % self.n_units

    @cached_property
    def found_labels(self) -> Integers:
        """Number of the label of each estimated event."""
        return self.found.cells // self.n_units

    @cached_property
    def wanted_units_by_label(self) -> list[Integers]:
        """Numbers of the units of the reference events of each label."""
        return [self.wanted_units[rows] for rows in self.of_labels(self.wanted)]

    def of_labels(self, stretches: Stretches) -> list[slice]:
        """Return the rows of each label among the reference or the estimated events."""
        firsts = np.searchsorted(stretches.cells, np.arange(self.n_labels + 1) * self.n_units)
        return [slice(int(first), int(last)) for first, last in pairwise(firsts)]

    @cached_property
    def _on_doubt(self) -> tuple[Flags, Numbers]:
        """Find the detections that lie by half on uncertain spans, and the highest IoU of each with such a span."""
        detections = self.found.inside(self.found_units)
        highest = np.zeros(len(self.found))
        for rows in portions(count_pairs(detections, self.doubt), MOST_PAIRS):
            near = detections[rows]
            pairs = find_pairs(near, self.doubt)
            np.maximum.at(highest, rows.start + pairs.first, pairs.iou(near, self.doubt))
        inside = reaches(covered_s(detections, self.doubt), 0.5, detections)
        return inside & np.isin(self.found_units, self.doubt.cells), highest

    def pardoned(self, least_iou: float) -> Flags:
        """Find the detections on uncertain spans (found,): with at least this IoU, or by half of their length."""
        if not len(self.doubt):
            return np.zeros(len(self.found), bool)
        inside, highest = self._on_doubt
        return inside | (highest >= least_iou - SLACK)

    def blocks(self) -> Iterator[Block]:
        """Yield the cells with detections, in order, in blocks with a limited number of pairs."""
        cells, firsts = np.unique(self.found.cells, return_index=True)
        if not len(cells):
            return
        sizes = np.add.reduceat(count_pairs(self.found, self.wanted), firsts)
        ends = np.append(firsts[1:], len(self.found))
        for portion in portions(sizes, MOST_PAIRS):
            first = portion.start
            last = portion.stop - 1
            wanted = np.searchsorted(self.wanted.cells, [cells[first], cells[last] + 1])
            yield Block(
                slice(int(wanted[0]), int(wanted[1])),
                slice(int(firsts[first]), int(ends[last])),
                int(sizes[portion].sum()),
            )


class Block(NamedTuple):
    """Some cells: their reference and estimated events, and the number of pairs that share time."""

    wanted: slice
    found: slice
    n_pairs: int


def field_of(material: Material) -> Field:
    """Make the field of a material, with labels and units numbered in their order."""
    numbers = {label: n for n, label in enumerate(material.labels)}
    n_units = len(material.units)
    sides: list[Side] = []
    for side in (material.reference, material.estimated):
        events = [(n, event) for n, unit in enumerate(material.units) for event in side.get(unit, ())]
        sides.append(([numbers[event.label] * n_units + n for n, event in events], [event for _, event in events]))
    doubt = [(n, span) for n, unit in enumerate(material.units) for span in material.uncertain.get(unit, ())]
    return _field(n_units, len(numbers), sides, doubt)


def field_of_parts(parts: Sequence[LabelEvents]) -> Field:
    """Make the field of one label's events, given one part for each unit."""
    sides: list[Side] = []
    for events in ([part.reference for part in parts], [part.estimated for part in parts]):
        units = [part.unit for part, of_part in zip(parts, events) for _ in of_part]
        sides.append((units, [event for of_part in events for event in of_part]))
    doubt = [(part.unit, span) for part in parts for span in part.uncertain]
    return _field(len(parts), 1, sides, doubt)


Side = tuple[Sequence[int], Sequence[Event]]
"""Events, and the cell of each."""


def _field(n_units: int, n_labels: int, given: Sequence[Side], doubt: Sequence[tuple[int, Span]]) -> Field:
    spans = [
        np.array([[event.start_s for event in events], [event.end_s for event in events]], dtype=np.float64).T
        for _, events in given
    ]
    times, edges = number_times(*spans, np.array([span for _, span in doubt], dtype=np.float64).reshape(-1, 2))
    sides = []
    ordered = []
    for (cells, events), its_edges in zip(given, edges):
        order = np.argsort(np.array(cells, dtype=np.intp), kind="stable")
        sides.append(Stretches(np.array(cells, dtype=np.intp)[order], its_edges[order], times))
        ordered.append([events[n] for n in order.tolist()])
    scores = np.array([1.0 if event.score is None else event.score for event in ordered[1]])
    uncertain = Stretches(np.array([unit for unit, _ in doubt], dtype=np.intp), edges[2], times)
    return Field(max(n_units, 1), n_labels, sides[0], sides[1], scores, uncertain, ordered[0], ordered[1])
