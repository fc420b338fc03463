"""Score units by the rows of a table: by detections that overlap them, or by rows that are about them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import inf
from pathlib import Path

import numpy as np

from detector.errors import AnnotationError
from detector.estimates.arrays import Numbers
from detector.evaluation.placing import Placed
from detector.evaluation.units.scored import LabelledUnit
from detector.labels import LabelRules
from detector.texts import many

ByLabel = dict[str, Numbers]
"""Scores (unit,) by label."""


def scores_of_detections(units: Sequence[LabelledUnit], detections: Iterable[Placed]) -> ByLabel:
    """Give each unit the highest score of a detection of the label that overlaps it, or 0.

    Parameters
    ----------
    units : sequence of LabelledUnit
        The units.
    detections : iterable of Placed
        A detection without a score has 1.
    """
    rows_of: defaultdict[tuple[str, Path], list[Placed]] = defaultdict(list)
    for row in detections:
        rows_of[row.event.label, row.recording].append(row)
    units_of: defaultdict[Path, list[int]] = defaultdict(list)
    for number, unit in enumerate(units):
        units_of[unit.recording].append(number)
    scores: ByLabel = {}
    for (label, recording), rows in rows_of.items():
        of_label = scores.setdefault(label, np.zeros(len(units)))
        times = np.array([row.event.span for row in rows])
        values = np.array([1.0 if row.event.score is None else row.event.score for row in rows])
        for number in units_of.get(recording, ()):
            unit = units[number]
            overlap = (times[:, 0] < unit.end_s) & (times[:, 1] > unit.start_s)
            if unit.channel is not None:
                overlap &= [_on_channel(row.channel, unit.channel) for row in rows]
            of_label[number] = values.max(where=overlap, initial=0.0)
    return scores


def _on_channel(channel: str | None, wanted: str) -> bool:
    """Return whether a detection may be on a channel: it is on that one, on a mix, or on nobody knows which."""
    return channel in (None, wanted) or not channel.isdecimal()


def scores_of_rows(
    units: Sequence[LabelledUnit], rows: Iterable[Placed], rules: LabelRules, notes: list[str]
) -> tuple[ByLabel, list[LabelledUnit]]:
    """Give each unit the scores of the rows that are about it: those of its times, or all of its recording.

    A label that no row of a unit has counts as 0. Units without rows are left out.

    Returns
    -------
    dict, list of LabelledUnit
        The scores, and the units that have any.

    Raises
    ------
    AnnotationError
        If no unit has.
    """
    rows = list(rows)
    n_best = max(Counter((row.recording, row.channel, row.event.span) for row in rows).values(), default=0)
    if n_best < len({row.event.label for row in rows}):
        notes.append(f"the table has the best {many(n_best, 'label')} of each unit; others count as 0")
    numbers: defaultdict[tuple[Path, float, float], list[int]] = defaultdict(list)
    for number, unit in enumerate(units):
        numbers[_key(unit.recording, unit.start_s, unit.end_s)].append(number)
    scored = np.zeros(len(units), bool)
    scores: ByLabel = {}
    for recording, channel, event in rows:
        label = rules.of_call(event.label)
        spans = (_key(recording, *event.span), (recording, 0.0, inf))
        for number in (number for span in spans for number in numbers.get(span, ())):
            wanted = units[number].channel
            if wanted is None or _on_channel(channel, wanted):
                scored[number] = True
                if label is None:
                    continue
                of_label = scores.setdefault(label, np.zeros(len(units)))
                of_label[number] = max(of_label[number], 1.0 if event.score is None else event.score)
    if not scored.any():
        raise AnnotationError("the table has no row for any annotated unit; were other spans classified?")
    if not scored.all():
        notes.append(f"{many(int((~scored).sum()), 'unit')} left out: the table has no scores for them")
    kept = [unit for unit, has_scores in zip(units, scored) if has_scores]
    return {label: values[scored] for label, values in scores.items()}, kept


def _key(recording: Path, start_s: float, end_s: float) -> tuple[Path, float, float]:
    """Return a recording and times that are equal if they differ by rounding to milliseconds only."""
    return recording, round(start_s, 3), end_s if end_s == inf else round(end_s, 3)
