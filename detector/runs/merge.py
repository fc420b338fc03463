"""Join the shards of a scan into one run."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from detector.errors import ConfigurationError
from detector.operating.points import OPERATING_FILE
from detector.outputs import new_folder
from detector.presets import RECIPE_FILE
from detector.progress import SILENT, Progress
from detector.runs.folder import RUN_FOLDER, Run
from detector.runs.joined import opened_runs, sources_of, unfinished
from detector.runs.settings import write_settings
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
    with opened_runs(folders) as runs:
        _check_complete(runs)
        sources = sources_of(runs)
        with new_folder(output, RUN_FOLDER, force=force) as folder:
            for name in (RECIPE_FILE, OPERATING_FILE):
                shutil.copyfile(runs[0].folder / name, folder / name)
            scorer = next((run.settings.scorer for run in runs if run.settings.scorer), "")
            write_settings(runs[0].settings.model_copy(update={"shard": None, "scorer": scorer}), folder)
            with Run(folder, writable=True) as merged:
                merged.set_recordings(runs[0].recordings)
                merged.set_unsearched(runs[0].unsearched)
                for source in progress.through(sources, len(sources), "recording"):
                    merged.copy(source.run, source.recording)
                write_tables(merged)
                return summary_of(merged)


def _check_complete(runs: Sequence[Run]) -> None:
    """Raise `ConfigurationError` unless the runs are all shards of one scan, each once, and finished."""
    first = runs[0]
    given: dict[int, Run] = {}
    count = 1 if first.settings.shard is None else first.settings.shard.count
    names = [place.name for place in first.recordings]
    for run in runs:
        shard = run.settings.shard
        if shard is None:
            raise ConfigurationError(f"{run.folder}: is no shard of a scan; detector detect reads several runs as one")
        if shard.count != count:
            raise ConfigurationError(f"{run.folder}: is shard {shard}, but {first.folder} is {first.settings.shard}")
        if [place.name for place in run.recordings] != names:
            raise ConfigurationError(f"{run.folder}: is a shard of another list of recordings than {first.folder}")
        other = given.setdefault(shard.number, run)
        if other is not run:
            raise ConfigurationError(f"{run.folder} and {other.folder}: are both shard {shard}")
    missing = [f"{n}/{count}" for n in range(1, count + 1) if n not in given]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise ConfigurationError(f"not all shards are there: {', '.join(missing[:SHOWN])}{more} missing")
    incomplete = list(unfinished(runs))
    if incomplete:
        raise ConfigurationError(*incomplete)
