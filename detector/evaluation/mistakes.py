"""Write misses and false alarms as a selection table, to inspect them in Raven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TextIO

from detector.evaluation.figures import Evaluation
from detector.evaluation.material import Unit
from detector.events import Event
from detector.tables import Detection, WriteOptions, write_table

MISS = "miss"
FALSE_ALARM = "false alarm"
OUTCOME = "Outcome"
"""Name of the extra column that says which of the two an event is."""
RECORDING = "Recording"
"""Name of another extra column, which is written if the audio file of a row is unknown."""


class Mistake(NamedTuple):
    """A reference event that was missed, or a detection that is a false alarm."""

    unit: Unit
    event: Event
    outcome: str


def mistakes(evaluation: Evaluation) -> list[Mistake]:
    """List misses and false alarms at the threshold, sorted by recording and time."""

    def place(mistake: Mistake) -> tuple[object, ...]:
        return mistake.unit, mistake.event.span, mistake.event.label, mistake.outcome

    return sorted(_all(evaluation), key=place)


def _all(evaluation: Evaluation) -> Iterator[Mistake]:
    units = evaluation.material.units
    matched = evaluation.matched
    field = matched.field
    for r in matched.misses.tolist():
        yield Mistake(units[field.wanted_units[r]], field.reference[r], MISS)
    for e in matched.false_alarms.tolist():
        yield Mistake(units[field.found_units[e]], field.estimated[e], FALSE_ALARM)


def write_mistakes(evaluation: Evaluation, stream: TextIO) -> int:
    """Write a Raven selection table with the column `OUTCOME`; return the number of rows."""
    listed = mistakes(evaluation)
    audio = evaluation.material.audio
    rows = [
        Detection(audio.get(unit.recording, unit.recording), unit.channel, event, extra=(outcome,))
        for unit, event, outcome in listed
    ]
    columns: tuple[str, ...] = (OUTCOME,)
    if any(not row.recording for row in rows):
        columns = (RECORDING, OUTCOME)
        rows = [replace(row, extra=(unit.recording, *row.extra)) for row, (unit, _, _) in zip(rows, listed)]
    write_table(rows, stream, "raven", WriteOptions(columns))
    return len(rows)
