"""Add mined windows to clips, cut like all other clips, in a new folder."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from detector.audio.channels import channel_names
from detector.clips import (
    ANNOTATIONS_FILE,
    CLIPS_FOLDER,
    CONFUSING,
    RECORDINGS_FILE,
    UNCERTAIN,
    ClipStore,
    ClipWriter,
)
from detector.extraction.cut import ClipCutter
from detector.extraction.plan import Planned, Spans
from detector.extraction.recording import ExtractJob, cut_recording, known_on_channel
from detector.extraction.report import ExtractReport
from detector.extraction.sources import Source
from detector.mining.find import Find
from detector.outputs import new_folder
from detector.recipe import Recipe

MINED = "mined"  # the kind of a clip in which a model wrongly found a call


def mined_starts(store: ClipStore) -> dict[tuple[str, str], list[float]]:
    """Return the start of each mined clip, s, by recording and channel."""
    starts: dict[tuple[str, str], list[float]] = defaultdict(list)
    rows = store.index[store.index["kind"] == MINED]
    for recording, channel, start in zip(rows["recording"], rows["channel"], rows["start_s"]):
        starts[recording, channel].append(float(start))
    return starts


def add_clips(store: ClipStore, folder: Path, finds: Sequence[Find], sources: Sequence[Source]) -> ExtractReport:
    """Write the clips of a store and those of mined windows into a new folder, which is complete or not there."""
    report = ExtractReport()
    by_name = {source.path.as_posix(): source for source in sources}
    with new_folder(folder, CLIPS_FOLDER, force=False) as new:
        writer = ClipWriter(new, store.recipe, onto=store)
        cutter = ClipCutter(store.recipe, store.margin)
        for name, in_recording in _by_recording(finds).items():
            try:
                job = ExtractJob(by_name[name], tuple(_planned(by_name[name], in_recording, store.recipe)))
                cut_recording(job, cutter, store.margin, writer, report)
            except Exception as error:  # noqa: BLE001 (one recording must not stop the others)
                report.add_failure(by_name[name].path, error)
        writer.close(store.facts)
        for table in (RECORDINGS_FILE, ANNOTATIONS_FILE):
            shutil.copyfile(store.folder / table, new / table)
    return report


def _by_recording(finds: Sequence[Find]) -> Mapping[str, list[Find]]:
    grouped: dict[str, list[Find]] = defaultdict(list)
    for find in sorted(finds, key=lambda find: find.recording):
        grouped[find.recording].append(find)
    return grouped


def _planned(source: Source, finds: Sequence[Find], recipe: Recipe) -> Iterator[tuple[int, Planned]]:
    """Plan a clip for each window, with its channel; with frame outputs also with the labels of the calls in it."""
    per_frame = recipe.network.dense.per == "frame"
    names = channel_names(source.header, recipe.audio.channel)
    for find in finds:
        known = Spans(list(known_on_channel(source, find.channel)))
        inside = known.overlapping((find.start_s, find.start_s + recipe.window.duration))
        labels = {event.label for event in inside} - {UNCERTAIN, CONFUSING}
        yield names.index(find.channel), Planned(find.start_s, MINED, tuple(sorted(labels)) if per_frame else ())
