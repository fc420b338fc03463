"""Add mined windows to clips: the same cutting, state and margin as all others, in a folder of its own."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from detector.audio.channels import channel_names
from detector.audio.reading import read_header
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

MINED = "mined"  # the kind of a clip that a model took for a call


def mined(store: ClipStore) -> dict[tuple[str, str], list[float]]:
    """List when the mined clips start, s, by recording and channel."""
    starts: dict[tuple[str, str], list[float]] = defaultdict(list)
    rows = store.index[store.index["kind"] == MINED]
    for recording, channel, start in zip(rows["recording"], rows["channel"], rows["start_s"]):
        starts[recording, channel].append(float(start))
    return starts


def add_clips(store: ClipStore, folder: Path, found: Sequence[Find], sources: Sequence[Source]) -> ExtractReport:
    """Write the clips of a store and those of the windows found into a new folder, whole or not at all."""
    report = ExtractReport()
    by_name = {source.path.as_posix(): source for source in sources}
    with new_folder(folder, CLIPS_FOLDER, force=False) as new:
        writer = ClipWriter(new, store.recipe, onto=store)
        cutter = ClipCutter(store.recipe, store.margin)
        for name, finds in _by_recording(found).items():
            try:
                job = ExtractJob(by_name[name], tuple(_planned(by_name[name], finds, store.recipe)))
                cut_recording(job, cutter, store.margin, writer, report)
            except Exception as error:  # noqa: BLE001 (it could be read when it was scanned)
                report.add_failure(by_name[name].path, error)
        writer.close(store.facts)
        for table in (RECORDINGS_FILE, ANNOTATIONS_FILE):
            shutil.copyfile(store.folder / table, new / table)
    return report


def _by_recording(found: Sequence[Find]) -> Mapping[str, list[Find]]:
    grouped: dict[str, list[Find]] = defaultdict(list)
    for find in sorted(found, key=lambda find: find.recording):
        grouped[find.recording].append(find)
    return grouped


def _planned(source: Source, finds: Sequence[Find], recipe: Recipe) -> Iterator[tuple[int, Planned]]:
    """Plan the windows found, each with its channel and the calls that it holds (beside a false alarm of columns)."""
    names = channel_names(read_header(source.path), recipe.audio.channel)
    for find in finds:
        known = Spans(list(known_on_channel(source, find.channel)))
        inside = known.meeting((find.start_s, find.start_s + recipe.window.duration))
        labels = {event.label for event in inside} - {UNCERTAIN, CONFUSING}
        per_frame = recipe.network.dense.per == "frame"
        yield names.index(find.channel), Planned(find.start_s, MINED, tuple(sorted(labels)) if per_frame else ())
