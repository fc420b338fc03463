"""Scan recordings into a run. A run that was stopped goes on, and does only what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from detector.errors import ConfigurationError, Parameter, RecordingError
from detector.operating.target import Target
from detector.place import Place
from detector.presets import DEFAULT_MODEL, model_folder
from detector.progress import SILENT, Progress
from detector.runs.continuous import work_of
from detector.runs.folder import Run, is_run, opened_run
from detector.runs.listing import merged_list
from detector.runs.settings import KeepScores, RunSettings, settings_of
from detector.runs.shard import Shard
from detector.runs.tables import summary_of, write_tables
from detector.scanning.listing import list_to_scan, of_split
from detector.scanning.setting import Setting
from detector.scanning.summary import Summary, summary_for
from detector.texts import many

if TYPE_CHECKING:
    from detector.device import DeviceName
    from detector.runs.scoring import RunScan
    from detector.tables.splits import Choice


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
    choice: Choice | None = None,
    progress: Progress = SILENT,
) -> Summary:
    """Scan recordings into a run, or go on with it.

    Parameters
    ----------
    request : RunRequest
        The run.
    paths, model, device, setting, threshold, choice, progress
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
    _check_continuous(request, setting)
    found, unsearched = list_to_scan(paths, by_name=setting.continuous)
    listed = of_split(found, choice, progress.say)
    folder = model_folder(model)
    options = {"device": device, "threshold": threshold}
    settings = settings_of(
        model or DEFAULT_MODEL, folder, setting, options, keep_scores=request.keep_scores, shard=request.shard
    )

    def loaded(run: Run) -> RunScan:
        """Load the model. Only this needs torch, which takes seconds to import."""
        from detector.runs.scoring import RunScan

        return RunScan(run, folder, device, setting, threshold, progress=progress)

    with opened_run(request.folder, settings) as run:
        recordings = _listing(run, listed, progress)
        own = recordings if request.shard is None else request.shard.slice(recordings)
        missing = list(_missing(run, own, progress))
        work = work_of(run, own, missing, continuous=setting.continuous)
        scan = loaded(run) if work.stretches else None
        _begin(run, folder, settings, scan)
        run.set_recordings(recordings)
        run.set_unsearched(unsearched)
        for scanned in unsearched:
            progress.say(scanned.remarks[0])
        bugs = [] if scan is None else scan.scan(work)
        while damaged := write_tables(run):
            for recording in damaged:
                progress.say(f"{recording}: its stored result is damaged, so it is scanned again")
                run.forget(recording)
            scan = scan or loaded(run)
            bugs += scan.scan(work_of(run, own, damaged, continuous=setting.continuous))
        summary = summary_of(run, summary_for(setting))
        summary.bugs.extend(bugs)
    for line in summary.notes():
        progress.say(line)
    return summary


def _check_continuous(request: RunRequest, setting: Setting) -> None:
    """Raise `ConfigurationError` if windows go on across recordings, and a request does not go together with that."""
    if not setting.continuous:
        return
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


def _begin(run: Run, model: Path, settings: RunSettings, scan: RunScan | None) -> None:
    """Write the settings of a run that begins, and those that a scan changes."""
    if scan is not None:
        settings = settings.model_copy(update={"scorer": scan.fingerprint})
    if not is_run(run.folder) or (scan is not None and run.settings != settings):
        run.begin(model, settings)


def _listing(run: Run, listed: Sequence[Place], progress: Progress) -> Sequence[Place]:
    """Return the recordings of a run, given those that are there now.

    Those that are gone stay in the run, because their results are still true.

    Raises
    ------
    ConfigurationError
        If the run is about other recordings, or about a shard of another list.
    """
    before = run.listing.recordings
    if not before:
        return listed
    known = {recording.name for recording in before}
    names = {recording.name for recording in listed}
    if not known & names:
        raise ConfigurationError(
            f"{run.folder}: this run is about other recordings, such as {before[0]}; these begin with {listed[0]}. "
            "Give the same command again, or another folder"
        )
    if run.settings.shard is not None and [place.name for place in before] != [place.name for place in listed]:
        changed = sorted(known ^ names)
        how = f"{changed[0]} is {'new' if changed[0] in names else 'gone'}" if changed else "its order is another one"
        raise ConfigurationError(
            f"{run.folder}: a shard needs the list of recordings that it began with; {how}. "
            "Scan new recordings into a run of their own"
        )
    gone = known - names
    if gone:
        kept = "their results are kept" if len(gone) > 1 else "its results are kept"
        progress.say(f"{many(len(gone), 'recording')} of this run can no longer be found; {kept}")
    return merged_list(before, listed)


def _missing(run: Run, recordings: Sequence[Place], progress: Progress) -> Iterator[Place]:
    """Yield the recordings to scan, and say why some are scanned again."""
    n_failed = 0
    n_done = 0
    for recording in recordings:
        state = run.state(recording)
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
        progress.say(f"{n_done:,} of {many(len(recordings), 'recording')} were scanned before")


def _has_changed(recording: Place, state: tuple[int, int]) -> bool:
    """Return whether a recording has another size or time of change; False if it can no longer be found."""
    try:
        identity = recording.identity()
    except RecordingError:
        return False
    return (identity.size, identity.modified_ns) != state
