"""Read the tables of an evaluation by units: which units there are, with which labels and scores."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import NamedTuple

import numpy as np

from detector.errors import AnnotationError
from detector.estimates.arrays import Numbers
from detector.evaluation.placing import Placed
from detector.evaluation.request import EvaluateRequest
from detector.evaluation.tables import Sides, label_notes, read_sides
from detector.evaluation.units.detected import scores_of_detections, scores_of_rows
from detector.evaluation.units.scored import Kind, LabelledUnit, ScoredUnits
from detector.groups import name_groups
from detector.labels import LabelRules
from detector.tables.unit_table import is_unit_table
from detector.texts import many


class Stored(NamedTuple):
    """Scores of units that a run keeps: their labels, and the scores (unit, label)."""

    labels: Sequence[str]
    scores: Numbers


StoredScores = Callable[[Sequence[LabelledUnit]], Stored]


def read_units(
    request: EvaluateRequest, kind: Kind, stored: StoredScores | None = None
) -> tuple[ScoredUnits, list[str]]:
    """Read the tables, and find the units with their labels and scores.

    Parameters
    ----------
    request : EvaluateRequest
        The tables. Detections may be a table of `detector classify`.
    kind : {"spans", "files"}
        What the units are: the annotated spans, or the recordings.
    stored : callable, optional
        Returns the scores of units from a run, in the place of the detections.

    Returns
    -------
    ScoredUnits, list of str
        The units, and remarks for the user.

    Raises
    ------
    AnnotationError
        If a table cannot be read, or no unit has a label and a score.
    """
    notes: list[str] = []
    request = replace(request, read=replace(request.read, untimed=kind == "files"))
    sides = read_sides(request, notes)
    units = _units(sides, request.rules, kind, notes)
    n_unscored = sum(row.event.score is None for row in sides.estimated)
    if stored is None and n_unscored:
        notes.append(f"{n_unscored:,} of the rows have no score; they count as if their score was 1")
    by_rows = stored is None and is_unit_table(request.detections)
    if stored is not None:
        scored = _renamed(stored(units), request.rules)
        source = "the highest stored score in the unit"
    elif by_rows:
        scored, units = scores_of_rows(units, sides.estimated, request.rules, notes)
        source = f"the rows of {request.detections}"
    else:
        scored = scores_of_detections(units, _calls(sides.estimated, request.rules))
        source = "the highest score of a detection in the unit, 0 without one"
    if not any(unit.labels for unit in units):
        raise AnnotationError(f"{request.annotations}: gives no label to any unit that has scores")
    annotated = {label for unit in units for label in unit.labels}
    labels = tuple(sorted({*annotated, *scored}))
    nothing = np.zeros(len(units))
    scores = np.stack([scored.get(label, nothing) for label in labels], axis=1)
    notes += label_notes(set(scored), annotated, request)
    recordings = [unit.recording for unit in units]
    names = {} if request.group is None else name_groups(recordings, request.group)
    groups = np.unique([names.get(path) or path.as_posix() for path in recordings], return_inverse=True)[1]
    return ScoredUnits(kind, units, labels, scores, groups, source, by_deployment=bool(names)), notes


def _units(sides: Sides, rules: LabelRules, kind: Kind, notes: list[str]) -> list[LabelledUnit]:
    """List the units, in order of recordings and times, without those of which nothing is certain."""
    ends_s: dict[Path, float] = {}
    for scan in sides.scans:
        end_s = inf if np.isnan(scan.end_s) else scan.end_s
        ends_s[scan.recording] = max(end_s, ends_s.get(scan.recording, 0.0))
    labels: defaultdict[tuple[Path, str | None, float, float], set[str]] = defaultdict(set)
    uncertain = set()
    if kind == "files":
        labels |= {(recording, None, 0.0, inf): set() for recording in ends_s}
    late = set()
    for recording, channel, event in sides.reference:
        if recording not in ends_s:
            continue
        key = (recording, None, 0.0, inf) if kind == "files" else (recording, channel, *event.span)
        if event.start_s >= ends_s[recording]:
            late.add((recording, *event.span))
            continue
        if rules.is_uncertain(event.label):
            uncertain.add(key)
        labels[key] |= {label for label in [rules.of_call(event.label)] if label}
    if late:
        notes.append(f"{many(len(late), 'annotation')} left out: the time was not scanned")
    units = [
        LabelledUnit(*key, frozenset(labels[key]), key in uncertain)
        for key in sorted(labels, key=lambda key: (key[0], key[2], key[3], key[1] or ""))
    ]
    known = [unit for unit in units if unit.labels or not unit.uncertain]
    if len(known) < len(units):
        notes.append(f"{many(len(units) - len(known), 'unit')} left out: nothing but uncertain labels")
    return known


def _calls(rows: Iterable[Placed], rules: LabelRules) -> list[Placed]:
    """Return the rows of calls, under the new names of their labels."""
    named = ((row, rules.of_call(row.event.label)) for row in rows)
    return [row._replace(event=replace(row.event, label=label)) for row, label in named if label]


def _renamed(stored: Stored, rules: LabelRules) -> dict[str, Numbers]:
    """Return the scores of each label by its new name; labels of one name have the higher score."""
    scores: dict[str, Numbers] = {}
    for name, column in zip(stored.labels, stored.scores.T):
        label = rules.of_call(name)
        if label is not None:
            scores[label] = np.maximum(column, scores.get(label, 0.0))
    return scores
