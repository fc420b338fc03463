"""Select the recordings to evaluate: those of a split, and those whose annotation is known."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from detector.errors import Parameter
from detector.evaluation.background import background_note, background_only
from detector.evaluation.effort import Scan
from detector.evaluation.placing import Placed
from detector.evaluation.request import EvaluateRequest
from detector.tables.table import Table
from detector.texts import many

if TYPE_CHECKING:
    from detector.tables.splits import Choice


def select(
    scans: Sequence[Scan],
    annotated: Set[Path],
    reference: Sequence[Placed],
    request: EvaluateRequest,
    notes: list[str],
) -> list[Scan]:
    """Return the scans that count, and note which others do not, or count as free of calls.

    Parameters
    ----------
    scans : sequence of Scan
        What was scanned.
    annotated : set of Path
        The recordings that annotations name, even if only by an empty table.
    reference : sequence of Placed
        The rows of annotations whose recording is known.
    request : EvaluateRequest
        The split to evaluate, and what recordings without annotations are.
    notes : list of str
        Gets remarks for the user.

    Raises
    ------
    ParameterError
        If no scanned recording belongs to the split.
    """
    scans = _of_split(scans, request, notes)
    unnamed = [path for path in dict.fromkeys(scan.recording for scan in scans) if path not in annotated]
    listed = _listed_background(scans, unnamed, reference, request, notes)
    unknown = {path for path in unnamed if path not in listed}
    if request.annotated_only:
        return [scan for scan in scans if scan.recording not in unknown]
    if unknown:
        notes.append(
            f"{many(len(unknown), 'recording')} not named in {request.annotations}: counted as free of calls "
            f"({Parameter('annotated_only')} leaves them out)"
        )
    return list(scans)


def without_other_splits(tables: list[Table], choice: Choice | None) -> list[Table]:
    """Leave out the rows that name a recording of another split, so that no note is about them."""
    if choice is None:
        return tables
    names = {row.audio_name for table in tables for row in table.annotations}
    names |= {problem.audio_name for table in tables for problem in table.problems}
    splits = {name: choice.table.split_of(Path(name.replace("\\", "/"))) for name in names if name}
    others = {name for name, split in splits.items() if split not in (None, choice.split)}
    return [
        replace(
            table,
            annotations=tuple(row for row in table.annotations if row.audio_name not in others),
            problems=tuple(problem for problem in table.problems if problem.audio_name not in others),
        )
        for table in tables
    ]


def _of_split(scans: Sequence[Scan], request: EvaluateRequest, notes: list[str]) -> Sequence[Scan]:
    """Return the scans of the split. Without a table of effort, it may name recordings that no other table names."""
    if request.choice is None:
        return scans
    recordings = list(dict.fromkeys(scan.recording for scan in scans))
    chosen, line = request.choice.of(recordings)
    notes.append(line)
    of_split = {recording for recording, is_chosen in zip(recordings, chosen) if is_chosen}
    kept = [scan for scan in scans if scan.recording in of_split]
    if request.listed_background and request.effort is None:
        kept += [Scan(recording, "", float("nan")) for recording in request.choice.absent(recordings)]
    return kept


def _listed_background(
    scans: Sequence[Scan],
    unnamed: Sequence[Path],
    reference: Sequence[Placed],
    request: EvaluateRequest,
    notes: list[str],
) -> set[Path]:
    """Return the recordings that only the split table names, if these are background, and say how many there are."""
    if not request.listed_background:
        return set()
    by_split = set() if request.choice is None else set(unnamed)
    by_rows = background_only(((row.recording, row.event.label) for row in reference), request.rules)
    by_rows &= {scan.recording for scan in scans}
    notes.append(background_note(len(by_split), len(by_rows)))
    return by_split
