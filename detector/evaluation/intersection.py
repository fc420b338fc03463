"""Match by intersection: find the score at which each event is found, and all false alarms and cross-triggers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detector.estimates.arrays import Integers, Numbers
from detector.evaluation.curves import Steps
from detector.evaluation.field import Field
from detector.evaluation.sweep import (
    DECIMALS,
    MOST_PAIRS,
    Stretches,
    count_pairs,
    covered_s,
    find_pairs,
    portions,
    reaches,
    spread,
)


@dataclass(frozen=True)
class Criteria:
    """The parameters of the score, with the names of Bilen et al.

    Attributes
    ----------
    dtc : float
        Detection tolerance criterion: share of a detection that reference events of its label must cover.
    gtc : float
        Ground truth intersection criterion: share of a reference event that such detections must cover.
    cttc : float or None
        Cross-trigger tolerance criterion: share of another detection that makes it a cross-trigger of another label.
    alpha_ct, alpha_st : float
        Weights of cross-triggers, and of the standard deviation over labels.
    e_max : float
        Effective false alarms per hour at which the area ends.
    """

    dtc: float
    gtc: float
    cttc: float | None = None
    alpha_ct: float = 0.0
    alpha_st: float = 1.0
    e_max: float = 100.0


def find_steps(field: Field, criteria: Criteria, least_iou: float) -> list[Steps]:
    """Find the changes for each label as the threshold falls.

    Cross-triggers give labels by their number among the labels with reference events.
    """
    right = reaches(covered_s(field.found, field.wanted), criteria.dtc, field.found)
    wanted, scores = find_detected(field.wanted, field.found[right], field.scores[right], criteria.gtc)
    wrong = np.flatnonzero(~right & ~field.pardoned(least_iou))
    crossing, crossed = find_crossed(field, wrong, criteria.cttc)
    scores = np.concatenate([scores, field.scores[wrong]])
    cells = np.concatenate([field.wanted.cells[wanted], field.found.cells[wrong]])
    labels, units = np.divmod(cells, field.n_units)
    order = np.lexsort((-scores, labels))
    firsts = np.searchsorted(labels[order], np.arange(field.n_labels + 1))
    gains = order < len(wanted)
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    rows = place[len(wanted) + crossing]
    by_row = np.argsort(rows, kind="stable")
    rows = rows[by_row]
    crossed = crossed[by_row]
    ends = np.searchsorted(rows, firsts)
    return [
        Steps(
            units[order[first:last]],
            scores[order[first:last]],
            gains[first:last],
            rows[ends[n] : ends[n + 1]] - first,
            crossed[ends[n] : ends[n + 1]],
        )
        for n, (first, last) in enumerate(pairwise(firsts))
    ]


def find_detected(wanted: Stretches, right: Stretches, scores: Numbers, gtc: float) -> tuple[Integers, Numbers]:
    """Find the reference events that detections cover enough, and the highest threshold for each (event,)."""
    covered = np.flatnonzero(reaches(covered_s(wanted, right), gtc, wanted))
    counts = count_pairs(wanted[covered], right)
    covered = covered[counts > 0]
    counts = counts[counts > 0]
    thresholds = [np.zeros(0)]
    for rows in portions(counts, MOST_PAIRS):
        near = wanted[covered[rows]]
        pairs = find_pairs(near, right)
        order = np.lexsort((-scores[pairs.second], pairs.first))
        surest = pairs.second[order]
        thresholds.append(scores[surest[_last_needed(near, right[surest], counts[rows], gtc)]])
    return covered, np.concatenate(thresholds)


def _last_needed(wanted: Stretches, near: Stretches, counts: Integers, gtc: float) -> Integers:
    """Find the last detection that each reference event needs, by descending score, to be covered enough.

    Parameters
    ----------
    wanted : Stretches
        The events (event,).
    near : Stretches
        The detections near each event, by descending score, event by event. Together they cover enough of it.
    counts : array of int (event,)
        Number of detections near each event.
    """
    firsts = np.cumsum(counts) - counts
    numbers = np.arange(len(wanted))
    too_few = np.zeros(len(wanted), np.intp)
    enough = counts.copy()
    while len(open_ := np.flatnonzero(enough - too_few > 1)):
        tried = np.minimum(np.maximum(2 * too_few, 1), (too_few + enough) // 2)[open_]  # doubled, then halved
        of, rows = spread(firsts[open_], firsts[open_] + tried)
        events = wanted[open_].inside(numbers[: len(open_)])
        passed = reaches(covered_s(events, near[rows].inside(of)), gtc, events)
        enough[open_[passed]] = tried[passed]
        too_few[open_[~passed]] = tried[~passed]
    last: Integers = firsts + enough - 1
    return last


def find_crossed(field: Field, wrong: Integers, cttc: float | None) -> tuple[Integers, Integers]:
    """Find the labels that wrong detections cross: index among `wrong`, and number of the label, of each crossing."""
    crossed = list(_crossed(field, wrong, cttc)) if cttc is not None else []
    none = np.zeros(0, np.intp)
    detections = np.concatenate([none, *(numbers for numbers, _ in crossed)])
    return detections, np.concatenate([none, *(labels for _, labels in crossed)])


def _crossed(field: Field, wrong: Integers, cttc: float) -> Iterator[tuple[Integers, Integers]]:
    union = field.wanted.united
    labels, units = np.divmod(union.cells, field.n_units)
    _, labels = np.unique(labels, return_inverse=True)
    with_events = np.unique(field.wanted.cells // field.n_units)
    number = np.full(field.n_labels, -1)
    number[with_events] = np.arange(len(with_events))
    events = union.inside(units)
    detections = field.found[wrong].inside(field.found_units[wrong])
    own = number[field.found_labels[wrong]]
    for rows in portions(count_pairs(detections, events), MOST_PAIRS):
        portion = detections[rows]
        pairs = find_pairs(portion, events)
        pairs = pairs[own[rows][pairs.first] != labels[pairs.second]]
        key = pairs.first * len(with_events) + labels[pairs.second]
        keys, of = np.unique(key, return_inverse=True)
        detection, label = np.divmod(keys, max(len(with_events), 1))
        covered: Numbers = np.round(np.bincount(of, pairs.shared_s, minlength=len(keys)), DECIMALS)
        enough = reaches(covered, cttc, portion[detection])
        yield rows.start + detection[enough], label[enough]
