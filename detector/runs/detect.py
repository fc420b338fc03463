"""Turn the stored scores of runs into detections again: with other thresholds, gaps and lengths, and without audio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from itertools import chain
from pathlib import Path
from typing import TextIO

from detector.errors import ConfigurationError, DetectorError, Fault, ParameterError, fault_of
from detector.operating.notes import threshold_notes
from detector.operating.points import Operating, OperatingPoint, read_operating
from detector.operating.target import Target
from detector.progress import SILENT, Progress
from detector.runs.folder import Run
from detector.runs.scored import check_model, check_scores, grid_of, pass_scores, threshold_of
from detector.runs.sources import Source, open_runs, sources_of, unfinished, with_scores
from detector.scanning.blocks import Take
from detector.scanning.events import EventRules
from detector.scanning.finding import Finding
from detector.scanning.origins import origin_of
from detector.scanning.outcome import Scanned, failed
from detector.scanning.results import Outputs
from detector.scanning.summary import Summary
from detector.scanning.workers import Workers

PATIENCE_S = 3600.0  # for the scores of one recording; reading them never waits for long


@dataclass(frozen=True)
class Changes:
    """What is to be other than in the scan. None leaves a setting as it was.

    Attributes
    ----------
    threshold : float, Target or None
        Threshold for all labels, or a target.
    level, depth, gap_s, shortest_s, smooth_s, onset_threshold : float or None
        For all labels; as in `OperatingPoint`. A `smooth_s` of 0 turns smoothing off, and an `onset_threshold` of 0
        turns off that onsets part events.
    timezone : tzinfo or None
        Zone of the times that have none.
    """

    threshold: float | Target | None = None
    level: float | None = None
    depth: float | None = None
    gap_s: float | None = None
    shortest_s: float | None = None
    smooth_s: float | None = None
    onset_threshold: float | None = None
    timezone: tzinfo | None = None

    def of_point(self, point: OperatingPoint) -> OperatingPoint:
        """Return an operating point with the changes, except for the threshold."""
        names = ("level", "depth", "gap_s", "shortest_s", "smooth_s", "onset_threshold")
        given = {name: getattr(self, name) for name in names}
        update = {name: value for name, value in given.items() if value is not None}
        for name in ("smooth_s", "onset_threshold"):
            if given[name] == 0:
                update[name] = None
        return point.model_copy(update=update)

    def of_result(self, scanned: Scanned) -> Scanned:
        """Return a result whose times have a zone."""
        if self.timezone is None or scanned.chronology is None:
            return scanned
        chronology = scanned.chronology.in_zone(self.timezone)
        effort = tuple(replace(row, chronology=chronology) for row in scanned.effort)
        return replace(scanned, chronology=chronology, effort=effort)


def detect_runs(
    folders: Sequence[Path],
    changes: Changes,
    outputs: Outputs,
    stream: TextIO,
    *,
    model: Path | None = None,
    workers: int = 1,
    progress: Progress = SILENT,
) -> Summary:
    """Make the tables of runs from their stored scores.

    Parameters
    ----------
    folders : sequence of Path
        Folders of runs with one model: the shards of one scan, or scans of different recordings.
    changes : Changes
        What is to be other than in the scan.
    outputs : Outputs
        The files to write.
    stream : TextIO
        Gets the detections if `outputs` names no file for them.
    model : Path or None
        Folder of the model, to use its operating points as they are now; by default they are those of the run.
    workers : int
        Number of threads. It changes no byte of the results.
    progress : Progress
        Hears notes for the user, and how far the work is.

    Returns
    -------
    Summary
        Numbers of recordings and detections. Recordings without results are not counted.

    Raises
    ------
    ConfigurationError
        If a run keeps no scores, runs do not belong together, or `changes` name onsets that the model has no outputs
        for.
    """
    _refuse_runs(outputs, folders)
    outputs.check()
    runs = open_runs(folders)
    first = with_scores(runs)
    for run in runs:
        check_scores(run)
    if changes.onset_threshold is not None and not first.recipe.labels.onsets:
        problem = f"{first.settings.model} has no outputs for onsets (labels.onsets of its recipe)"
        raise ParameterError("onset_threshold", changes.onset_threshold, problem)
    sources = sources_of(runs)
    operating = first.operating if model is None else operating_now(first, model)
    threshold = threshold_of(first) if changes.threshold is None and model is None else changes.threshold
    grid = grid_of(first)
    points = tuple(changes.of_point(point) for point in operating.at(threshold))
    event_rules = EventRules(first.recipe, grid, points)
    for note in (*threshold_notes(operating, threshold, grid.hop_s), *unfinished(runs)):
        progress.say(note)
    fingerprint = first.settings.scorer.partition("-")[0]
    name = first.settings.model if model is None else str(model)
    origin = origin_of(first.recipe, name, fingerprint, grid.hop_s, threshold)
    summary = Summary()
    unsearched = {folder.recording.name: folder for run in runs for folder in run.unsearched}
    with outputs.opened(stream, origin, progress) as results, progress.begin(len(sources), "recording") as work:
        each = detected(sources, event_rules, results.score_writer(), workers)
        for scanned in map(changes.of_result, chain(unsearched.values(), each)):
            results.add(scanned)
            summary.add(scanned)
            if scanned.failed:
                progress.say(scanned.remarks[0])
            work.advance()
    summary.left_out = results.tally.n_left_out
    summary.count_clips(results.clips)
    for line in results.tally.lines(outputs.detections.format):
        progress.say(line)
    return summary


def _refuse_runs(outputs: Outputs, folders: Sequence[Path]) -> None:
    """Raise `ConfigurationError` if a table would be written into the folder of a run, which only its scan writes."""
    runs = {folder.resolve() for folder in folders}
    for path in outputs.paths:
        inside = runs & {path.resolve(), *path.resolve().parents}
        if inside:
            raise ConfigurationError(f"{path}: lies in a run that is read; write it elsewhere")


def operating_now(run: Run, model: Path) -> Operating:
    """Return the operating points of a model as they are now; raise `ConfigurationError` as `check_model`."""
    check_model(run, model)
    return read_operating(model, run.recipe.labels)


def detected(sources: Iterable[Source], event_rules: EventRules, take: Take | None, workers: int) -> Iterator[Scanned]:
    """Yield the result of each recording that has one, in order, with its events.

    Threads share the recordings, unless the scores themselves are written, too: that must happen in order.
    """
    with_result = (source for source in sources if source.run.result(source.recording) is not None)
    if take is not None:
        for source in with_result:
            yield _result(source, event_rules, take)
        return
    with Workers(workers, PATIENCE_S) as executor:
        for source, made in executor.in_order(with_result, lambda source, _: _result(source, event_rules, None)):
            yield _not_read(source, made) if isinstance(made, Exception) else made


def _result(source: Source, event_rules: EventRules, take: Take | None) -> Scanned:
    """Return the result of a recording with the events of its stored scores."""
    result = source.run.result(source.recording)
    assert result is not None
    finding = Finding(event_rules, take)
    try:
        pass_scores(source.run, result, event_rules.grid, finding)
    except DetectorError as error:
        return _not_read(source, error)
    return finding.finish(result.scanned)


def _not_read(source: Source, error: Exception) -> Scanned:
    fault = fault_of(source.recording, error)
    return failed(source.recording, None, Fault(f"{source.recording}: its stored scores: {fault.reason}", fault.bug))
