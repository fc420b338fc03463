"""All detections of a run, from its stored scores: also those below its thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detector.cores import count_cores
from detector.errors import ConfigurationError, Parameter
from detector.labels import LabelRules
from detector.runs.detect import detected
from detector.runs.folder import DETECTIONS_FILE, EFFORT_FILE
from detector.runs.scored import grid_of, threshold_of
from detector.runs.sources import open_runs, sources_of
from detector.scanning.events import EventRules
from detector.tables.table import Annotation, Table

LOWEST = 0.01
"""Detections with lower scores are left out: there are many, and almost none is right."""


@dataclass(frozen=True)
class EveryDetection:
    """All detections of a run.

    Attributes
    ----------
    table : Table
        The detections, with scores as tables show them, but not rounded.
    thresholds : mapping of str to float
        The thresholds of the run, by label.
    lowest : float
        Detections with lower scores are left out.
    """

    table: Table
    thresholds: dict[str, float]
    lowest: float

    def renamed(self, rules: LabelRules) -> dict[str, float] | None:
        """Return the thresholds by the new names of labels; None if labels with different ones get the same name."""
        renamed: dict[str, float] = {}
        for label, threshold in self.thresholds.items():
            name = rules.of_call(label)
            if name and renamed.setdefault(name, threshold) != threshold:
                return None
        return renamed


def every_detection(folder: Path, lowest: float = LOWEST) -> EveryDetection | None:
    """Return all detections of a run that score `lowest` or more, or reach its thresholds; None if it keeps no scores.

    Raises
    ------
    ConfigurationError
        If stored scores cannot be read, or a recording has no result.
    """
    (run,) = open_runs([folder])
    if run.settings.keep_scores == "none":
        return None
    missing = [recording for recording in run.own_recordings if run.result(recording) is None]
    if missing:
        raise ConfigurationError(f"{folder}: {missing[0]} has no result; go on with the scan of this run")
    thresholds = {point.name: point.threshold for point in run.operating.at(threshold_of(run))}
    lowest = min(lowest, *thresholds.values())
    event_rules = EventRules(run.recipe, grid_of(run), run.operating.at(lowest))
    rows: list[Annotation] = []
    for scanned in detected(sources_of([run]), event_rules, None, count_cores()):
        before = run.result(scanned.recording)
        if scanned.failed and before is not None and not before.scanned.failed:
            hint = f"evaluate {folder / DETECTIONS_FILE} with {Parameter('effort')} {folder / EFFORT_FILE} instead"
            raise ConfigurationError(f"{scanned.remarks[0]}; {hint}")
        for channel, event in scanned.detections:
            name = scanned.recording.name
            rows.append(Annotation(None, event, channel, folder / DETECTIONS_FILE, len(rows) + 1, name))
    table = Table(folder / DETECTIONS_FILE, len(rows), tuple(rows), (), names_audio=True)
    return EveryDetection(table, thresholds, lowest)
