"""Several runs as one: the shards of a scan, or scans of different recordings with one model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from detector.errors import ConfigurationError
from detector.place import Place
from detector.runs.folder import Run
from detector.runs.settings import RunSettings
from detector.texts import many


@dataclass(frozen=True)
class Source:
    """A recording, and the run that it belongs to."""

    run: Run
    recording: Place


def open_runs(folders: Sequence[Path]) -> list[Run]:
    """Open runs for reading.

    Raises
    ------
    ConfigurationError
        If a folder is not a run, or the scores of two runs were made with different models or options.
    """
    runs = [Run(folder) for folder in folders]
    first = with_scores(runs)
    for run in runs:
        if run is not first:
            _check_alike(first, run)
    for run in runs[1:]:  # shards of one list share it, because it may be long
        run.listing = next(other.listing for other in runs if other.listing.digest == run.listing.digest)
    return runs


def with_scores(runs: Sequence[Run]) -> Run:
    """Return the first run that has scanned something, or else the first run."""
    return next((run for run in runs if run.settings.scorer), runs[0])


def sources_of(runs: Sequence[Run]) -> list[Source]:
    """List the recordings of runs, in the order of the tables of one scan.

    Shards of one list are joined in the order of the list. Runs about different recordings follow one another.

    Raises
    ------
    ConfigurationError
        If a recording belongs to two of the runs.
    """
    groups: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        groups[run.listing.digest].append(run)
    owner: dict[str, Run] = {}
    for run in runs:
        for recording in run.own_recordings:
            other = owner.setdefault(recording.name, run)
            if other is not run:
                raise ConfigurationError(f"{recording}: is in two of the runs, {other.folder} and {run.folder}")
    sources: list[Source] = []
    for group in groups.values():
        folders = {run.folder for run in group}
        for recording in group[0].listing.recordings:
            its_run = owner.get(recording.name)
            if its_run is not None and its_run.folder in folders:
                sources.append(Source(its_run, recording))
    return sources


def unfinished(runs: Sequence[Run]) -> Iterator[str]:
    """Describe each run that lacks results."""
    for run in runs:
        n_missing = sum(run.result(recording) is None for recording in run.own_recordings)
        if n_missing:
            n_all = many(len(run.own_recordings), "recording")
            yield f"{run.folder}: is not finished: {n_missing:,} of {n_all} are not scanned yet"


def _check_alike(first: Run, other: Run) -> None:
    """Raise `ConfigurationError` if the scores or detections of two runs were made differently."""
    differences = list(_anywhere(first.settings).differences(_anywhere(other.settings)))
    if differences:
        raise ConfigurationError(f"{first.folder} and {other.folder} do not belong together: {'; '.join(differences)}")


def _anywhere(settings: RunSettings) -> RunSettings:
    """Return settings without what may differ between shards."""
    return settings.model_copy(update={"shard": None})
