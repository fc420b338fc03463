"""Extract clips: from annotations and recordings to a folder of clips, which is complete or not there."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from detector.audio.channels import channel_names
from detector.audio.files import find_recordings
from detector.audio.header import Header
from detector.clips import CLIPS_FOLDER, UNCERTAIN, ClipWriter
from detector.errors import ClipsError, RecordingError
from detector.extraction.cut import ClipCutter
from detector.extraction.facts import crowded, label_facts, only_calls
from detector.extraction.known import write_known
from detector.extraction.plan import Planned, Scene, plan
from detector.extraction.recording import ExtractJob, cut_recording, on_channel
from detector.extraction.report import ExtractReport
from detector.extraction.sources import Source, Sources, set_groups
from detector.extraction.splits import listed_background, shared_groups, split_by_group, split_by_table
from detector.labels import LabelRules
from detector.network.geometry import measure
from detector.outputs import new_folder
from detector.place import paths_of, place_of
from detector.progress import SILENT, Progress
from detector.recipe import Recipe
from detector.tables.formats import read_annotations
from detector.tables.table import ReadOptions


@dataclass(frozen=True)
class ExtractRequest:
    """What to extract, and how to split it.

    Attributes
    ----------
    annotations, recordings : tuple of Path
        Tables and recordings, or folders of them.
    complete : bool
        Whether every call in the annotated recordings is annotated.
    background : tuple of Path
        Recordings without calls.
    confusing : tuple of Path
        Tables of sounds that are not calls.
    group : str or None
        Regular expression that finds the group of a recording in its name or path (`detector.groups`).
    split : Path or None
        Table that gives the split of each recording.
    fractions : (float, float, float)
        Fractions of the groups for training, validation and test; without `split`.
    negatives : float
        Most background clips for each clip of a call.
    listed_background : bool
        Whether recordings that only the split table or background rows name count as annotated, without calls.
    """

    annotations: tuple[Path, ...]
    recordings: tuple[Path, ...]
    recipe: Recipe
    read: ReadOptions = field(default_factory=ReadOptions)
    rules: LabelRules = field(default_factory=LabelRules)
    complete: bool = False
    background: tuple[Path, ...] = ()
    confusing: tuple[Path, ...] = ()
    group: str | None = None
    split: Path | None = None
    fractions: tuple[float, float, float] = (0.7, 0.15, 0.15)
    negatives: float = 5.0
    seed: int = 0
    listed_background: bool = False


def extract(
    request: ExtractRequest, output: Path, *, force: bool = False, progress: Progress = SILENT
) -> ExtractReport:
    """Cut the clips that a request asks for and write them to the folder `output`.

    Raises
    ------
    ConfigurationError, AnnotationError, OutputError
        If a value in the request is not allowed, a table cannot be read, or the output exists; nothing is written.
    ClipsError
        If the result has no clip of a call.
    """
    measure(request.recipe)
    report = ExtractReport()
    with new_folder(output, CLIPS_FOLDER, force=force) as folder:
        sources, recipe = _gather(request, report)
        jobs = _plan_all(sources, recipe, request, report)
        _check_calls(jobs, report)
        writer = ClipWriter(folder, recipe)
        _cut_all(jobs, recipe, writer, report, progress)
        if not any(row["kind"] == "call" for row in writer.index):
            raise ClipsError(f"no clip of a call could be cut: {'; '.join([*report.failed, *report.notes][:3])}")
        report.notes.extend(only_calls(writer.index, recipe))
        writer.close(label_facts(sources, recipe))
        write_known(sources, folder)
    return report


def _check_calls(jobs: Sequence[ExtractJob], report: ExtractReport) -> None:
    """Raise `ClipsError` if no clip of a call is planned."""
    if not any(window.kind == "call" for job in jobs for _, window in job.windows):
        problems = "; ".join(report.notes[:3])
        raise ClipsError(f"these annotations and recordings give no clip of a call ({problems or 'no rows'})")


def _cut_all(
    jobs: Sequence[ExtractJob], recipe: Recipe, writer: ClipWriter, report: ExtractReport, progress: Progress
) -> None:
    """Cut the planned windows of every recording; a recording that cannot be cut does not stop the others."""
    margin = math.ceil(recipe.training.jitter * recipe.frame_rate)
    cutter = ClipCutter(recipe, margin)
    by_source = {job.source.path: job for job in jobs}
    for source in progress.through([job.source for job in jobs], len(jobs), "recordings"):
        try:
            cut_recording(by_source[source.path], cutter, margin, writer, report)
        except Exception as error:  # noqa: BLE001 (one recording must not stop the others)
            report.add_failure(source.path, error)


def _gather(request: ExtractRequest, report: ExtractReport) -> tuple[list[Source], Recipe]:
    """Return the recordings with their annotations and splits, and the recipe with the labels of the calls."""
    recordings = find_recordings(request.recordings, passed_over=report.pass_over)
    background = find_recordings(request.background, passed_over=report.pass_over)
    sources = Sources(replace(request.rules, only=request.recipe.labels.names))
    tables = read_annotations(request.annotations, paths_of(recordings), request.read)
    sources.add_annotations(tables, complete=request.complete)
    sources.check_labels()
    sources.add_background(paths_of(background))
    if request.listed_background:
        listed, note = listed_background(paths_of(recordings), tables, request.rules, request.split)
        sources.add_background(listed)
        report.notes.append(note)
    report.add_problems(tables)
    if request.confusing:
        options = ReadOptions(label="confusing", label_column=None, format=None)
        searched = list(dict.fromkeys([*recordings, *background]))
        confusing = read_annotations(request.confusing, paths_of(searched), options)
        sources.add_confusing(confusing)
        report.add_problems(confusing)
    gathered = sources.all()
    folders: dict[str, str] = {}
    annotated = {place_of(path).canonical(folders) for source in gathered for path in source.paths}
    report.unused = sum(recording.canonical(folders) not in annotated for recording in recordings)
    _split(gathered, request, report)
    report.notes.extend([*sources.notes, *shared_groups(gathered)])
    used = [source for source in gathered if source.split]
    names = sorted({call.label for source in used for call, _ in source.calls if call.label != UNCERTAIN})
    recipe = request.recipe if request.recipe.labels.names else request.recipe.with_labels(tuple(names))
    report.notes.extend(crowded(used, recipe))
    return used, recipe


def _split(sources: Sequence[Source], request: ExtractRequest, report: ExtractReport) -> None:
    """Set the group and the split of each recording."""
    set_groups(sources, request.group, [*request.recordings, *request.background])
    if request.split is not None:
        report.notes.extend(split_by_table(sources, request.split))
    else:
        split_by_group(sources, request.fractions, request.seed)


def _plan_all(
    sources: Sequence[Source], recipe: Recipe, request: ExtractRequest, report: ExtractReport
) -> list[ExtractJob]:
    """Plan the windows of every recording; keep a random part of the background windows of each split."""
    jobs = []
    for source in sources:
        try:
            jobs.append(ExtractJob(source, tuple(_plan_recording(source, recipe, request.seed, report))))
        except Exception as error:  # noqa: BLE001 (one recording must not stop the others)
            report.add_failure(source.path, error)
    kept = _draw_background(jobs, request)
    return [
        ExtractJob(job.source, windows)
        for n, job in enumerate(jobs)
        if (windows := tuple(w for m, w in enumerate(job.windows) if w[1].kind != "background" or (n, m) in kept))
    ]


def _draw_background(jobs: Sequence[ExtractJob], request: ExtractRequest) -> set[tuple[int, int]]:
    """Draw the background windows to keep: in each split, at most `negatives` for each window of a call.

    Returns
    -------
    set of (int, int)
        Index of the job, and index of the window in it.
    """
    calls: Counter[str] = Counter()
    background: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for n, job in enumerate(jobs):
        for m, (_, window) in enumerate(job.windows):
            if window.kind == "call":
                calls[job.source.split] += 1
            elif window.kind == "background":
                background[job.source.split].append((n, m))
    kept: set[tuple[int, int]] = set()
    for split, places in background.items():
        n_kept = min(len(places), math.ceil(request.negatives * max(1, calls[split])))
        kept.update(random.Random(f"{request.seed} {split}").sample(places, n_kept))
    return kept


def _plan_recording(source: Source, recipe: Recipe, seed: int, report: ExtractReport) -> Iterator[tuple[int, Planned]]:
    """Plan the windows of a recording, each with the index of its channel."""
    header = source.header
    duration = _duration_s(source, header, recipe)
    names = channel_names(header, recipe.audio.channel)
    report.notes.extend(_skipped(source, header, duration, mixed=names == ("mix",)))
    rng = random.Random(f"{seed} {source.path.name}".encode("utf-8", "surrogateescape"))
    for channel, name in enumerate(names):
        scene = Scene(
            duration,
            tuple(on_channel(source.calls, name, duration)),
            tuple(on_channel(source.confusing, name, duration)),
            source.complete,
        )
        for window in plan(scene, recipe, rng):
            yield channel, window


def _duration_s(source: Source, header: Header, recipe: Recipe) -> float:
    """Return the length of a recording, s; if the header does not give it, that of the annotated part and a window."""
    ends = [event.end_s for event, _ in (*source.calls, *source.confusing)]
    if header.n_frames is None and ends:
        return max(ends) + recipe.window.duration  # windows beyond the real end are not cut
    if header.n_planned:
        return header.n_planned / header.sample_rate
    raise RecordingError(f"{source.path}: its header gives no length, or says that the recording is empty")


def _skipped(source: Source, header: Header, duration_s: float, *, mixed: bool) -> Iterator[str]:
    """Write how many annotations lie after the end of a recording, or on channels that it does not have."""
    late = sum(1 for event, _ in source.calls if event.start_s >= duration_s)
    if late:
        yield f"{source.path}: {late} annotations start after its end ({duration_s:.3f} s); skipped"
    channels = {None, *(str(n) for n in range(header.n_channels))}
    absent = sum(1 for _, channel in source.calls if channel not in channels)
    if absent and not mixed:
        yield f"{source.path}: {absent} annotations are on channels that it does not have; skipped"
