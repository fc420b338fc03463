"""Scan annotated recordings once for tuning, and keep the raw scores of the network."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detector.errors import AnnotationError, ConfigurationError, Parameter, ParameterError
from detector.evaluation.effort import Scan
from detector.evaluation.material import Material, Unit
from detector.evaluation.placing import Placed, Placing
from detector.extraction.sources import Source
from detector.extraction.splits import split_by_table
from detector.labels import LabelRules
from detector.model import Model
from detector.operating.points import OperatingPoint
from detector.place import paths_of
from detector.progress import SILENT, Progress
from detector.runs.stored import StoredScans
from detector.scanning.blocks import ScoreCollector
from detector.scanning.events import EventRules
from detector.scanning.listing import list_recordings
from detector.scanning.outcome import Scanned
from detector.scanning.progress import ScanProgress
from detector.scanning.scan import one_thread_each
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.tables.formats import read_annotations
from detector.tables.table import AnnotationSet, ReadOptions
from detector.texts import many

SHOWN = 3
"""Most problems of tables that are listed."""

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class TuneRequest:
    """The recordings and annotations to tune on.

    Attributes
    ----------
    annotations : Path
        A table, or a folder of tables.
    recordings : sequence of Path
        Recordings and folders of recordings, or folders of runs.
    read : ReadOptions
        How to read the tables.
    rules : LabelRules
        How to rename labels, and which to use.
    split : Path or None
        A table with the columns recording and split, to use only recordings of the split `validation`.
    group : str or None
        Regular expression that finds the deployment in a recording's name.
    annotated_only : bool
        Whether to leave out recordings that `annotations` does not name.
    """

    annotations: Path
    recordings: Sequence[Path]
    read: ReadOptions = field(default_factory=ReadOptions)
    rules: LabelRules = field(default_factory=LabelRules)
    split: Path | None = None
    group: str | None = None
    annotated_only: bool = False


@dataclass(frozen=True)
class Track:
    """The raw scores of a unit (point, label), and the length of the unit, s."""

    scores: Scores
    seconds: float


@dataclass(frozen=True)
class Heard:
    """Annotated recordings with their raw scores.

    Attributes
    ----------
    material : Material
        The annotated events of every unit, without detections.
    tracks : tuple of Track
        One for each unit, in order of `material.units`.
    event_rules : EventRules
        Turns scores into events. Its operating points change no score.
    notes : tuple of str
        Remarks for the user.
    n_failed : int
        Number of recordings that could not be scanned.
    """

    material: Material
    tracks: tuple[Track, ...]
    event_rules: EventRules
    notes: tuple[str, ...] = ()
    n_failed: int = 0

    @property
    def n_recordings(self) -> int:
        """Count the recordings."""
        return len({unit.recording for unit in self.material.units})

    @property
    def hours(self) -> float:
        """Return the length of all units, h, rounded to milliseconds."""
        return round(float(self.material.durations.sum()) / 3600, 6)

    @property
    def fingerprint(self) -> str:
        """Return a hash of the recordings and their annotations, 12 hexadecimal digits, whatever folder they are in."""
        content = sorted(
            (
                Path(unit.recording).name,
                unit.channel,
                sorted((event.label, *event.span) for event in self.material.reference.get(unit, ())),
                sorted(self.material.uncertain.get(unit, ())),
            )
            for unit in self.material.units
        )
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]


def listen(
    request: TuneRequest,
    model: Model,
    hop_s: float | None = None,
    workers: int = 1,
    progress: Progress = SILENT,
    stored: StoredScans | None = None,
) -> Heard:
    """Read the annotations, scan their recordings, and combine the two.

    Parameters
    ----------
    request : TuneRequest
        The recordings and annotations.
    model : Model
        The model to tune.
    hop_s : float or None
        Hop of the scan, s.
    workers : int
        Number of threads.
    progress : Progress
        Hears notes for the user, and how far the scan is.
    stored : StoredScans or None
        The scores that runs keep of the recordings. Without them, the recordings are scanned.

    Raises
    ------
    ConfigurationError, AnnotationError
        If there is nothing to tune on.
    """
    recordings = paths_of(list_recordings(request.recordings) if stored is None else stored.recordings)
    tables = read_annotations(request.annotations, recordings, request.read)
    notes = list(_problems(request.annotations, tables))
    used = _used(request, recordings, tables, notes)
    _rehearse(request, used, tables, model.labels)
    plain = tuple(_plain(point) for point in model.operating.label)
    with one_thread_each(), ScanProgress(progress, len(used)) as scan_progress:
        source = stored or Scanner(model, Setting(hop_s=hop_s, workers=workers), progress.say)
        for note in (*source.notes(), *notes):
            progress.say(note)
        tracks, scans, n_failed = scan_tracks(source, used, scan_progress)
    if not scans:
        raise ConfigurationError(f"{request.recordings[0]}: none of the recordings can be scanned")
    placing = Placing(scans, request.rules, None, request.group, request.recordings)
    material = placing.material(_placed(tables), [])
    remarks = tuple(placing.notes) + tuple(_labels_apart(material, model.labels, request))
    event_rules = EventRules(model.recipe, source.grid, plain)
    return Heard(material, tuple(tracks[unit] for unit in material.units), event_rules, remarks, n_failed)


def _rehearse(request: TuneRequest, used: Sequence[Path], tables: AnnotationSet, labels: Sequence[str]) -> None:
    """Check labels and groups before the long scan, as if all channels were scanned to their end."""
    whole = [Scan(recording, "", math.nan) for recording in used]
    material = Placing(whole, request.rules, None, request.group, request.recordings).material(_placed(tables), [])
    list(_labels_apart(material, labels, request))


def _plain(point: OperatingPoint) -> OperatingPoint:
    """Return a point without the settings that change scores."""
    return point.model_copy(update={"smooth_s": None, "calibration": None, "curve": None, "evidence": None})


def _problems(path: Path, tables: AnnotationSet) -> Iterator[str]:
    """Yield the rows that cannot be used; raise `AnnotationError` if no row can be used."""
    lost = [problem for problem in tables.problems if not problem.kept]
    if lost and not tables.annotations:
        raise AnnotationError(f"{lost[0]} ({many(len(lost), 'problem')}, and no row that can be used)")
    yield from map(str, tables.problems[:SHOWN])
    if len(tables.problems) > SHOWN:
        yield f"{path}: {many(len(tables.problems) - SHOWN, 'more problem')} of this kind"


def _used(request: TuneRequest, recordings: Sequence[Path], tables: AnnotationSet, notes: list[str]) -> list[Path]:
    """Choose the recordings to scan, and note which are left out or count as free of calls."""
    used = list(recordings)
    if request.split is not None:
        sources = [Source(recording) for recording in used]
        notes += split_by_table(sources, request.split)
        used = [source.path for source in sources if source.split == "validation"]
        if not used:
            raise ParameterError("split", request.split, "names none of the recordings as validation")
    unnamed = [recording for recording in used if recording not in tables.recordings]
    if unnamed and request.annotated_only:
        used = [recording for recording in used if recording in tables.recordings]
    elif unnamed:
        notes.append(
            f"{many(len(unnamed), 'recording')} not named in {request.annotations}: counted as free of calls "
            f"({Parameter('annotated_only')} leaves them out)"
        )
    if not used:
        raise AnnotationError(f"{request.annotations}: names none of the recordings")
    return used


def scan_tracks(
    source: Scanner | StoredScans, recordings: Sequence[Path], progress: ScanProgress
) -> tuple[dict[Unit, Track], list[Scan], int]:
    """Scan recordings; return the scores and the length of each channel, and the number of recordings that failed."""
    collector = ScoreCollector()
    tracks: dict[Unit, Track] = {}
    scans: list[Scan] = []
    n_failed = 0
    for scanned in source.scan_all(recordings, collector, progress.advance):
        n_failed += scanned.failed
        for remark in scanned.remarks:
            progress.say(remark)
        scores = collector.scores()
        for scan in _scans(scanned):
            unit = Unit(scan.recording.as_posix(), scan.channel)
            tracks[unit] = Track(scores[scan.channel], scanned.heard_s)
            scans.append(scan)
        progress.done()
    return tracks, scans, n_failed


def _scans(scanned: Scanned) -> Iterator[Scan]:
    for row in scanned.effort:
        if row.status != "failed" and row.scanned_s > 0:
            yield Scan(Path(scanned.recording.name), row.channel, row.scanned_s)


def _placed(tables: AnnotationSet) -> Iterator[Placed]:
    for row in tables.annotations:
        assert row.recording is not None
        yield Placed(row.recording, row.channel, row.event)


def _labels_apart(material: Material, labels: Sequence[str], request: TuneRequest) -> Iterator[str]:
    """Yield the labels that only the annotations have; raise `AnnotationError` if they have none of the model's."""
    annotated = set(material.labels)
    hint = f"({Parameter('rename')} makes labels the same)"
    if not annotated:
        raise AnnotationError(f"{request.annotations}: has no annotated calls on these recordings to tune on")
    if not annotated & set(labels):
        names = ", ".join(sorted(annotated))
        raise AnnotationError(
            f"{request.annotations}: has none of the model's labels {', '.join(labels)} on these recordings, "
            f"but {names} {hint}"
        )
    if others := sorted(annotated - set(labels)):
        yield f"{request.annotations}: only here are the labels {', '.join(others)}; they are left out {hint}"
