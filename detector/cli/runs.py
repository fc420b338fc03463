"""Runs in the place of tables: a command that reads detections or effort also accepts the folder of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from detector.tables.effort import Effort


def detections_and_effort(detections: Path, effort: Path | None) -> tuple[Path, Path | None]:
    """Return the tables of detections and effort, given tables or folders of runs.

    The effort table of a run of detections is used unless another one is given.

    Raises
    ------
    ConfigurationError
        If a run is not finished.
    """
    from detector.runs.folder import is_run
    from detector.runs.tables import run_tables

    if effort is not None and is_run(effort):
        _, effort = run_tables(effort)
    if not is_run(detections):
        return detections, effort
    of_run, effort_of_run = run_tables(detections)
    return of_run, effort or effort_of_run


def effort_rows(effort: Path) -> list[Effort]:
    """Read the rows of effort from a table, or from the folder of a run."""
    from detector.runs.folder import is_run
    from detector.runs.tables import run_effort
    from detector.tables.effort import read_effort

    return run_effort(effort) if is_run(effort) else read_effort(effort)
