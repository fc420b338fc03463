"""Scan recordings with a model, one after another, into tables of detections, scores and effort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import torch

from detector.device import DeviceName, choose_device, keep_freed_memory
from detector.model import Model, load_model
from detector.operating.notes import threshold_notes
from detector.operating.target import Target
from detector.place import Named
from detector.presets import DEFAULT_MODEL, model_folder
from detector.progress import SILENT, Progress
from detector.scanning.detecting import detect_all
from detector.scanning.events import EventRules
from detector.scanning.listing import list_to_scan, of_split
from detector.scanning.origins import origin_of
from detector.scanning.outcome import Scanned
from detector.scanning.progress import ScanProgress
from detector.scanning.results import Outputs, Results
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.scanning.summary import Summary, summary_for

if TYPE_CHECKING:
    from detector.tables.splits import Choice


def scan(
    paths: Sequence[Path],
    model: str | None,
    device: DeviceName,
    setting: Setting,
    outputs: Outputs,
    stream: TextIO,
    *,
    threshold: float | Target | None = None,
    choice: Choice | None = None,
    progress: Progress = SILENT,
) -> Summary:
    """Scan recordings into tables.

    Before anything is written, the outputs, the recordings and the model are checked.

    Parameters
    ----------
    paths : sequence of Path
        Recordings and folders of recordings. The tables have their order.
    model : str or None
        Folder of a model, or name of a shipped model; None for the default model.
    device : str
        The device that the network runs on.
    setting : Setting
        How to scan.
    outputs : Outputs
        The files to write.
    stream : TextIO
        Gets the detections if `outputs` names no file for them.
    threshold : float, Target or None
        Threshold for all labels instead of the model's own, on the scale of written scores. A target, such as 2 false
        alarms per hour, is looked up for each label among the thresholds that `detector tune` stored.
    choice : Choice, optional
        The split whose recordings are scanned; by default all are.
    progress : Progress, optional
        Hears notes for the user, and how far the scan is.

    Returns
    -------
    Summary
        Numbers of recordings and detections.
    """
    outputs.check()
    recordings, unsearched = list_to_scan(paths, by_name=setting.continuous)
    outputs.check_inputs(recordings)
    recordings = of_split(recordings, choice, progress.say)
    loaded = load_named(model, device)
    with one_thread_each():
        scanner = Scanner(loaded, setting, progress.say)
        grid = scanner.layout.grid
        event_rules = EventRules(loaded.recipe, grid, loaded.operating.at(threshold))
        with ScanProgress(progress, len(recordings)) as scan_progress:
            for note in (*scanner.notes(), *threshold_notes(loaded.operating, threshold, grid.hop_s)):
                progress.say(note)
            summary = summary_for(setting)
            origin = origin_of(loaded.recipe, model or DEFAULT_MODEL, loaded.fingerprint(), grid.hop_s, threshold)
            with outputs.opened(stream, origin, progress) as results:
                for folder in unsearched:
                    keep(folder, summary, results, scan_progress)
                scan_each(recordings, scanner, event_rules, results, scan_progress, summary)
            summary.left_out = results.tally.n_left_out
            summary.count_clips(results.clips)
            for line in (*results.tally.lines(outputs.detections.format), *summary.notes()):
                progress.say(line)
            return summary


def load_named(model: str | None, device: DeviceName) -> Model:
    """Load a model from its folder, or by the name of a shipped model; None is the default model."""
    return load_model(model_folder(model), choose_device(device))


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Let torch use one thread: the workers of a scan already use every core."""
    keep_freed_memory()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def scan_each(
    recordings: Iterable[Named],
    scanner: Scanner,
    event_rules: EventRules,
    results: Results,
    progress: ScanProgress,
    summary: Summary | None = None,
) -> Summary:
    """Scan recordings, write their results and report faults. Counts are added to `summary`."""
    summary = summary or Summary()
    for scanned in detect_all(scanner, recordings, event_rules, results.score_writer(), progress.advance):
        with scanner.clock("write"):
            keep(scanned, summary, results, progress)
        progress.done()
    return summary


def keep(scanned: Scanned, summary: Summary, results: Results, progress: ScanProgress) -> None:
    """Write the results of a recording, count it, and report its faults."""
    results.add(scanned)
    summary.add(scanned)
    for remark in scanned.remarks:
        progress.say(remark)
