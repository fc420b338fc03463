"""The use case: annotations and recordings in, a folder of clips out, whole or not at all."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from detector.annotations.formats import read_annotations
from detector.annotations.table import ReadOptions
from detector.audio.files import find_recordings
from detector.audio.header import read_header
from detector.audio.stream import AudioStream, channel_names
from detector.clips import CONFUSING, UNCERTAIN, Clip, ClipWriter
from detector.errors import ClipsError, RecordingError
from detector.events import Event, overlap_s
from detector.extraction.cut import ClipCutter
from detector.extraction.facts import label_facts
from detector.extraction.plan import Planned, Scene, Spans, plan
from detector.extraction.report import Report
from detector.extraction.sources import LabelRules, Source, Sources, set_groups
from detector.extraction.splits import shared_groups, split_by_group, split_by_table
from detector.network.geometry import measure
from detector.outputs import new_folder
from detector.recipe import Recipe

Progress = Callable[[Sequence[Source]], Iterable[Source]]


@dataclass(frozen=True)
class Request:
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


@dataclass(frozen=True)
class _Job:
    """One recording and the windows to cut from it, each with its channel."""

    source: Source
    windows: tuple[tuple[int, Planned], ...]


def extract(request: Request, output: Path, *, force: bool = False, progress: Progress = iter) -> Report:
    """Cut the clips that a request asks for and write them to the folder `output`.

    Raises
    ------
    ConfigurationError, AnnotationError, OutputError
        Where the request cannot be carried out; nothing is written.
    ClipsError
        Where no clip of a call comes of it.
    """
    measure(request.recipe)
    report = Report()
    with new_folder(output, force=force) as folder:
        sources, recipe = _gather(request, report)
        jobs = _plan_all(sources, recipe, request, report)
        if not any(window.kind == "call" for job in jobs for _, window in job.windows):
            problems = "; ".join(report.notes[:3])
            raise ClipsError(f"no clip of a call comes of these annotations and recordings ({problems or 'no rows'})")
        writer = ClipWriter(folder, recipe)
        margin = math.ceil(recipe.training.jitter * recipe.frame_rate)
        cutter = ClipCutter(recipe, margin)
        by_source = {job.source.path: job for job in jobs}
        for source in progress([job.source for job in jobs]):
            try:
                _cut_recording(by_source[source.path], cutter, margin, writer, report)
            except RecordingError as error:
                report.failed.append(str(error))
        if not any(row["kind"] == "call" for row in writer.index):
            raise ClipsError(f"no clip of a call could be cut: {'; '.join([*report.failed, *report.notes][:3])}")
        writer.close(label_facts(sources, recipe))
    return report


def _gather(request: Request, report: Report) -> tuple[list[Source], Recipe]:
    """Read the tables, join them with the recordings, and share the recordings out among the splits."""
    recordings = find_recordings(request.recordings)
    background = find_recordings(request.background)
    everything = list(dict.fromkeys([*recordings, *background]))
    rules = LabelRules(
        request.rules.rename, request.rules.background, request.rules.uncertain, request.recipe.labels.names
    )
    sources = Sources(rules)
    tables = read_annotations(request.annotations, recordings, request.read)
    sources.add_annotations(tables, complete=request.complete)
    sources.add_background(background)
    report.add_problems(tables)
    if request.confusing:
        options = ReadOptions(label="confusing", label_column=None, format=None)
        found = read_annotations(request.confusing, everything, options)
        sources.add_confusing(found)
        report.add_problems(found)
    known = sources.all()
    named = {path.resolve() for source in known for path in source.paths}
    report.unused = sum(1 for path in recordings if path.resolve() not in named)
    set_groups(known, request.group)
    if request.split is not None:
        report.notes.extend(split_by_table(known, request.split))
    else:
        split_by_group(known, request.fractions, request.seed)
    report.notes.extend([*sources.notes, *shared_groups(known)])
    used = [source for source in known if source.split]
    names = sorted({call.label for source in used for call, _ in source.calls if call.label != UNCERTAIN})
    recipe = request.recipe if request.recipe.labels.names else request.recipe.with_labels(tuple(names))
    return used, recipe


def _plan_all(sources: Sequence[Source], recipe: Recipe, request: Request, report: Report) -> list[_Job]:
    """Plan every recording's windows, then thin the background out to what the calls of its split allow."""
    jobs = []
    for source in sources:
        try:
            jobs.append(_Job(source, tuple(_plan_recording(source, recipe, request.seed, report))))
        except RecordingError as error:
            report.failed.append(str(error))
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
        _Job(job.source, windows)
        for n, job in enumerate(jobs)
        if (windows := tuple(w for m, w in enumerate(job.windows) if w[1].kind != "background" or (n, m) in kept))
    ]


def _plan_recording(source: Source, recipe: Recipe, seed: int, report: Report) -> Iterator[tuple[int, Planned]]:
    header = read_header(source.path)
    known = [event.end_s for event, _ in (*source.calls, *source.confusing)]
    if header.n_frames is None and known:
        duration = max(known) + recipe.window.duration  # what lies beyond the end is not cut
    elif header.n_frames:
        duration = header.n_frames / header.sample_rate
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
    rng = random.Random(f"{seed} {source.path.name}")
    for channel, name in enumerate(names):
        scene = Scene(
            duration,
            tuple(_on_channel(source.calls, name, duration)),
            tuple(_on_channel(source.confusing, name, duration)),
            source.complete,
        )
        for window in plan(scene, recipe, rng):
            yield channel, window


def _on_channel(events: Sequence[tuple[Event, str | None]], name: str, duration: float) -> Iterator[Event]:
    """Take the events of a channel (all of them for a mix), cut off at the end of the recording."""
    for event, channel in events:
        if event.start_s < duration and (name == "mix" or channel is None or channel == name):
            end = min(event.end_s, duration)
            yield Event(event.start_s, end, event.label, event.low_hz, event.high_hz)


def _cut_recording(job: _Job, cutter: ClipCutter, margin: int, writer: ClipWriter, report: Report) -> None:
    recipe, source = writer.recipe, job.source
    rate, length = recipe.frame_rate, recipe.window.duration
    windows = sorted(((round(w.start_s * rate), channel, w) for channel, w in job.windows), key=lambda row: row[:2])
    wanted = [(channel, start - margin) for start, channel, _ in windows]
    stream = AudioStream(source.path, recipe.audio)
    names = stream.channels
    known = [Spans(list(_known_on_channel(source, name))) for name in names]
    done = 0
    for piece in cutter.cut(stream.blocks(), len(names), wanted):
        start, channel, window = windows[piece.number]
        span, near = (start / rate, start / rate + length), ((start - margin) / rate, (start + margin) / rate + length)
        end = _end_of_sound(stream, whole=piece.first_frame + piece.n_frames == cutter.length)
        events = [replace(e, end_s=min(e.end_s, end)) for e in known[channel].meeting((near[0], min(near[1], end)))]
        heard = {e.label for e in events if overlap_s(e.span, span) > 0}
        if not np.isfinite(piece.power).all():
            report.notes.append(f"{source.path}: its power at {start / rate:.1f} s is no number; the clip is left out")
            continue
        if piece.first_frame + piece.n_frames <= margin or not heard.issuperset(window.labels):
            continue
        clip = Clip(
            source.path.as_posix(), names[channel], round(start / rate, 6), window.kind, "|".join(window.labels),
            source.split, source.group, source.complete, piece.first_frame, piece.n_frames,
            tuple((round(e.start_s - start / rate, 6), round(e.end_s - start / rate, 6), e.label) for e in events),
        )  # fmt: skip
        writer.add(clip, piece.power, piece.state)
        done += 1
        for label in window.labels or (f"({window.kind})",):
            report.clips[label, source.split] += 1
            report.seconds[label, source.split] += length
    report.notes.extend(f"{source.path}: {fault}" for fault in stream.faults)
    if done < len(windows):
        report.notes.append(f"{source.path}: {len(windows) - done} of {len(windows)} clips lie beyond what can be read")


def _known_on_channel(source: Source, name: str) -> Iterator[Event]:
    """Take what is known of a channel: calls, doubts, and confusing sounds under a label of their own."""
    yield from _on_channel(source.calls, name, math.inf)
    for event in _on_channel(source.confusing, name, math.inf):
        yield replace(event, label=CONFUSING)


def _end_of_sound(stream: AudioStream, *, whole: bool) -> float:
    """Tell where a recording ends, s: for a clip that is not whole, where it could no longer be read."""
    if not whole:
        return stream.scanned_s
    return math.inf if stream.header.n_frames is None else stream.seconds
