"""Which detections are hits: maximum bipartite matching at every threshold at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from detector.evaluation.events import SLACK
from detector.evaluation.material import Part
from detector.evaluation.overlap import Overlaps, covered_s, overlaps, reaches


def pardoned(part: Part, least_iou: float) -> NDArray[np.bool_]:
    """Tell which detections lie on uncertain spans (event,): at the IoU of a hit, or with half of themselves inside."""
    if not part.uncertain or not part.estimated:
        return np.zeros(len(part.estimated), bool)
    on = reaches(covered_s(part.found, part.uncertain), 0.5, part.found)
    met = overlaps(np.array(part.uncertain, dtype=np.float64), part.found)
    on[met.estimated[met.iou >= least_iou - SLACK]] = True
    return on


def find_hits(part: Part, least_iou: float, on_doubt: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which detections are hits: as many as any one-to-one matching has, at every threshold.

    Detections are taken from the highest score down; each is a hit if an augmenting path leads from it to a free
    reference event (Kuhn 1955). Sets of detections that can be matched at once are the independent sets of a
    transversal matroid (Edmonds and Fulkerson 1965), so taking them greedily loses nothing: the hits among the k first
    are a maximum matching of these k, whatever follows. Among equal scores, those on uncertain spans come last.

    Parameters
    ----------
    part : Part
        The events.
    least_iou : float
        Intersection over union that a hit needs, in (0, 1].
    on_doubt : array of bool (event,)
        Which detections lie on an uncertain span.
    """
    hits = np.zeros(len(part.estimated), bool)
    met, close = part.met, part.met.iou >= least_iou - SLACK
    neighbours: dict[int, list[int]] = {}
    for r, e in zip(met.reference[close].tolist(), met.estimated[close].tolist()):
        neighbours.setdefault(e, []).append(r)
    partner: dict[int, int] = {}
    closed: set[int] = set()
    for e in np.lexsort((on_doubt, -part.scores)).tolist():
        if e in neighbours:
            hits[e] = _augment(e, neighbours, partner, closed)
    return hits


def _augment(start: int, neighbours: dict[int, list[int]], partner: dict[int, int], closed: set[int]) -> bool:
    """Find a partner for a detection, others changing theirs where needed.

    `partner` leads from reference to detection. What a search reached in vain leads to no free reference event ever
    after, so it is `closed` to later searches.
    """
    reached: dict[int, int] = {}  # reference event -> the detection it was reached from
    held: dict[int, int] = {}  # detection -> the reference event it would give up
    queue = [start]
    for detection in queue:
        for r in neighbours[detection]:
            if r in reached or r in closed:
                continue
            reached[r] = detection
            if r not in partner:
                _flip(r, reached, held, partner)
                return True
            held[partner[r]] = r
            queue.append(partner[r])
    closed.update(reached)
    return False


def _flip(free: int, reached: dict[int, int], held: dict[int, int], partner: dict[int, int]) -> None:
    """Give each detection on the path to a free reference event the next reference event on it."""
    r: int | None = free
    while r is not None:
        detection = partner[r] = reached[r]
        r = held.get(detection)


def pair_hits(met: Overlaps, hits: NDArray[np.bool_], least_iou: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair hits with reference events so that the sum of their IoU is the highest.

    Returns
    -------
    reference, estimated : arrays of int (pair,)
        Numbers of the events of each pair; every hit is in one.
    """
    use = hits[met.estimated] & (met.iou >= least_iou - SLACK)
    r, e, iou = met.reference[use], met.estimated[use], met.iou[use]
    if not len(r):
        return r, e
    size = int(max(r.max(), e.max())) + 1
    graph = csr_matrix((np.ones(len(r)), (r, e + size)), shape=(2 * size, 2 * size))
    _, component = connected_components(graph, directed=False)
    pairs = [_best(r[of], e[of], iou[of]) for of in _groups_of(component[r])]
    reference, estimated = (np.concatenate(side) for side in zip(*pairs))
    order = np.argsort(reference)
    return reference[order], estimated[order]


def _groups_of(component: NDArray[np.int32]) -> list[NDArray[np.intp]]:
    order = np.argsort(component, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(component[order])) + 1)


def _best(r: NDArray[np.intp], e: NDArray[np.intp], iou: NDArray[np.float64]) -> tuple[NDArray[np.intp], ...]:
    """Match all detections of one connected part of the graph, with the highest sum of IoU."""
    if len(r) == 1:
        return r, e
    rows, row = np.unique(r, return_inverse=True)
    columns, column = np.unique(e, return_inverse=True)
    value = np.zeros((len(rows), len(columns)))
    value[row, column] = iou + len(rows)  # one pair more weighs more than any sum of IoU
    i, j = linear_sum_assignment(value, maximize=True)
    kept = value[i, j] > 0
    return rows[i[kept]], columns[j[kept]]
