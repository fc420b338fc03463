"""Join the shards of a scan into one run."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from detector.errors import ConfigurationError, OutputError
from detector.outputs import new_folder, written
from detector.progress import SILENT, Progress
from detector.runs.folder import LOCK_FILE, RUN_FOLDER, Run, is_run
from detector.runs.lock import run_lock
from detector.runs.sources import open_runs, sources_of, unfinished, with_scores
from detector.runs.store import DamagedError
from detector.runs.tables import summary_of, write_tables
from detector.scanning.summary import Summary

SHOWN = 5
"""Most missing shards that a message names."""


def merge_runs(folders: Sequence[Path], output: Path, *, force: bool = False, progress: Progress = SILENT) -> Summary:
    """Join the shards of a scan into one run, whose tables are those of a scan without shards.

    Parameters
    ----------
    folders : sequence of Path
        Folders of the shards, in any order.
    output : Path
        Folder of the new run.
    force : bool
        Whether it may replace a run.
    progress : Progress
        Hears how far the work is.

    Raises
    ------
    ConfigurationError
        If shards are missing, not finished, or of another scan.
    OutputError
        If the new run cannot be written.
    """
    runs = open_runs(folders)
    _check_complete(runs)
    _check_output(runs, output)
    with ExitStack() as stack:
        if is_run(output):  # it is replaced, so nobody may be writing it
            stack.enter_context(run_lock(output / LOCK_FILE))
        folder = stack.enter_context(new_folder(output, RUN_FOLDER, force=force))
        with run_lock(folder / LOCK_FILE) as lock, Run(folder, runs[0].settings, lock) as merged:
            _join(runs, merged, progress)
            return summary_of(merged)


def _check_output(runs: Sequence[Run], output: Path) -> None:
    """Raise an error if a new run cannot take this place."""
    with written(output):
        if output.exists() and not is_run(output):
            raise OutputError(f"{output}: exists already, and is not a run; choose another name")
        for run in runs:
            if run.folder.resolve() in {output.resolve(), *output.resolve().parents}:
                raise ConfigurationError(f"{output}: is one of the shards, or lies in one; choose another name")


def _join(runs: Sequence[Run], merged: Run, progress: Progress) -> None:
    """Copy the results of all shards into a new run, and write its tables."""
    settings = with_scores(runs).settings.model_copy(update={"shard": None})
    merged.begin(runs[0].folder, settings)
    merged.set_recordings(runs[0].listing.recordings)
    merged.set_unsearched(runs[0].unsearched)
    sources = sources_of(runs)
    for source in progress.through(sources, len(sources), "recording"):
        try:
            merged.copy(source.run, source.recording)
        except DamagedError as error:
            raise OutputError(
                f"{source.run.folder}: its stored result of {source.recording} is damaged; scan this shard again"
            ) from error
    write_tables(merged)


def _check_complete(runs: Sequence[Run]) -> None:
    """Raise `ConfigurationError` unless the runs are all shards of one scan, each once, and finished."""
    first = runs[0]
    given: dict[int, Run] = {}
    count = 1 if first.settings.shard is None else first.settings.shard.count
    for run in runs:
        shard = run.settings.shard
        if shard is None:
            raise ConfigurationError(f"{run.folder}: is no shard of a scan; detector detect reads several runs as one")
        if shard.count != count:
            raise ConfigurationError(f"{run.folder}: is shard {shard}, but {first.folder} is {first.settings.shard}")
        if run.listing.digest != first.listing.digest:
            raise ConfigurationError(f"{run.folder}: is a shard of another list of recordings than {first.folder}")
        other = given.setdefault(shard.number, run)
        if other is not run:
            raise ConfigurationError(f"{run.folder} and {other.folder}: are both shard {shard}")
    missing = [f"{n}/{count}" for n in range(1, count + 1) if n not in given]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise ConfigurationError(f"not all shards are there: {', '.join(missing[:SHOWN])}{more} must be given, too")
    incomplete = list(unfinished(runs))
    if incomplete:
        raise ConfigurationError(*incomplete)
