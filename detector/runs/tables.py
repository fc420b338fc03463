"""Write the tables of a run from the results that it keeps."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from detector.runs.folder import DETECTIONS_FILE, EFFORT_FILE, TABLES_KEY, Run
from detector.runs.records import Finished, detections_of
from detector.runs.store import Store
from detector.scanning.outcome import Scanned
from detector.scanning.results import Outputs


def run_outputs(folder: Path) -> Outputs:
    """Return the tables in the folder of a run, which are written again whenever results are new."""
    return Outputs(folder / DETECTIONS_FILE, None, folder / EFFORT_FILE, force=True)


def whole_result(result: Finished, store: Store) -> Scanned:
    """Return a result with its detections, as the scan gave it.

    Raises
    ------
    DamagedError
        If the stored detections are damaged.
    """
    if result.detections is None:
        return result.scanned
    return replace(result.scanned, detections=detections_of(store.read(result.detections)))


def write_tables(run: Run, unsearched: Sequence[Scanned]) -> None:
    """Write the tables of detections and effort into the folder of a run.

    Parameters
    ----------
    run : Run
        The run, open for writing.
    unsearched : sequence of Scanned
        Folders that could not be searched. They come first, as in a scan.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    state = _state(run, unsearched)
    if _are_written(run, state):
        return
    with run_outputs(run.folder).opened(sys.stdout, run.recipe.labels.names) as results:
        for folder in unsearched:
            results.add(folder)
        for recording in run.own_recordings:
            result = run.result(recording)
            if result is not None:
                results.add(whole_result(result, run.store))
    run.store.append({TABLES_KEY: state})


def _state(run: Run, unsearched: Sequence[Scanned]) -> list[str | int]:
    """Return what the tables depend on, beside the results."""
    return [len(run.own_recordings), *(folder.recording.name for folder in unsearched)]


def _are_written(run: Run, state: list[str | int]) -> bool:
    """Return whether the tables are there, and nothing was added since."""
    last = run.store.records[-1] if run.store.records else {}
    tables = (run.folder / DETECTIONS_FILE, run.folder / EFFORT_FILE)
    return last.get(TABLES_KEY) == state and all(path.exists() for path in tables)
