"""What to classify: whole recordings, or the spans of a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from detector.classifying.spans import WHOLE
from detector.errors import AnnotationError
from detector.events import Span
from detector.place import Place, paths_of
from detector.tables.formats import read_tables
from detector.tables.match import match_tables
from detector.tables.table import Problem, ReadOptions
from detector.texts import many

ANY_LABEL = ReadOptions(label="span")
"""How to read a table of spans: labels do not matter."""
SHOWN = 3
"""Most problems that are listed."""


@dataclass
class Units:
    """The units of each recording.

    Attributes
    ----------
    recordings : sequence of Place
        Those with units, in order.
    spans : dict of str to list of (float, float), or None
        The spans of each recording by its name, in order of time; None if each recording is one unit.
    unmatched : list of (str, float, float)
        Recording and times of spans whose recording was not given.
    notes : list of str
        Remarks for the user.
    """

    recordings: Sequence[Place]
    spans: dict[str, list[Span]] | None = None
    unmatched: list[tuple[str, float, float]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of(self, name: str) -> Sequence[Span]:
        """Return the spans of a recording."""
        return [WHOLE] if self.spans is None else self.spans[name]


def find_units(recordings: Sequence[Place], table: Path | None) -> Units:
    """Find the units of recordings: each as a whole, or the spans of a table. Equal spans are one unit.

    Raises
    ------
    AnnotationError
        If the table cannot be read, or has no span in a given recording.
    """
    if table is None:
        return Units(recordings)
    tables, faults = read_tables(table, ANY_LABEL)
    matched = match_tables(tables, faults, paths_of(recordings))
    spans: defaultdict[str, set[Span]] = defaultdict(set)
    for row in matched.annotations:
        spans[str(row.recording)].add(row.event.span)
    known = {(row.source, row.audio_name) for row in matched.annotations}
    rows = [row for table in tables for row in table.annotations if (row.source, row.audio_name) not in known]
    unmatched = dict.fromkeys((row.audio_name or row.source.name, *row.event.span) for row in rows)
    if not spans:
        raise AnnotationError(f"{table}: has no span in any of {many(len(recordings), 'recording')}")
    problems = [*faults, *(problem for one_table in tables for problem in one_table.problems)]
    used = [recording for recording in recordings if recording.name in spans]
    notes = [*_listed(problems, table)]
    if len(used) < len(recordings):
        notes.append(f"{many(len(recordings) - len(used), 'recording')} without a span in {table}: left out")
    return Units(used, {name: sorted(of_name) for name, of_name in spans.items()}, list(unmatched), notes)


def _listed(problems: Sequence[Problem], table: Path) -> list[str]:
    more = len(problems) - SHOWN
    rest = [f"{table}: {many(more, 'more problem')} of this kind"] if more > 0 else []
    return [*map(str, problems[:SHOWN]), *rest]
