"""The use case: annotations and recordings in, a folder of clips out, whole or not at all."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from detector.audio.channels import channel_names
from detector.audio.files import find_recordings
from detector.audio.reading import read_header
from detector.clips import CLIPS_FOLDER, UNCERTAIN, ClipWriter
from detector.errors import ClipsError, RecordingError
from detector.extraction.cut import ClipCutter
from detector.extraction.facts import crowded, label_facts, only_calls
from detector.extraction.known import write_known
from detector.extraction.plan import Planned, Scene, plan
from detector.extraction.recording import ExtractJob, cut_recording, on_channel
from detector.extraction.report import ExtractReport
from detector.extraction.sources import Source, Sources, set_groups
from detector.extraction.splits import shared_groups, split_by_group, split_by_table
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
    """What to extract, from what, and how to share it out.

    `negatives` is the largest number of background clips for each clip of a call; `background` are recordings without
    calls, `confusing` tables of sounds that are not calls; `complete` says that annotated recordings are so fully.
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


def extract(
    request: ExtractRequest, output: Path, *, force: bool = False, progress: Progress = SILENT
) -> ExtractReport:
    """Cut the clips that a request asks for and write them to the folder `output`.

    Raises
    ------
    ConfigurationError, AnnotationError, OutputError
        Where the request cannot be carried out; nothing is written.
    ClipsError
        Where no clip of a call comes of it.
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
    """Raise `ClipsError` where no clip of a call is planned."""
    if not any(window.kind == "call" for job in jobs for _, window in job.windows):
        problems = "; ".join(report.notes[:3])
        raise ClipsError(f"no clip of a call comes of these annotations and recordings ({problems or 'no rows'})")


def _cut_all(
    jobs: Sequence[ExtractJob], recipe: Recipe, writer: ClipWriter, report: ExtractReport, progress: Progress
) -> None:
    """Cut the planned windows of every recording; one that cannot be cut costs only itself."""
    margin = math.ceil(recipe.training.jitter * recipe.frame_rate)
    cutter = ClipCutter(recipe, margin)
    by_source = {job.source.path: job for job in jobs}
    for source in progress.through([job.source for job in jobs], len(jobs), "recordings"):
        try:
            cut_recording(by_source[source.path], cutter, margin, writer, report)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this recording's)
            report.add_failure(source.path, error)


def _gather(request: ExtractRequest, report: ExtractReport) -> tuple[list[Source], Recipe]:
    """Read the tables, join them with the recordings, and share the recordings out among the splits."""
    recordings = find_recordings(request.recordings, passed_over=report.pass_over)
    background = find_recordings(request.background, passed_over=report.pass_over)
    everything = list(dict.fromkeys([*recordings, *background]))
    sources = Sources(replace(request.rules, only=request.recipe.labels.names))
    tables = read_annotations(request.annotations, paths_of(recordings), request.read)
    sources.add_annotations(tables, complete=request.complete)
    sources.check_labels()
    sources.add_background(paths_of(background))
    report.add_problems(tables)
    if request.confusing:
        options = ReadOptions(label="confusing", label_column=None, format=None)
        found = read_annotations(request.confusing, paths_of(everything), options)
        sources.add_confusing(found)
        report.add_problems(found)
    known = sources.all()
    folders: dict[str, str] = {}
    named = {place_of(path).canonical(folders) for source in known for path in source.paths}
    report.unused = sum(recording.canonical(folders) not in named for recording in recordings)
    set_groups(known, request.group, [*request.recordings, *request.background])
    if request.split is not None:
        report.notes.extend(split_by_table(known, request.split))
    else:
        split_by_group(known, request.fractions, request.seed)
    report.notes.extend([*sources.notes, *shared_groups(known)])
    used = [source for source in known if source.split]
    names = sorted({call.label for source in used for call, _ in source.calls if call.label != UNCERTAIN})
    recipe = request.recipe if request.recipe.labels.names else request.recipe.with_labels(tuple(names))
    report.notes.extend(crowded(used, recipe))
    return used, recipe


def _plan_all(
    sources: Sequence[Source], recipe: Recipe, request: ExtractRequest, report: ExtractReport
) -> list[ExtractJob]:
    """Plan every recording's windows, then thin the background out to what the calls of its split allow."""
    jobs = []
    for source in sources:
        try:
            jobs.append(ExtractJob(source, tuple(_plan_recording(source, recipe, request.seed, report))))
        except Exception as error:  # noqa: BLE001 (whatever it is, it is this recording's)
            report.add_failure(source.path, error)
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
        wanted = min(len(places), math.ceil(request.negatives * max(1, calls[split])))
        kept.update(random.Random(f"{request.seed} {split}").sample(places, wanted))
    return [
        ExtractJob(job.source, windows)
        for n, job in enumerate(jobs)
        if (windows := tuple(w for m, w in enumerate(job.windows) if w[1].kind != "background" or (n, m) in kept))
    ]


def _plan_recording(source: Source, recipe: Recipe, seed: int, report: ExtractReport) -> Iterator[tuple[int, Planned]]:
    header = read_header(source.path)
    known = [event.end_s for event, _ in (*source.calls, *source.confusing)]
    if header.n_frames is None and known:
        duration = max(known) + recipe.window.duration  # what lies beyond the end is not cut
    elif header.n_planned:
        duration = header.n_planned / header.sample_rate
    else:
        raise RecordingError(f"{source.path}: its header does not say how long it is, or says that it is empty")
    late = sum(1 for event, _ in source.calls if event.start_s >= duration)
    if late:
        report.notes.append(f"{source.path}: {late} annotations start after its end ({duration:.3f} s); skipped")
    names = channel_names(header, recipe.audio.channel)
    numbers = {None, *(str(n) for n in range(header.n_channels))}
    absent = sum(1 for _, channel in source.calls if channel not in numbers)
    if absent and names != ("mix",):
        report.notes.append(f"{source.path}: {absent} annotations are of channels that it does not have; skipped")
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
