"""Find the detections that are hits, by maximum bipartite matching at every threshold at once."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from detector.estimates.arrays import Flags, Integers
from detector.evaluation.events import SLACK
from detector.evaluation.field import Field
from detector.evaluation.sweep import MOST_PAIRS, Stretches, find_pairs

Near = Callable[[int], Iterable[int]]
"""Returns the reference events that are close enough to a detection."""


def find_hits(field: Field, ious: Sequence[float]) -> list[Flags]:
    """Find the hits at each IoU (found,). At every threshold they are as many as in the largest one-to-one matching.

    Detections are taken by descending score. Each is a hit if an augmenting path leads from it to a free reference
    event (Kuhn 1955). This greedy choice loses nothing, because the sets of detections that can be matched together are
    the independent sets of a transversal matroid (Edmonds and Fulkerson 1965). So the hits among the first k detections
    are always a maximum matching of these k. Among equal scores, detections on uncertain spans come last.

    Parameters
    ----------
    field : Field
        The events. Events of different cells are never paired.
    ious : sequence of float
        Intersection over union that a hit needs, in (0, 1].
    """
    hits = [np.zeros(len(field.found), bool) for _ in ious]
    pardoned = [field.pardoned(least) for least in ious]
    for block in field.blocks():
        wanted = field.wanted[block.wanted]
        found = field.found[block.found]
        few = block.n_pairs <= MOST_PAIRS
        pairs = find_pairs(wanted, found) if few else None
        shares = None if pairs is None else pairs.iou(wanted, found)
        for least, of_iou, on_doubt in zip(ious, hits, pardoned):
            order = np.lexsort((on_doubt[block.found], -field.scores[block.found]))
            if pairs is None or shares is None:
                of_iou[block.found] = _hits_among_many(wanted, found, order, least)
            else:
                close = pairs[shares >= least - SLACK]
                of_iou[block.found] = _hits_among_pairs(close.first, close.second, len(wanted), order)
    return hits


def _hits_among_pairs(r: Integers, e: Integers, n_wanted: int, order: Integers) -> Flags:
    """Match by a list of pairs. If no detection meets several reference events, the highest score is the hit."""
    hits = np.zeros(len(order), bool)
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    tangled = np.zeros(n_wanted, bool)
    tangled[r[np.bincount(e, minlength=len(order))[e] > 1]] = True
    plain = ~tangled[r]
    surest = np.full(n_wanted, len(order))
    np.minimum.at(surest, r[plain], place[e[plain]])
    hits[order[surest[surest < len(order)]]] = True
    r = r[~plain]
    e = e[~plain]
    by_place = np.argsort(place[e], kind="stable")
    r = r[by_place]
    e = e[by_place]
    firsts = np.flatnonzero(np.append(True, np.diff(e) != 0)[: len(e)])
    neighbours = {int(e[first]): part.tolist() for first, part in zip(firsts, np.split(r, firsts[1:]))}
    search = PathSearch(n_wanted, neighbours.__getitem__)
    for detection in neighbours:
        hits[detection] = search.augment(detection)
    return hits


def _hits_among_many(wanted: Stretches, found: Stretches, order: Integers, least_iou: float) -> Flags:
    """Match where there are too many pairs to list: find those of a detection again each time they are needed."""
    by_start, starts = wanted.by_start
    spans = wanted.spans[by_start]
    lengths_s = wanted.lengths_s[by_start]
    first = np.searchsorted(np.maximum.accumulate(wanted.keys[by_start, 1]), found.keys[:, 0], side="right").tolist()
    last = np.searchsorted(starts, found.keys[:, 1], side="left").tolist()

    def near(detection: int) -> Iterable[int]:
        window = slice(first[detection], last[detection])
        start, end = found.spans[detection]
        shared = np.minimum(spans[window, 1], end) - np.maximum(spans[window, 0], start)
        close = shared / (lengths_s[window] + (end - start) - shared) >= least_iou - SLACK
        open_ = window.start + np.flatnonzero(close & ~shut[window])
        free = open_[partner[open_] < 0]
        return free[:1].tolist() or open_.tolist()

    search = PathSearch(len(wanted), near)
    shut = np.frombuffer(search.shut, dtype=bool)
    partner = np.frombuffer(search.partner, dtype=np.int64)
    hits = np.zeros(len(found), bool)
    for detection in order.tolist():
        hits[detection] = search.augment(detection)
    return hits


class PathSearch:
    """Search augmenting paths, from one detection after the other.

    Attributes
    ----------
    partner : array of int (wanted,)
        The detection that each reference event is paired with; -1 while it is free.
    shut : bytearray (wanted,)
        1 for events that a search leaves out. Either it was there before, or an earlier search found no free event from
        there. No later search would find one either.
    """

    def __init__(self, n_wanted: int, near: Near) -> None:
        self.partner = array("q", [-1]) * n_wanted
        self.shut = bytearray(n_wanted)
        self._near = near

    def augment(self, start: int) -> bool:
        """Find a partner for a detection; other detections may change theirs for it. Return whether there is one."""
        partner = self.partner
        shut = self.shut
        reached: dict[int, int] = {}  # reference event -> the detection it was reached from
        held: dict[int, int] = {}  # detection -> the reference event it would give up
        queue = [start]
        for detection in queue:
            for r in self._near(detection):
                if shut[r]:
                    continue
                shut[r] = 1
                reached[r] = detection
                if partner[r] < 0:
                    self._flip(r, reached, held)
                    for other in reached:
                        shut[other] = 0
                    return True
                held[partner[r]] = r
                queue.append(partner[r])
        return False

    def _flip(self, free: int, reached: dict[int, int], held: dict[int, int]) -> None:
        """Pair each detection on the path to a free reference event with the next reference event on it."""
        r: int | None = free
        while r is not None:
            detection = self.partner[r] = reached[r]
            r = held.get(detection)
