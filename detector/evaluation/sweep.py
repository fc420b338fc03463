"""Sweep over time to find which spans of many cells overlap, how many do, and how much of each others cover.

A cell is one label in one recording, for example. Spans of different cells never overlap. Times are numbered in order.
So a cell and a time make one integer, and one sweep serves all cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from detector.estimates.arrays import Flags, Integers, Numbers

DECIMALS = 6
"""Decimals of sums of times before a comparison: tables hold times to the microsecond (as in sed_scores_eval)."""

MOST_PAIRS = 1 << 20
"""Most pairs of spans that are handled at once. This limits memory."""


@dataclass(frozen=True)
class Stretches:
    """Spans in cells, in any order.

    Attributes
    ----------
    cells : array of int (span,)
        Number of the cell of each span.
    edges : array of int (span, 2)
        Indices of onset and offset in `times`.
    times : array (time,)
        All times, s, ascending.
    """

    cells: Integers
    edges: Integers
    times: Numbers

    def __len__(self) -> int:
        return len(self.cells)

    def __getitem__(self, rows: Integers | Flags | slice) -> Stretches:
        return Stretches(self.cells[rows], self.edges[rows], self.times)

    def inside(self, cells: Integers) -> Stretches:
        """Return the same spans in other cells."""
        return replace(self, cells=cells)

    @cached_property
    def spans(self) -> Numbers:
        """Onsets and offsets, s (span, 2)."""
        return self.times[self.edges]

    @cached_property
    def lengths_s(self) -> Numbers:
        """Length of each span, s (span,)."""
        return self.spans[:, 1] - self.spans[:, 0]

    @cached_property
    def keys(self) -> Integers:
        """An integer for the cell and each edge, ascending with the cell and then the time (span, 2)."""
        return self.cells[:, None] * len(self.times) + self.edges

    @cached_property
    def by_start(self) -> tuple[Integers, Integers]:
        """Numbers of the spans in order of their onsets, and the keys of these (span,)."""
        order = np.argsort(self.keys[:, 0], kind="stable")
        return order, self.keys[order, 0]

    @cached_property
    def ends(self) -> Integers:
        """The keys of the offsets in order (span,)."""
        return np.sort(self.keys[:, 1])

    @cached_property
    def united(self) -> Stretches:
        """The spans after joining all that overlap or touch, in order. Empty and inverted spans cover nothing."""
        order = np.argsort(self.keys[:, 0], kind="stable")
        order = order[self.edges[order, 1] > self.edges[order, 0]]
        starts = self.keys[order, 0]
        reach = np.maximum.accumulate(self.keys[order, 1])
        first = np.flatnonzero(np.append(True, starts[1:] > reach[:-1])[: len(order)])
        last = np.append(first[1:], len(order))[: len(first)] - 1
        cells = self.cells[order[first]]
        edges = np.column_stack([self.edges[order[first], 0], reach[last] - cells * len(self.times)])
        return Stretches(cells, edges, self.times)


def number_times(*spans: Numbers) -> tuple[Numbers, list[Integers]]:
    """Return all times of several sets of spans (span, 2), and for each set the indices of its times."""
    times, numbers = np.unique(np.concatenate(spans), return_inverse=True)
    parts = np.split(numbers.reshape(-1, 2), np.cumsum([len(part) for part in spans])[:-1])
    return times, parts


@dataclass(frozen=True)
class Pairs:
    """Pairs of spans that overlap: the index of each, and the time they share, s (pair,)."""

    first: Integers
    second: Integers
    shared_s: Numbers

    def __getitem__(self, rows: Integers | Flags) -> Pairs:
        return Pairs(self.first[rows], self.second[rows], self.shared_s[rows])

    def iou(self, firsts: Stretches, seconds: Stretches) -> Numbers:
        """Return the intersection of each pair over its union."""
        return self.shared_s / (firsts.lengths_s[self.first] + seconds.lengths_s[self.second] - self.shared_s)


def count_pairs(spans: Stretches, others: Stretches) -> Integers:
    """Count for each span the others that overlap it (span,), without listing them."""
    _, starts = others.by_start
    begun = np.searchsorted(starts, spans.keys[:, 1], side="left")
    over = np.searchsorted(others.ends, spans.keys[:, 0], side="right")
    return np.maximum(begun - over, 0)


def find_pairs(firsts: Stretches, seconds: Stretches) -> Pairs:
    """List all pairs of overlapping spans of two sets. The computing time grows only with the number of pairs.

    If two spans overlap, either the second starts within the first, or the first starts within the second and later.
    """
    firsts_by_start, first_starts = firsts.by_start
    seconds_by_start, second_starts = seconds.by_start
    begin = np.searchsorted(second_starts, firsts.keys[:, 0], side="left")
    end = np.searchsorted(second_starts, firsts.keys[:, 1], side="left")
    earlier_first, later_second = spread(begin, end)
    begin = np.searchsorted(first_starts, seconds.keys[:, 0], side="right")
    end = np.searchsorted(first_starts, seconds.keys[:, 1], side="left")
    earlier_second, later_first = spread(begin, end)
    first = np.concatenate([earlier_first, firsts_by_start[later_first]])
    second = np.concatenate([seconds_by_start[later_second], earlier_second])
    starts = np.maximum(firsts.spans[first, 0], seconds.spans[second, 0])
    ends = np.minimum(firsts.spans[first, 1], seconds.spans[second, 1])
    shared = ends - starts
    pairs = Pairs(first, second, shared)
    return pairs if (shared > 0).all() else pairs[shared > 0]


def spread(first: Integers, last: Integers) -> tuple[Integers, Integers]:
    """List the integers of all ranges from `first` to `last` (excluded), and the index of the range of each.

    Returns
    -------
    ranges, numbers : array of int (number,)
    """
    sizes = np.maximum(last - first, 0)
    of = np.repeat(np.arange(len(sizes)), sizes)
    return of, np.arange(len(of)) + np.repeat(first - (np.cumsum(sizes) - sizes), sizes)


def portions(sizes: Integers, most: int) -> Iterator[slice]:
    """Yield slices of rows whose sizes sum up to at most `most`. A row that is larger on its own comes alone."""
    total = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        done = int(total[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(total, done + most, side="right")))
        yield slice(first, last)
        first = last


def covered_s(stretches: Stretches, by: Stretches) -> Numbers:
    """Measure how much of each span the others of its cell cover, s to the microsecond (span,)."""
    union = by.united
    if not len(union) or not len(stretches):
        return np.zeros(len(stretches))
    lengths = np.cumsum(union.lengths_s)
    before = lengths - union.lengths_s
    place = np.searchsorted(union.keys[:, 0], stretches.keys, side="right") - 1  # the last that begins by each edge
    known = np.maximum(place, 0)
    into = np.minimum(stretches.spans - union.spans[known, 0], union.lengths_s[known])
    own = union.cells[known] == stretches.cells[:, None]
    level = np.where(place < 0, 0.0, np.where(own, before[known] + into, lengths[known]))
    return np.round(level[:, 1] - level[:, 0], DECIMALS)


def reaches(covered: Numbers, share: float, stretches: Stretches) -> Flags:
    """Return whether at least a share of each span is covered (span,)."""
    return covered >= np.round(share * stretches.lengths_s, DECIMALS)
