"""Misses and false alarms as a selection table, to be looked at in Raven."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from detector.annotations import raven
from detector.evaluation.figures import Evaluation
from detector.evaluation.material import Unit
from detector.events import Event

MISS, FALSE_ALARM = "miss", "false alarm"
OUTCOME = "Outcome"
"""The column beside those of every selection table."""


class Mistake(NamedTuple):
    """A reference event that was not found, or a detection that is none."""

    unit: Unit
    event: Event
    outcome: str


def mistakes(evaluation: Evaluation) -> list[Mistake]:
    """List misses and false alarms at the threshold, by recording, then by time."""
    return sorted(_all(evaluation), key=lambda one: (one.unit, one.event.span, one.event.label, one.outcome))


def _all(evaluation: Evaluation) -> Iterator[Mistake]:
    units = evaluation.material.units
    for label, of_label in evaluation.matched.items():
        for part, matched in zip(evaluation.material.of_label(label), of_label):
            unit = units[part.unit]
            yield from (Mistake(unit, part.reference[r], MISS) for r in matched.misses)
            yield from (Mistake(unit, part.estimated[e], FALSE_ALARM) for e in matched.false_alarms)


def write_mistakes(evaluation: Evaluation, stream: TextIO) -> int:
    """Write a Raven selection table with the column `OUTCOME`; give the number of rows."""
    found = mistakes(evaluation)
    table = io.StringIO()
    raven.write(((one.unit.recording, one.unit.channel, one.event) for one in found), table)
    lines = table.getvalue().removesuffix("\n").split("\n")  # labels may hold what else splits lines
    for line, cell in zip(lines, [OUTCOME, *(one.outcome for one in found)], strict=True):
        stream.write(f"{line}\t{cell}\n")
    return len(found)
