"""Scan recordings with a model, one after another, into tables of detections, scores and effort."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import torch

from detector.audio.files import PassedOver, find_recordings
from detector.audio.status import Status
from detector.device import DeviceName, choose_device, keep_freed_memory
from detector.errors import ConfigurationError, Fault
from detector.model import Model, load_model
from detector.operating.notes import threshold_notes
from detector.operating.target import Target
from detector.place import Named, Place
from detector.presets import DEFAULT_MODEL, find_folder, shipped_folder
from detector.progress import SILENT, Progress
from detector.recipe import heard_hz
from detector.scanning.detecting import detect_all
from detector.scanning.events import EventRules
from detector.scanning.outcome import Scanned, failed
from detector.scanning.progress import ScanProgress
from detector.scanning.results import Outputs, Results
from detector.scanning.scanner import Scanner, Setting
from detector.tables.origin import Origin
from detector.texts import many

INCOMPLETE: tuple[Status, ...] = ("damaged", "truncated", "empty")
"""Statuses of recordings that were scanned only in part. Recordings that failed are counted apart."""


@dataclass
class Summary:
    """What a scan did.

    Attributes
    ----------
    recordings, detections, failed : int
        Numbers of recordings, of detections, and of recordings that were not analysed.
    left_out : int
        Number of detections that the format of the table could not hold.
    seconds : float
        Length of the scanned sound, s.
    statuses : Counter
        Number of recordings with each of the statuses in `INCOMPLETE`.
    bugs : list of exceptions
        Errors of the program itself, one for each recording that failed through one.
    """

    recordings: int = 0
    seconds: float = 0.0
    detections: int = 0
    failed: int = 0
    left_out: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    bugs: list[Exception] = field(default_factory=list)

    def add(self, scanned: Scanned) -> None:
        """Count a recording."""
        self.recordings += 1
        self.seconds += scanned.scanned_s
        self.detections += len(scanned.detections)
        self.failed += scanned.failed
        self.statuses.update({row.status for row in scanned.effort} & set(INCOMPLETE))
        if scanned.bug is not None:
            self.bugs.append(scanned.bug)

    @property
    def incomplete(self) -> bool:
        """Return whether a recording failed, or was scanned only in part."""
        return bool(self.failed or self.statuses)

    def __str__(self) -> str:
        """Write the counts in one line."""
        counts = (
            many(self.recordings, "recording"),
            f"{self.seconds / 3600:.2f} h scanned",
            many(self.detections, "detection"),
            f"{self.failed} failed",
            *(f"{self.statuses[status]} {status}" for status in INCOMPLETE if self.statuses[status]),
        )
        return ", ".join(counts)


def list_recordings(paths: Sequence[Named], passed_over: PassedOver | None = None) -> list[Place]:
    """List the recordings that files and folders name, each once, in order.

    A named file that does not exist is listed, too: the scan reports it as failed.

    Parameters
    ----------
    paths : sequence of Path, str or Place
        Files and folders.
    passed_over : callable, optional
        Is called with each folder that cannot be searched, and the reason. Without it, such a folder is an error.

    Raises
    ------
    ConfigurationError
        If no recording exists.
    """
    reasons: list[str] = []

    def pass_over(folder: Place, reason: str) -> None:
        reasons.append(f"{folder}: cannot be searched: {reason}")
        if passed_over is None:
            raise ConfigurationError(reasons[0])
        passed_over(folder, reason)

    recordings = find_recordings(paths, missing=True, passed_over=pass_over)
    if not any(recording.exists() for recording in recordings):
        named = ", ".join(str(path) for path in paths[:3]) + ", ..." * (len(paths) > 3)
        reasons += [f"{recording}: no such file or folder" for recording in recordings[:1]]
        reasons.append(f"{named or 'an empty list'}: holds no audio")
        raise ConfigurationError(f"no recordings to scan: {reasons[0]}")
    return recordings


def scan(
    paths: Sequence[Path],
    model: str | None,
    device: DeviceName,
    setting: Setting,
    outputs: Outputs,
    stream: TextIO,
    *,
    threshold: float | Target | None = None,
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
    progress : Progress, optional
        Hears notes for the user, and how far the scan is.

    Returns
    -------
    Summary
        Numbers of recordings and detections.
    """
    outputs.check()
    unsearched: list[Scanned] = []
    recordings = list_recordings(paths, lambda folder, reason: unsearched.append(not_searched(folder, reason)))
    outputs.check_inputs(recordings)
    loaded = load_named(model, device)
    with one_thread_each():
        scanner = Scanner(loaded, setting)
        grid = scanner.layout.grid
        event_rules = EventRules(loaded.recipe, grid, loaded.operating.at(threshold))
        with ScanProgress(progress, len(recordings)) as scan_progress:
            for note in (*scanner.notes(), *threshold_notes(loaded.operating, threshold, grid.hop_s)):
                progress.say(note)
            summary = Summary()
            with outputs.opened(stream, origin_of(loaded, model or DEFAULT_MODEL, grid.hop_s, threshold)) as results:
                for folder in unsearched:
                    keep(folder, summary, results, scan_progress)
                scan_each(recordings, scanner, event_rules, results, scan_progress, summary)
            summary.left_out = results.tally.n_left_out
            for line in results.tally.lines(outputs.detections.format):
                progress.say(line)
            return summary


def origin_of(model: Model, name: str, hop_s: float, threshold: float | Target | None) -> Origin:
    """Return what a table says about the scan that made it, with a model of this name."""
    parameters = {"Model": Path(name).name, "Fingerprint": model.fingerprint(), "Hop_s": f"{hop_s:g}"}
    if threshold is not None:
        parameters["Threshold"] = str(threshold)
    recipe = model.recipe
    return Origin(model.labels, parameters, heard_hz(recipe.frontend, recipe.audio.sample_rate))


def not_searched(folder: Place, reason: str) -> Scanned:
    """Describe a folder that cannot be searched like a recording that was not analysed."""
    return failed(folder, None, Fault(f"{folder}: cannot be searched: {reason}"))


def load_named(model: str | None, device: DeviceName) -> Model:
    """Load a model from its folder, or by the name of a shipped model; None is the default model."""
    folder = shipped_folder() / DEFAULT_MODEL if model is None else find_folder(model)
    return load_model(folder, choose_device(device))


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
