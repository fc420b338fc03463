"""The detections that an audit is about, as any table with scores gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import AnnotationError, ParameterError
from detector.tables import read_tables
from detector.tables.match import table_stems
from detector.tables.table import Annotation, Located, Problem


@dataclass(frozen=True)
class Detections:
    """Detections with scores.

    Attributes
    ----------
    source : Path
        The table, or the folder of tables.
    rows : tuple of (recording, channel, Event)
        In the order of the tables; the channel is "" where nobody said.
    fingerprint : str
        The same for the same rows in the same order.
    problems : tuple of Problem
        Rows and files that could not be used.
    """

    source: Path
    rows: tuple[Located, ...]
    fingerprint: str
    problems: tuple[Problem, ...] = ()

    @cached_property
    def by_label(self) -> dict[str, list[int]]:
        """Give the numbers of the rows of each label, the labels sorted."""
        numbers: dict[str, list[int]] = {}
        for number, (_, _, event) in enumerate(self.rows):
            numbers.setdefault(event.label, []).append(number)
        return dict(sorted(numbers.items()))

    def scores(self, label: str) -> NDArray[np.float64]:
        """Give the scores (detection,) of a label, in the order of the rows."""
        return np.array([self.rows[number][2].score for number in self.by_label[label]], dtype=np.float64)

    def chosen(self, labels: Sequence[str]) -> list[str]:
        """Pass the labels that are asked for, all in sorted order where none is; refuse one that is not there."""
        for label in labels:
            if label not in self.by_label:
                raise ParameterError("labels", label, f"is not in {self.source}", ", ".join(self.by_label))
        return list(dict.fromkeys(labels)) or list(self.by_label)


def read_detections(path: Path) -> Detections:
    """Read detections from a table or a folder of tables of any known format.

    Raises
    ------
    AnnotationError
        Where it cannot be read, has no detections, or a detection has no score.
    """
    tables, problems = read_tables(path)
    rows = tuple(_located(annotation) for table in tables for annotation in table.annotations)
    if not rows:
        raise AnnotationError(f"{path}: has no detections; there is nothing to audit")
    problems += [problem for table in tables for problem in table.problems]
    return Detections(path, rows, fingerprint(rows), tuple(problems))


def _located(row: Annotation) -> Located:
    if row.event.score is None:
        raise AnnotationError(f"{row.source}, row {row.row}: has no score from 0 to 1, which strata are made of")
    return row.audio_name or table_stems(row.source)[-1], row.channel or "", row.event


def fingerprint(rows: Iterable[Located]) -> str:
    """Tell detections by their content; it begins with a letter, so that a spreadsheet takes it for text."""
    digest = hashlib.sha256()
    for recording, channel, event in rows:
        cells = (recording, channel, f"{event.start_s:.3f}", f"{event.end_s:.3f}", event.label, f"{event.score:.6f}")
        digest.update("\t".join(cells).encode() + b"\n")
    return f"d{digest.hexdigest()[:12]}"
