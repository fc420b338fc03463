"""Read the tables of detections, annotations and effort, and prepare the events to compare."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

from detector.errors import AnnotationError, Parameter, ParameterError
from detector.evaluation.effort import Scan, scan_of
from detector.evaluation.material import Material
from detector.evaluation.pairing import Name, Pairing, audio_names, names_of, own_recordings, pair
from detector.evaluation.placing import Placed, Placing
from detector.evaluation.request import EvaluateRequest
from detector.evaluation.selecting import select, without_other_splits
from detector.labels import LabelRules
from detector.tables.effort import read_effort
from detector.tables.formats import read_tables
from detector.tables.table import ReadOptions, Table
from detector.tables.unit_table import is_unit_table
from detector.texts import many

SHOWN = 3
"""Most names of a kind that a note lists."""


@contextmanager
def _no_collection() -> Iterator[None]:
    """Switch off the search for reference cycles, which is slow while very many objects are made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(frozen=True)
class Sides:
    """The rows of both tables, and what was scanned.

    Attributes
    ----------
    scans : sequence of Scan
        The channels that count.
    reference, estimated : sequence of Placed
        The rows whose recording is known, of any scan.
    """

    scans: Sequence[Scan]
    reference: Sequence[Placed]
    estimated: Sequence[Placed]


@_no_collection()
def read_material(request: EvaluateRequest) -> tuple[Material, list[str]]:
    """Read both tables, find out what was scanned, and assign the events to it.

    Returns
    -------
    Material, list of str
        The events to compare, and remarks for the user.
    """
    notes: list[str] = []
    sides = read_sides(request, notes)
    placing = Placing(sides.scans, request.rules, request.hours, request.group)
    material = placing.material(sides.reference, sides.estimated)
    detected, annotated = (
        {event.label for events in side.values() for event in events}
        for side in (material.estimated, material.reference)
    )
    return material, [*notes, *placing.notes, *label_notes(detected, annotated, request)]


def read_sides(request: EvaluateRequest, notes: list[str]) -> Sides:
    """Read both tables, and find out what was scanned; list remarks for the user in `notes`."""
    if request.effort is not None and request.hours is not None:
        problem = f"{Parameter('effort')} says how long was scanned; give one of the two"
        raise ParameterError("hours", request.hours, problem)
    estimated: Sequence[Table]
    if request.rows is None:
        estimated = read_rows(request.detections, ReadOptions(label=request.read.label, strict_scores=True), notes)
    else:
        estimated = request.rows
    reference = without_other_splits(read_rows(request.annotations, request.read, notes), request.choice)
    effort = _effort(request, estimated)
    if effort is None:
        scans, of_estimated, of_reference = _named(estimated, reference, notes)
    else:
        scans, of_estimated, of_reference = _listed(effort, estimated, reference, notes)
    annotations = _placed(reference, of_reference)
    scans = select(scans, set(of_reference.recordings.values()), annotations, request, notes)
    if not scans:
        raise AnnotationError(f"{request.detections}, {request.annotations}: have no recording in common")
    notes += _unknown_labels([*estimated, *reference], request.rules)
    return Sides(scans, annotations, _placed(estimated, of_estimated))


def read_rows(path: Path, options: ReadOptions, notes: list[str]) -> list[Table]:
    """Read tables, and list rows that cannot be used in `notes`. Raise `AnnotationError` if no row can be used."""
    tables, problems = read_tables(path, options)
    faults = [*problems, *(problem for table in tables for problem in table.problems)]
    lost = [problem for problem in faults if not problem.kept]
    if lost and not any(table.annotations for table in tables):
        raise AnnotationError(f"{lost[0]} ({many(len(lost), 'row')} cannot be used, and there are no others)")
    notes += [str(problem) for problem in faults[:SHOWN]]
    if len(faults) > SHOWN:
        notes.append(f"{path}: {many(len(faults) - SHOWN, 'more problem')} of this kind")
    return tables


Scans = tuple[list[Scan], Pairing, Pairing]


def _effort(request: EvaluateRequest, estimated: Sequence[Table]) -> list[Scan] | None:
    """Return what was scanned: by the effort table, or by a table of `detector classify`; None if neither says it."""
    if request.effort is not None:
        return [scan_of(row) for row in read_effort(request.effort)]
    if not is_unit_table(request.detections):
        return None
    own = own_recordings(names_of(estimated))
    with_rows = {own[row.source, row.audio_name] for table in estimated for row in table.annotations}
    return [Scan(path, "", inf if path in with_rows else 0.0) for path in dict.fromkeys(own.values())]


def _named(estimated: Sequence[Table], reference: Sequence[Table], notes: list[str]) -> Scans:
    """Return the recordings that the tables name, because nothing says whether others were scanned."""
    own = own_recordings(names_of(estimated))
    known = list(dict.fromkeys(own.values()))
    names = names_of(reference)
    paired = pair(names, known)
    alone = len(known) == 1 and len(set(own_recordings(names).values())) == 1 and not paired.recordings
    if alone and (None in {name for _, name in (*own, *names)}):
        notes.append(
            f"{known[0]} and {own_recordings(names)[names[0]]}: count as one recording, because there are no others"
        )
        recordings = dict.fromkeys(names, known[0])
        return _without_length(own | recordings, estimated), Pairing(own, {}), Pairing(recordings, {})
    added = own_recordings(name for name, candidates in paired.lost.items() if len(candidates) < 2)
    recordings = dict(paired.recordings) | added
    unclear = {name: candidates for name, candidates in paired.lost.items() if name not in added}
    notes += left_out(unclear, reference, "annotation")
    if added:
        notes.append(f"{many(len(set(added.values())), 'annotated recording')} without detections: counted as scanned")
    return _without_length(own | recordings, estimated), Pairing(own, {}), Pairing(recordings, unclear)


def _without_length(recordings: Mapping[Name, Path], estimated: Sequence[Table]) -> list[Scan]:
    """List recordings of unknown length, by channel if the detections are of several channels."""
    channels = sorted({row.channel for table in estimated for row in table.annotations if row.channel is not None})
    apart = channels if len(channels) > 1 and all(channel.isdecimal() for channel in channels) else [""]
    return [
        Scan(recording, channel, float("nan"), audio)
        for recording, audio in audio_names(recordings).items()
        for channel in apart
    ]


def _listed(effort: Sequence[Scan], estimated: Sequence[Table], reference: Sequence[Table], notes: list[str]) -> Scans:
    """Return the recordings that the effort table lists, and note the rows that are about others."""
    scans = [scan for scan in effort if scan.scanned_s > 0]
    everything = list(dict.fromkeys(scan.recording for scan in effort))
    failed = set(everything) - {scan.recording for scan in scans}
    if failed:
        notes.append(f"{_few_of(failed)}: left out, because nothing was scanned")
    pairings = []
    for side, row in ((estimated, "detection"), (reference, "annotation")):
        paired = pair(names_of(side), everything)
        inside = {name: path for name, path in paired.recordings.items() if path not in failed}
        notes += left_out(paired.lost, side, row)
        if side is estimated and paired.lost and not paired.recordings:
            raise AnnotationError(
                f"{estimated[0].source}: the effort table names none of its recordings; was it made by another scan?"
            )
        pairings.append(Pairing(inside, paired.lost))
    return scans, pairings[0], pairings[1]


def left_out(lost: Mapping[Name, Sequence[Path]], tables: Sequence[Table], row: str) -> Iterator[str]:
    """Yield a note for each reason why names have no recording. `row` is "detection" or "annotation"."""
    if not lost:
        return
    rows = Counter((row.source, row.audio_name) for table in tables for row in table.annotations)
    why = {name: _why(candidates) for name, candidates in lost.items()}
    for reason in dict.fromkeys(why.values()):
        names = [name for name, its_reason in why.items() if its_reason == reason]
        called = {name or str(table) for table, name in names}
        yield f"{_few_of(called)}: {reason}; {many(sum(rows[name] for name in names), row)} left out"


def _why(candidates: Sequence[Path]) -> str:
    if not candidates:
        return "no such recording was scanned"
    return f"{candidates[0]} belongs to another" if len(candidates) == 1 else f"may be any of {_few_of(candidates)}"


def _few_of(names: Iterable[object]) -> str:
    """List a few names, and the number of the others."""
    listed = sorted(str(name) for name in names)
    more = len(listed) - SHOWN
    return ", ".join(listed[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def _placed(tables: Sequence[Table], paired: Pairing) -> list[Placed]:
    """Return every row whose recording is known."""
    placed: list[Placed] = []
    for table in tables:
        names = {row.audio_name for row in table.annotations}
        recording_of = {name: paired.recordings.get((table.source, name)) for name in names}
        rows = ((recording_of[row.audio_name], row) for row in table.annotations)
        placed += [Placed(recording, row.channel, row.event) for recording, row in rows if recording is not None]
    return placed


def _unknown_labels(tables: Sequence[Table], rules: LabelRules) -> Iterator[str]:
    """Yield a note about labels that the user names and no table has, because a typing error would change figures."""
    present = {row.event.label for table in tables for row in table.annotations}
    renamed = present | {rules.renamed(label) for label in present}
    asked = {
        Parameter("rename"): rules.rename.keys() - present - {"*"},
        Parameter("rules.only"): set(rules.only) - renamed,
        Parameter("rules.background"): rules.background - renamed,
        Parameter("rules.uncertain"): rules.uncertain - renamed,
    }
    for parameter, unknown in asked.items():
        if unknown:
            yield f"{parameter}: no row has the label {', '.join(sorted(unknown))}"


def label_notes(detected: Set[str], annotated: Set[str], request: EvaluateRequest) -> list[str]:
    """List the labels that only one table has, because none of their events can be a hit."""
    sides = ((request.detections, detected, annotated), (request.annotations, annotated, detected))
    hint = f"({Parameter('rename')} makes labels the same)"
    return [
        f"{path}: only here are the labels {', '.join(sorted(labels - others))} {hint}"
        for path, labels, others in sides
        if labels - others and others
    ]
