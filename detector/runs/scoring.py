"""Scan the recordings that a run does not have yet, and keep their results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from detector.device import DeviceName, choose_device
from detector.errors import ConfigurationError
from detector.model import load_model
from detector.operating.notes import threshold_notes
from detector.operating.target import Target
from detector.place import Place
from detector.progress import Progress
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
        self._check_scorer(self._scanner.fingerprint)
        grid = self._scanner.layout.grid
        self._notes = (*self._scanner.notes(), *threshold_notes(loaded.operating, threshold, grid.hop_s))
        event_rules = EventRules(loaded.recipe, grid, loaded.operating.at(threshold))
        self._finding = Finding(event_rules, None, self._scanner.clock)
        self._keeper = ScoreKeeper(run.store) if run.settings.keep_scores == "all" else None

    def scan(
        self,
        stretches: Sequence[Sequence[Place]],
        take_result: Callable[[Scanned], None],
        skip: Skip | None = None,
    ) -> None:
        """Scan recordings; keep the result of each, and pass it on.

        Parameters
        ----------
        stretches : sequence of sequences of Place
            The recordings. No series reaches from one stretch into the next.
        take_result : callable
            Is called with each result.
        skip : callable, optional
            As for `Scanner.scan_with`.

        Raises
        ------
        OutputError
            If results cannot be written. What was written before is kept.
        """
        for note in self._notes:
            self._progress.say(note)
        names = {recording.name for recordings in stretches for recording in recordings}
        parts = PartStore(self._run.folder, names.__contains__)
        kept = KeptScores(parts, self._scanner.score)
        with (
            closing(parts),
            one_thread_each(),
            ScanProgress(self._progress, len(names)) as scan_progress,
            Workers(self._setting.workers, self._setting.limits.patience) as workers,
        ):
            for recordings in stretches:
                advance = scan_progress.advance
                wanted = None if skip is None else counted(skip, scan_progress)
                for scanned in self._scanner.scan_with(workers, recordings, self._take, advance, kept, wanted):
                    kept.check()
                    result = self._finding.finish(scanned)
                    self._run.add(result, [] if self._keeper is None else self._keeper.chunks)
                    self._drop(parts, result)
                    take_result(result)
                    scan_progress.done()

    def _drop(self, parts: PartStore, result: Scanned) -> None:
        """Forget the parts of a recording that did not fail; those of a series after its last result."""
        member = result.member
        if member is None or member.number == 0:
            self._begun = []
        self._begun.append(result)
        is_last = member is None or member.number == member.count - 1
        if is_last and not any(begun.failed for begun in self._begun):
            parts.drop(self._begun[0].recording.name)

    def _take(self, block: ScoreBlock) -> None:
        if self._keeper is not None:
            self._keeper(block)
        self._finding(block)

    def _check_scorer(self, fingerprint: str) -> None:
        settings = self._run.settings
        if not settings.scorer:
            self._run.set_settings(settings.model_copy(update={"scorer": fingerprint}))
        elif settings.scorer != fingerprint:
            raise ConfigurationError(
                f"{self._run.folder}: its scores were made as {settings.scorer}, this machine would make them as "
                f"{fingerprint}; go on with the same device and precision, or take another folder"
            )


def counted(skip: Skip, progress: ScanProgress) -> Skip:
    """Return a function that says what is left out, and reports it as done."""

    def skipped(plan: Plan) -> bool:
        held = skip(plan)
        for _ in plan.headers if held else ():
            progress.done()
        return held

    return skipped
