"""Pair each hit with a reference event, so that the pairs overlap as much as possible in total."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from detector.estimates.arrays import Flags, Integers, Numbers
from detector.evaluation.events import SLACK
from detector.evaluation.field import Field
from detector.evaluation.sweep import MOST_PAIRS, Stretches, count_pairs, find_pairs, portions

MOST_CELLS = 1 << 25
"""Most cells of a table of reference events by detections."""

PairNumbers = tuple[Integers, Integers]
"""Numbers of the reference and the estimated event of each pair (pair,)."""


def pair_hits(field: Field, hits: Flags, least_iou: float) -> PairNumbers:
    """Pair hits with reference events, so that the sum of their IoU is highest.

    Returns
    -------
    reference, estimated : arrays of int (pair,)
        Numbers of the two events of each pair, in order of the reference. Every hit is in one pair.
    """
    pairs: list[PairNumbers] = [(np.zeros(0, np.intp), np.zeros(0, np.intp))]
    for block in field.blocks():
        chosen = block.found.start + np.flatnonzero(hits[block.found])
        if len(chosen):
            r, e = _pair_block(field.wanted[block.wanted], field.found[chosen], least_iou)
            pairs.append((block.wanted.start + r, chosen[e]))
    r, e = _joined(pairs)
    order = np.argsort(r)
    return r[order], e[order]


def _pair_block(wanted: Stretches, found: Stretches, least_iou: float) -> PairNumbers:
    counts = count_pairs(found, wanted)
    if counts.sum() > MOST_PAIRS and len(wanted) * len(found) <= MOST_CELLS:
        return _joined(_pair_table(wanted, found, least_iou))
    listed = []
    for rows in portions(counts, MOST_PAIRS):
        pairs = find_pairs(found[rows], wanted)
        shares = pairs.iou(found[rows], wanted)
        close = shares >= least_iou - SLACK
        listed.append((pairs.second[close], rows.start + pairs.first[close], shares[close]))
    r, e, iou = (np.concatenate(columns) for columns in zip(*listed))
    graph = csr_matrix((np.ones(len(r)), (r, e + len(wanted))), shape=(len(wanted) + len(found),) * 2)
    _, component = connected_components(graph, directed=False)
    order = np.argsort(component[r], kind="stable")
    component = component[r[order]]
    r = r[order]
    e = e[order]
    iou = iou[order]
    firsts = np.flatnonzero(np.append(True, np.diff(component) != 0))
    sizes = np.diff(np.append(firsts, len(r)))
    alone = firsts[sizes == 1]
    several = zip(firsts[sizes > 1].tolist(), sizes[sizes > 1].tolist())
    tangles = [slice(first, first + size) for first, size in several]
    return _joined([(r[alone], e[alone]), *(_pair_tangle(r[rows], e[rows], iou[rows]) for rows in tangles)])


def _joined(pairs: Iterator[PairNumbers] | list[PairNumbers]) -> PairNumbers:
    r, e = (np.concatenate(side) for side in zip(*pairs))
    return r, e


def _pair_tangle(r: Integers, e: Integers, iou: Numbers) -> PairNumbers:
    """Match all detections of one connected part of the graph, given by its pairs."""
    rows, row = np.unique(r, return_inverse=True)
    columns, column = np.unique(e, return_inverse=True)
    if len(rows) * len(columns) > MOST_CELLS:
        graph = csr_matrix((2.0 - iou, (row, column)), shape=(len(rows), len(columns)))
        i, j = min_weight_full_bipartite_matching(graph)
        return rows[i], columns[j]
    table = np.zeros((len(rows), len(columns)))
    table[row, column] = iou
    i, j = _best(table)
    return rows[i], columns[j]


def _best(iou: Numbers) -> PairNumbers:
    """Find the largest matching, and among these the one with the highest sum of IoU.

    Parameters
    ----------
    iou : array (reference, estimated)
        0 where two events cannot be a pair. The array is changed.
    """
    np.subtract(-len(iou), iou, out=iou, where=iou > 0)  # one pair more weighs more than any sum of IoU
    i, j = linear_sum_assignment(iou)
    kept = iou[i, j] < 0
    return i[kept], j[kept]


def _pair_table(wanted: Stretches, found: Stretches, least_iou: float) -> Iterator[PairNumbers]:
    """Pair by a table, one connected part of the graph after the other. It takes less memory than a list of pairs."""
    iou = np.zeros((len(wanted), len(found)))
    for rows in portions(np.full(len(wanted), len(found)), MOST_PAIRS):
        start, end = (wanted.spans[rows, edge, None] for edge in range(2))
        shared = np.minimum(end, found.spans[:, 1]) - np.maximum(start, found.spans[:, 0])
        share = shared / ((end - start) + found.lengths_s - shared)
        same = wanted.cells[rows, None] == found.cells
        iou[rows] = np.where((share >= least_iou - SLACK) & (shared > 0) & same, share, 0.0)
    left: Flags = np.asarray((iou > 0).any(axis=1))
    while left.any():
        r, e = _connected(iou, int(np.argmax(left)))
        left[r] = False
        whole = len(r) == len(wanted) and len(e) == len(found)
        i, j = _best(iou if whole else iou[np.ix_(r, e)])
        yield r[i], e[j]


def _connected(iou: Numbers, row: int) -> PairNumbers:
    """List the rows and columns that are connected with a row."""
    rows = np.zeros(iou.shape[0], bool)
    columns = np.zeros(iou.shape[1], bool)
    new_rows = np.array([row])
    while len(new_rows):
        rows[new_rows] = True
        new_columns = np.zeros(len(columns), bool)
        for n in new_rows:
            new_columns |= iou[n] > 0
        new_columns &= ~columns
        columns |= new_columns
        connected = np.zeros(len(rows), bool)
        for n in np.flatnonzero(new_columns):
            connected |= iou[:, n] > 0
        new_rows = np.flatnonzero(connected & ~rows)
    return np.flatnonzero(rows), np.flatnonzero(columns)
