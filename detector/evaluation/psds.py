"""Polyphonic sound detection score: the area under recall against false alarms per hour, by intersection, over labels.

C. Bilen, G. Ferroni, F. Tuveri, J. Azcarreta and S. Krstulovic, "A framework for the robust evaluation of sound event
detection", ICASSP 2020; the two parameter sets are those of DCASE 2021 task 4. Thresholds are the distinct scores, as
in J. Ebbers, R. Serizel and R. Haeb-Umbach, "Threshold-independent evaluation of sound event detection scores", ICASSP
2022.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detector.evaluation.matching import pardoned
from detector.evaluation.material import Part
from detector.evaluation.overlap import Spans, covered_s, reaches
from detector.evaluation.statistic import UNKNOWN, Descent, Weights
from detector.events import merged

HOUR_S = 3600.0

Numbers = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True)
class Criteria:
    """Parameters of the score, by the names of Bilen et al.

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


PSDS1 = Criteria(dtc=0.7, gtc=0.7)
PSDS2 = Criteria(dtc=0.1, gtc=0.1, cttc=0.3, alpha_ct=0.5)


@dataclass(frozen=True)
class Steps(Descent):
    """What changes for one label as the threshold falls: a row for each reference event found (a gain) and false alarm.

    Attributes
    ----------
    crossed_row, crossed_label : arrays of int (cross-trigger,)
        Row and number of the label that it is a cross-trigger of.
    """

    crossed_row: Integers
    crossed_label: Integers

    @cached_property
    def false(self) -> Numbers:
        """1 for a false alarm (row,), down to the last gaining score."""
        return (~self.gains[: self.useful]).astype(np.float64)

    @cached_property
    def useful_crossings(self) -> NDArray[np.bool_]:
        """Which cross-triggers there are down to the last gaining score."""
        return self.crossed_row < self.useful


@dataclass(frozen=True)
class Stage:
    """What is the same for every label.

    Attributes
    ----------
    criteria : Criteria
        Parameters.
    durations : array (unit,)
        Seconds of each unit.
    n_reference, reference_s : arrays (label, unit)
        Number of reference events, and their seconds.
    """

    criteria: Criteria
    durations: Numbers
    n_reference: Numbers
    reference_s: Numbers

    def curve(self, label: int, steps: Steps, weights: Weights) -> tuple[Numbers, Numbers]:
        """Follow effective false alarms per hour and recall of a label as the threshold falls (point,)."""
        per_s = steps.false / float(weights @ self.durations)
        n_others = np.count_nonzero(self.n_reference @ weights) - 1
        if self.criteria.alpha_ct and n_others:
            cross = 1 / np.maximum(self.reference_s @ weights, 1e-12)
            use = steps.useful_crossings
            rates = np.bincount(steps.crossed_row[use], cross[steps.crossed_label[use]], minlength=steps.useful)
            per_s = per_s + self.criteria.alpha_ct * rates / n_others
        false = steps.summed(weights[steps.useful_units] * per_s * HOUR_S)
        recall = steps.gained(weights) / float(weights @ self.n_reference[label])
        within = false <= self.criteria.e_max
        return np.append(0.0, false[within]), np.append(0.0, recall[within])


@dataclass(frozen=True)
class Psds:
    """The score of some labels of a stage: of one by itself, or of all.

    `steps` has the changes of each label by its number.
    """

    name: str
    stage: Stage
    steps: Mapping[int, Steps]

    @property
    def names(self) -> tuple[str, ...]:
        """What the figure is called."""
        return (self.name,)

    def __call__(self, weights: Weights) -> list[float]:
        """Tell the figure; labels without reference events are left out."""
        there = [label for label in self.steps if weights @ self.stage.n_reference[label] > 0]
        if not there or not float(weights @ self.stage.durations) > 0:
            return [UNKNOWN]
        curves = [self.stage.curve(label, self.steps[label], weights) for label in there]
        grid = np.unique(np.concatenate([false for false, _ in curves]))
        recalls = np.array([recall[np.searchsorted(false, grid, side="right") - 1] for false, recall in curves])
        criteria = self.stage.criteria
        effective = np.maximum(recalls.mean(axis=0) - criteria.alpha_st * recalls.std(axis=0), 0.0)
        return [float(effective @ np.diff(np.append(grid, criteria.e_max)) / criteria.e_max)]


def psds(name: str, parts: Sequence[Sequence[Part]], durations: Numbers, criteria: Criteria, least_iou: float) -> Psds:
    """Compare the events of labels that have reference events.

    Parameters
    ----------
    name : str
        What to call the score.
    parts : sequence of sequences of Part
        For each label, its events in every unit.
    durations : array (unit,)
        Seconds of each unit.
    criteria : Criteria
        Parameters.
    least_iou : float
        At which a detection is taken to lie on an uncertain span: it is then no false alarm.
    """
    n_reference = np.array([[len(part.reference) for part in of_label] for of_label in parts], dtype=np.float64)
    reference_s = np.array([[_length_s(part.wanted) for part in of_label] for of_label in parts])
    stage = Stage(criteria, durations, n_reference, reference_s)
    return Psds(name, stage, {label: _steps(label, parts, criteria, least_iou) for label in range(len(parts))})


def _length_s(spans: Spans) -> float:
    return sum(end - start for start, end in merged((float(start), float(end)) for start, end in spans))


def _steps(label: int, parts: Sequence[Sequence[Part]], criteria: Criteria, least_iou: float) -> Steps:
    """Find the score at which each reference event is found, and what every other detection is."""
    found: list[tuple[float, int]] = []
    false: list[tuple[float, int, list[int]]] = []
    for number, part in enumerate(parts[label]):
        if not part.estimated:
            continue
        right = reaches(covered_s(part.found, part.wanted), criteria.dtc, part.found)
        found += [(score, part.unit) for score in _found_at(part, right, criteria.gtc)]
        wrong = np.flatnonzero(~right & ~pardoned(part, least_iou))
        others = {n: of_label[number] for n, of_label in enumerate(parts) if n != label}
        crossed = _crossed(part.found[wrong], others, criteria.cttc)
        false += [(float(part.scores[e]), part.unit, labels) for e, labels in zip(wrong, crossed)]
    scores = np.array([row[0] for row in (*found, *false)])
    order = np.argsort(-scores, kind="stable")
    is_found = np.arange(len(scores)) < len(found)
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    crossing = [(place[len(found) + n], other) for n, (_, _, labels) in enumerate(false) for other in labels]
    rows, labels = np.array(crossing, dtype=np.intp).reshape(-1, 2).T
    units = np.array([row[1] for row in (*found, *false)], dtype=np.intp)
    return Steps(units[order], scores[order], is_found[order], rows, labels)


def _found_at(part: Part, right: NDArray[np.bool_], gtc: float) -> list[float]:
    """List the highest thresholds at which reference events are covered enough by detections that are right."""
    met = part.met
    scores = []
    use = np.flatnonzero(right[met.estimated])
    use = use[np.lexsort((-part.scores[met.estimated[use]], met.reference[use]))]
    several, firsts = np.unique(met.reference[use], return_index=True)
    for r, near in zip(several, np.split(met.estimated[use], firsts[1:])):
        wanted = part.wanted[r : r + 1]
        for n in range(1, len(near) + 1):
            if reaches(covered_s(wanted, part.found[near[:n]]), gtc, wanted)[0]:
                scores.append(float(part.scores[near[n - 1]]))
                break
    return scores


def _crossed(wrong: Spans, others: Mapping[int, Part], cttc: float | None) -> list[list[int]]:
    """List the labels that each wrong detection is a cross-trigger of."""
    crossed: list[list[int]] = [[] for _ in wrong]
    for number, part in others.items():
        if cttc is None or not part.reference or not len(wrong):
            continue
        for n in np.flatnonzero(reaches(covered_s(wrong, part.wanted), cttc, wrong)):
            crossed[n].append(number)
    return crossed
