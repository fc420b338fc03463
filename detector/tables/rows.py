"""Make checked annotations from the cells of rows, by the same rules for every format."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from detector.errors import AnnotationError, Parameter
from detector.events import Event
from detector.tables.table import Annotation, Problem, ReadOptions, Table

ROUNDING_S = 0.01
"""A start between -ROUNDING_S and 0 counts as 0."""

UNKNOWN_HZ = -1
"""Audacity writes this for a frequency that is not set."""

NOTHING = {"", "na", "nan", "none", "null"}
"""Texts that stand for an unknown number, among others in tables of R and pandas."""


class Row(NamedTuple):
    """The cells of one row as text, found by meaning; "" where the table has no such cell.

    With `file_offset`, `start` and `end` count from the start of the first of several files. `file_offset` is the onset
    from the start of the row's own file.
    """

    number: int
    start: str
    end: str
    label: str = ""
    low: str = ""
    high: str = ""
    score: str = ""
    channel: str | None = None
    audio: str = ""
    file_offset: str = ""
    start_time: str = ""


LONGEST_S = 1e9
"""The latest time in a recording, s."""


def number(name: str, text: str) -> float:
    """Read a finite number; raise `ValueError` that names the column and the text."""
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name} {text!r} is not a number")
    return value


def table_of(
    source: Path,
    rows: Iterable[Row],
    options: ReadOptions,
    *,
    names_audio: bool = False,
    problems: Iterable[Problem] = (),
) -> Table:
    """Make a table of the rows that are valid, and list the problems of the others.

    Parameters
    ----------
    source : Path
        The table.
    rows : iterable of Row
        The rows; each is made when its turn comes, so that a large table is not in memory twice.
    options : ReadOptions
        `label` fills empty labels.
    names_audio : bool
        Whether the table has a column that names the audio.
    problems : iterable of Problem
        Problems of rows that are not among `rows`.

    Raises
    ------
    AnnotationError
        If `options.strict_scores` is set and a score is not a number from 0 to 1.
    """
    faults = list(problems)
    n_rows = len(faults)
    annotations: list[Annotation] = []
    for row in rows:
        n_rows += 1
        try:
            start_s, end_s = _times(row)
            label = _label(row, options)
        except ValueError as fault:
            faults.append(Problem(source, row.number, str(fault), row.audio or None))
            continue
        extras, remarks = _extras(row)
        if options.strict_scores and "score" not in extras:
            _check_score(source, row)
        faults += [Problem(source, row.number, remark, row.audio or None, kept=True) for remark in remarks]
        event = Event(start_s, end_s, label, **extras)
        audio = row.audio or None
        annotations.append(Annotation(None, event, row.channel, source, row.number, audio, row.start_time or None))
    faults.sort(key=lambda problem: problem.row or 0)
    return Table(source, n_rows, tuple(annotations), tuple(faults), names_audio)


def _times(row: Row) -> tuple[float, float]:
    """Read onset and offset, s from the start of the row's own recording; raise `ValueError` if they are invalid."""
    start_s = number("start_s", row.start)
    end_s = number("end_s", row.end)
    if end_s > LONGEST_S:
        raise ValueError(f"end_s {row.end} is too large for a recording")
    if end_s <= start_s:
        raise ValueError(f"end_s {row.end} is not after start_s {row.start}")
    if row.file_offset:
        offset_s = number("file offset", row.file_offset)
        end_s = offset_s + (end_s - start_s)
        start_s = offset_s
    if start_s < -ROUNDING_S or end_s <= 0:
        raise ValueError(f"start_s {start_s:g} is before the start of the recording")
    return max(start_s, 0.0), end_s


def _label(row: Row, options: ReadOptions) -> str:
    label = row.label.strip() or (options.label or "").strip()
    if not label:
        raise ValueError(f"its label is empty; give one with {Parameter('label')}")
    return label


def _in_range(name: str, value: float) -> float:
    """Pass a score from 0 to 1, or a frequency of at least 0; raise `ValueError` for other values."""
    if name == "score" and not 0 <= value <= 1:
        raise ValueError(f"score {value:g} is not between 0 and 1")
    if value < 0:
        raise ValueError(f"{name} {value:g} is below 0")
    return value


def _check_score(source: Path, row: Row) -> None:
    if row.score.strip().casefold() in NOTHING:
        return
    try:
        _in_range("score", number("score", row.score))
    except ValueError as fault:
        where = f"{source}, row {row.number}"
        raise AnnotationError(f"{where}: score {row.score!r}: must be a number from 0 to 1, or empty") from fault


def _extras(row: Row) -> tuple[dict[str, float], list[str]]:
    """Read band and score, and list their problems; a row without them is still usable."""
    extras: dict[str, float] = {}
    remarks: list[str] = []
    for name, text in (("low_hz", row.low), ("high_hz", row.high), ("score", row.score)):
        if not text or text.strip().casefold() in NOTHING:
            continue
        try:
            value = number(name, text)
            if value != UNKNOWN_HZ or name == "score":
                extras[name] = _in_range(name, value)
        except ValueError as fault:
            remarks.append(f"{fault}; the row is kept without it")
    if "low_hz" in extras and "high_hz" in extras and extras["low_hz"] > extras["high_hz"]:
        del extras["low_hz"], extras["high_hz"]
        remarks.append(f"low_hz {row.low} is above high_hz {row.high}; the row is kept without its band")
    return extras, remarks
