"""Read the detections to audit, from tables of any format with scores."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import AnnotationError, ParameterError
from detector.tables import Annotation, Detection, Problem, read_tables
from detector.tables.match import table_stems


@dataclass(frozen=True)
class Detections:
    """Detections with scores.

    Attributes
    ----------
    source : Path
        The table, or the folder of tables.
    rows : tuple of Detection
        In the order of the tables. The channel is "" if unknown.
    fingerprint : str
        Identifies these rows in this order.
    problems : tuple of Problem
        Rows and files that could not be used.
    """

    source: Path
    rows: tuple[Detection, ...]
    fingerprint: str
    problems: tuple[Problem, ...] = ()

    @cached_property
    def by_label(self) -> dict[str, list[int]]:
        """Return the indices of the rows of each label, with the labels sorted."""
        numbers: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows):
            numbers.setdefault(row.event.label, []).append(number)
        return dict(sorted(numbers.items()))

    def scores(self, label: str) -> NDArray[np.float64]:
        """Return the scores (detection,) of a label, in the order of the rows."""
        return np.array([self.rows[number].event.score for number in self.by_label[label]], dtype=np.float64)

    def chosen(self, labels: Sequence[str]) -> list[str]:
        """Return `labels`, each once, or all labels if there are none; raise `ParameterError` for an unknown label."""
        for label in labels:
            if label not in self.by_label:
                raise ParameterError("labels", label, f"is not in {self.source}", ", ".join(self.by_label))
        return list(dict.fromkeys(labels)) or list(self.by_label)


def read_detections(path: Path) -> Detections:
    """Read detections from a table or a folder of tables of any known format.

    Raises
    ------
    AnnotationError
        If a table cannot be read, there are no detections, or a detection has no score.
    """
    tables, problems = read_tables(path)
    rows = tuple(_detection(annotation) for table in tables for annotation in table.annotations)
    if not rows:
        raise AnnotationError(f"{path}: has no detections; there is nothing to audit")
    problems += [problem for table in tables for problem in table.problems]
    return Detections(path, rows, fingerprint(rows), tuple(problems))


def _detection(row: Annotation) -> Detection:
    if row.event.score is None:
        raise AnnotationError(f"{row.source}, row {row.row}: has no score from 0 to 1, and the strata need one")
    recording = row.audio_name or table_stems(row.source)[-1]
    return Detection(recording, row.channel or "", row.event, row.start_time)


def fingerprint(rows: Iterable[Detection]) -> str:
    """Return a hash of the content of detections. It begins with a letter, so that a spreadsheet takes it for text."""
    digest = hashlib.sha256()
    for row in rows:
        event = row.event
        times = (f"{event.start_s:.3f}", f"{event.end_s:.3f}")
        cells = (row.recording, row.channel, *times, event.label, f"{event.score:.6f}")
        digest.update("\t".join(cells).encode() + b"\n")
    return f"d{digest.hexdigest()[:12]}"
