"""Scan recordings into a run. A run that was stopped goes on, and does only what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detector.errors import ConfigurationError, Parameter, RecordingError
from detector.operating.target import Target
from detector.place import Place
from detector.presets import DEFAULT_MODEL, find_folder, shipped_folder
from detector.progress import SILENT, Progress
from detector.runs.continuous import SeriesOfRun
from detector.runs.folder import Run, merged_list, opened_run
from detector.runs.settings import KeepScores, settings_of
from detector.runs.shard import Shard
from detector.runs.tables import summary_of, write_tables
from detector.scanning.listing import list_recordings, not_searched
from detector.scanning.outcome import Scanned
from detector.scanning.setting import Setting
from detector.scanning.summary import Summary, summary_for
from detector.texts import many

if TYPE_CHECKING:
    from detector.device import DeviceName


@dataclass(frozen=True)
class RunRequest:
    """Where a run is kept, and what of it.

    Attributes
    ----------
    folder : Path
        Folder of the run.
    shard : Shard or None
        The slice of the list of recordings to scan; None for all of it.
    keep_scores : {"all", "none"}
        Whether the scores are kept, or only the detections.
    """

    folder: Path
    shard: Shard | None = None
    keep_scores: KeepScores = "all"


def scan_run(
    request: RunRequest,
    paths: Sequence[Path],
    model: str | None,
    device: DeviceName,
    setting: Setting,
    *,
    threshold: float | Target | None = None,
    progress: Progress = SILENT,
) -> Summary:
    """Scan recordings into a run, or go on with it.

    Parameters
    ----------
    request : RunRequest
        The run.
    paths, model, device, setting, threshold, progress
        As for `detector.scanning.scan.scan`.

    Returns
    -------
    Summary
        Of the whole run, with the recordings that were scanned before.

    Raises
    ------
    ConfigurationError
        If the run was begun with another model or other options, or with a shard of other recordings. If windows go on
        across recordings, and there is a shard, or scores are to be kept.
    OutputError
        If another process writes the run, or it cannot be written. What was written before is kept.
    """
    if setting.continuous:
        _check_continuous(request)
    unsearched: list[Scanned] = []
    listed = list_recordings(paths, lambda folder, reason: unsearched.append(not_searched(folder, reason)))
    folder = shipped_folder() / DEFAULT_MODEL if model is None else find_folder(model)
    settings = settings_of(
        model or DEFAULT_MODEL,
        folder,
        setting,
        {"device": device, "threshold": threshold},
        keep_scores=request.keep_scores,
        shard=request.shard,
    )
    with opened_run(request.folder, settings, folder) as run:
        _set_recordings(run, listed, progress)
        run.set_unsearched(unsearched)
        for scanned in unsearched:
            progress.say(scanned.remarks[0])
        bugs: list[Exception] = []

        def report(scanned: Scanned) -> None:
            for remark in scanned.remarks:
                progress.say(remark)
            if scanned.bug is not None:
                bugs.append(scanned.bug)

        missing = list(_missing(run, progress))
        series = SeriesOfRun(run, {recording.name for recording in missing}) if setting.continuous else None
        stretches = [missing] if series is None else list(series.islands())
        if any(stretches):
            from detector.runs.scoring import RunScan  # imports torch, which takes seconds; a finished run needs none

            scan = RunScan(run, folder, device, setting, threshold, progress=progress)
            scan.scan(stretches, report, None if series is None else series.holds)
        write_tables(run)
        summary = summary_of(run, summary_for(setting))
        for line in summary.notes():
            progress.say(line)
        summary.bugs.extend(bugs)
        return summary


def _check_continuous(request: RunRequest) -> None:
    """Raise `ConfigurationError` if a request does not go together with windows across recordings."""
    continuous = Parameter("continuous", "scan")
    if request.shard is not None:
        raise ConfigurationError(
            f"{continuous} cannot be combined with {Parameter('shard', 'scan')}, which may part a deployment; give "
            "each deployment a run of its own"
        )
    if request.keep_scores != "none":
        raise ConfigurationError(
            f"{continuous} in a run needs {Parameter('keep_scores', 'scan')} none: a run keeps scores by file, and "
            "these belong to several files together"
        )


def _set_recordings(run: Run, listed: Sequence[Place], progress: Progress) -> None:
    """Keep the list of recordings. Those that are gone stay in the run, because their results are still true."""
    if not run.recordings:
        run.set_recordings(listed)
        return
    known = {recording.name for recording in run.recordings}
    names = {recording.name for recording in listed}
    if not known & names:
        raise ConfigurationError(
            f"{run.folder}: this run is about other recordings, such as {run.recordings[0]}; these begin with "
            f"{listed[0]}. Give the same command again, or another folder"
        )
    if run.settings.shard is not None and known != names:
        other = next(iter(sorted(known ^ names)))
        raise ConfigurationError(
            f"{run.folder}: a shard needs the list of recordings that it began with; {other} is "
            f"{'new' if other in names else 'gone'}. Scan new recordings into a run of their own"
        )
    gone = known - names
    if gone:
        kept = "their results are kept" if len(gone) > 1 else "its results are kept"
        progress.say(f"{many(len(gone), 'recording')} of this run can no longer be found; {kept}")
    run.set_recordings(merged_list(run.recordings, listed))


def _missing(run: Run, progress: Progress) -> Iterator[Place]:
    """Yield the recordings to scan, and say why some are scanned again."""
    n_failed = 0
    n_done = 0
    for recording in run.own_recordings:
        state = run.state(recording.name)
        if state is None:
            n_failed += run.result(recording) is not None
            yield recording
        elif _has_changed(recording, state):
            progress.say(f"{recording}: has changed since it was scanned, so it is scanned again")
            yield recording
        else:
            n_done += 1
    if n_failed:
        progress.say(f"{many(n_failed, 'recording')} that failed before: tried again")
    if n_done:
        progress.say(f"{n_done:,} of {many(len(run.own_recordings), 'recording')} were scanned before")


def _has_changed(recording: Place, state: tuple[int, int]) -> bool:
    """Return whether a recording has another size or time of change; False if it can no longer be found."""
    try:
        identity = recording.identity()
    except RecordingError:
        return False
    return (identity.size, identity.modified_ns) != state
