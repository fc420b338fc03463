"""Scan the recordings that a run does not have yet, and keep their results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from detector.device import DeviceName, choose_device
from detector.errors import ConfigurationError, RecordingError
from detector.model import load_model
from detector.operating.notes import threshold_notes
from detector.operating.target import Target
from detector.place import Identity, Place
from detector.progress import Progress
from detector.runs.continuous import Work
from detector.runs.folder import Run
from detector.runs.parts import KeptScores, PartStore
from detector.runs.scores import ScoreKeeper
from detector.scanning.blocks import ScoreBlock
from detector.scanning.events import EventRules
from detector.scanning.finding import Finding
from detector.scanning.outcome import Scanned
from detector.scanning.plan import Plan
from detector.scanning.progress import ScanProgress
from detector.scanning.scan import one_thread_each
from detector.scanning.scanner import Scanner, Skip
from detector.scanning.setting import Setting
from detector.scanning.workers import Workers


class RunScan:
    """A scan whose results go into a run.

    Parameters
    ----------
    run : Run
        The run, open for writing.
    model : Path
        Folder of the model.
    device : str
        The device that the network runs on.
    setting : Setting
        How to scan.
    threshold : float, Target or None
        As in `scan`.
    progress : Progress
        Hears notes for the user, and how far the scan is.

    Attributes
    ----------
    fingerprint : str
        Of the model and of the options that change scores.

    Raises
    ------
    ConfigurationError
        If the scores of the run were made otherwise, for example on another device.
    """

    def __init__(
        self,
        run: Run,
        model: Path,
        device: DeviceName,
        setting: Setting,
        threshold: float | Target | None,
        *,
        progress: Progress,
    ) -> None:
        loaded = load_model(model, choose_device(device))
        self._run = run
        self._begun: list[Scanned] = []  # results of the series that is being kept
        self._progress = progress
        self._setting = setting
        self._scanner = Scanner(loaded, setting, progress.say)
        self.fingerprint = self._scanner.fingerprint
        self._check_scorer()
        grid = self._scanner.layout.grid
        self._notes = (*self._scanner.notes(), *threshold_notes(loaded.operating, threshold, grid.hop_s))
        event_rules = EventRules(loaded.recipe, grid, loaded.operating.at(threshold))
        self._finding = Finding(event_rules, None, self._scanner.clock)
        self._states: dict[str, Identity] = {}
        self._keeper = ScoreKeeper(run.store) if run.settings.keep_scores == "all" else None

    def scan(self, work: Work) -> list[Exception]:
        """Scan recordings, keep the result of each, and report faults.

        Returns
        -------
        list of Exception
            Errors of the program itself, one for each recording that failed through one.

        Raises
        ------
        OutputError
            If results cannot be written. What was written before is kept.
        """
        for note in self._notes:
            self._progress.say(note)
        bugs: list[Exception] = []
        parts = PartStore(self._run.folder, work.names.__contains__)
        kept = KeptScores(parts, self._scanner.score)

        def take(block: ScoreBlock) -> None:
            kept.check()
            if self._keeper is not None:
                self._keeper(block)
            self._finding(block)

        with (
            closing(parts),
            one_thread_each(),
            ScanProgress(self._progress, len(work.names)) as scan_progress,
            Workers(self._setting.workers, self._setting.limits.patience) as workers,
        ):
            held = None if work.is_held is None else counted(work.is_held, scan_progress)
            for recordings in work.stretches:
                places = self._looked_at(recordings)
                for scanned in self._scanner.scan_with(workers, places, take, scan_progress.advance, kept, held):
                    kept.check()
                    result = self._keep(scanned)
                    self._drop(parts, result)
                    for remark in result.remarks:
                        self._progress.say(remark)
                    if result.bug is not None:
                        bugs.append(result.bug)
                    scan_progress.done()
        return bugs

    def _drop(self, parts: PartStore, result: Scanned) -> None:
        """Forget the parts of a recording that need not be scanned again; those of a series after its last result."""
        member = result.member
        if member is None or member.number == 0:
            self._begun = []
        self._begun.append(result)
        is_last = member is None or member.number == member.count - 1
        if is_last and all(not begun.failed or begun.lasting for begun in self._begun):
            parts.drop(self._begun[0].recording.name)

    def _keep(self, scanned: Scanned) -> Scanned:
        """Keep the result of a recording, and return it with its events.

        A recording that failed through its content is kept with its state before it was opened, so that it is tried
        again only if it changes.
        """
        result = self._finding.finish(scanned)
        before = self._states.pop(result.recording.name, None)
        if result.failed and result.lasting:
            result = replace(result, identity=before)
        self._run.add(result, [] if self._keeper is None else self._keeper.chunks)
        return result

    def _looked_at(self, recordings: Sequence[Place]) -> Iterator[Place]:
        """Yield recordings as the scan takes them, and remember their states."""
        for recording in recordings:
            with suppress(RecordingError):
                self._states[recording.name] = recording.identity()
            yield recording

    def _check_scorer(self) -> None:
        settings = self._run.settings
        if settings.scorer and settings.scorer != self.fingerprint:
            raise ConfigurationError(
                f"{self._run.folder}: its scores were made as {settings.scorer}, this machine would make them as "
                f"{self.fingerprint}; go on with the same device and precision, or take another folder"
            )


def counted(skip: Skip, progress: ScanProgress) -> Skip:
    """Return a function that says what is left out, and reports it as done."""

    def skipped(plan: Plan) -> bool:
        held = skip(plan)
        for _ in plan.headers if held else ():
            progress.done()
        return held

    return skipped
