"""Read the verdicts on a sample, and check them against the detections that the sample was drawn from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from detector.audit.detections import Detections
from detector.audit.selections import agreed, read_selections
from detector.audit.tables import BACKGROUND, SampleRow, Verdict, read_sample
from detector.errors import AnnotationError
from detector.events import Event

ROUNDING_S = 0.05
"""Largest difference between two start times of one detection, s. A spreadsheet may have rounded one of them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A drawn item with its verdict. The attributes are those of `Item`; `seconds` is its length."""

    label: str
    stratum: int | None
    stratum_size: int
    stratum_drawn: int
    probability: float
    score: float
    seconds: float
    verdict: Verdict


def read_answers(path: Path, detections: Detections, selections: Path | None = None) -> list[Answer]:
    """Read a sample with verdicts, in the table itself or in Raven's selection tables in the folder `selections`.

    Raises
    ------
    AnnotationError
        If the sample was drawn from other detections, an item occurs twice or differs from what was drawn, a verdict is
        not allowed, or there is no verdict at all.
    """
    rows = list(read_sample(path))
    _refuse_foreign(rows, detections)
    if selections is not None:
        rows = _with_selections(rows, read_selections(selections), selections)
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise row.fault(f"{row.id} occurs twice")
        seen.add(row.id)
    if all(row.verdict is None for row in rows):
        raise AnnotationError(f"{path}: has no verdict yet; write yes, no or unsure into the column verdict")
    return [_answer(row, detections) for row in rows]


def _refuse_foreign(rows: Iterable[SampleRow], detections: Detections) -> None:
    for row in rows:
        if row.cells["drawn_from"] != detections.fingerprint:
            raise row.fault(
                f"was drawn from other detections ({row.cells['drawn_from']}) than those of {detections.source} "
                f"({detections.fingerprint})"
            )


def _with_selections(rows: Iterable[SampleRow], verdicts: dict[str, Verdict], folder: Path) -> list[SampleRow]:
    joined = [
        replace(row, verdict=agreed(row.verdict, verdicts.pop(row.id, None), f"{folder}: {row.id}")) for row in rows
    ]
    if verdicts:
        raise AnnotationError(
            f"{folder}: {next(iter(verdicts))!r} is not in the sample; the tables belong to another sample"
        )
    return joined


def _answer(row: SampleRow, detections: Detections) -> Answer:
    size = int(row.decimal("stratum_size"))
    drawn = int(row.decimal("stratum_drawn"))
    if not 1 <= drawn <= size:
        raise row.fault(f"stratum_drawn {drawn} is not from 1 to stratum_size {size}")
    if row.cells["stratum"] == BACKGROUND:
        probability = row.decimal("probability")
        seconds = row.decimal("end_s") - row.decimal("start_s")
        if row.cells["label"] not in detections.by_label:
            raise row.fault(f"label {row.cells['label']!r} must be one of {', '.join(detections.by_label)}")
        if not (0 < probability <= 1 and seconds > 0):
            raise row.fault(f"{row.id} must have an end after its start, and a probability above 0 and at most 1")
        return Answer(row.cells["label"], None, size, drawn, probability, 0.0, seconds, row.verdict)
    event = _event(row, detections)
    stratum = int(row.decimal("stratum"))
    return Answer(event.label, stratum, size, drawn, drawn / size, event.score or 0.0, event.duration_s, row.verdict)


def _event(row: SampleRow, detections: Detections) -> Event:
    """Find the detection that a row is about. Raise an error if the times are those of another one."""
    number = row.id.removeprefix("D")
    if not (number.isdecimal() and 1 <= int(number) <= len(detections.rows)):
        raise row.fault(f"id {row.id!r} must be from D1 to D{len(detections.rows)}")
    event = detections.rows[int(number) - 1].event
    if abs(event.start_s - row.decimal("start_s")) > ROUNDING_S:
        raise row.fault(f"{row.id} begins at {event.start_s:.3f} s, not {row.cells['start_s']}; were cells moved?")
    return event
