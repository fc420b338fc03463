"""Time a scan, with the same code as `detector scan`, at chosen hops and with a chosen engine."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from detector.model import Model
from detector.network.geometry import measure
from detector.recipe import Recipe
from detector.scanning.detecting import detect_all
from detector.scanning.events import EventRules
from detector.scanning.layout import Layout, lay_out
from detector.scanning.outcome import Scanned
from detector.scanning.results import Outputs
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.tables.destination import Destination
from detector.tables.origin import Origin

SHARES = (0.5, 0.1, 0.03)
"""The hops to measure, as shares of the window."""


@dataclass(frozen=True)
class Case:
    """One scan to measure.

    Attributes
    ----------
    share : float
        The requested hop, as a share of the window.
    setting : Setting
        How to scan.
    layout : Layout
        The engine, and the windows and columns that follow from the setting.
    recordings : tuple of Path
        What to scan.
    """

    share: float
    setting: Setting
    layout: Layout
    recordings: tuple[Path, ...]


@dataclass(frozen=True)
class Run:
    """The times of one scan of a case.

    Attributes
    ----------
    elapsed_s : float
        From opening the first recording to closing the table.
    sound_s : float
        Sound that was scanned, of all channels together. For the engine "windows" it is the number of windows times
        the hop, which is less than the length of a short excerpt.
    windows : int
        Windows that were scored.
    stages : dict of str to float
        Processor time of each stage in s, of all threads together.
    lengths : dict of Path to float
        Length of each recording that could be scanned, in s.
    failed : tuple of str
        Recordings that could not be scanned, and why.
    """

    elapsed_s: float
    sound_s: float
    windows: int
    stages: dict[str, float]
    lengths: dict[Path, float]
    failed: tuple[str, ...]


def choose_hops(recipe: Recipe) -> dict[float, float]:
    """Choose the hops to measure, in s, for each requested share of the window.

    Where windows can share columns, these hops let them. Both engines are measured at the same hops.
    """
    longest_s = recipe.window.duration
    if recipe.network.dense.per == "frame":
        geometry = measure(recipe)
        longest_s = min(longest_s, geometry.columns * geometry.frames.step / recipe.frame_rate)
    requested = {share: min(longest_s, share * recipe.window.duration) for share in SHARES}
    return {share: lay_out(recipe, hop_s).grid.hop_s for share, hop_s in requested.items()}


def time_scan(model: Model, case: Case, folder: Path) -> Run:
    """Scan the recordings of a case once, and write the detections into a table in `folder`."""
    scanner = Scanner(model, case.setting)
    event_rules = EventRules(model.recipe, case.layout.grid, model.operating.label)
    lengths: dict[Path, float] = {}
    failed: list[str] = []
    n_windows = 0
    sound_s = 0.0
    outputs = Outputs(Destination(folder / "detections.csv"), force=True)
    start = perf_counter()
    with outputs.opened(sys.stdout, Origin(model.labels, outputs=model.recipe.labels.outputs)) as results:
        for scanned in detect_all(scanner, case.recordings, event_rules, results.score_writer()):
            with scanner.clock("write"):
                results.add(scanned)
            lengths[Path(scanned.recording.name)] = scanned.scanned_s
            failed.extend(scanned.remarks if scanned.failed else ())
            sound_s += sum(row.scanned_s for row in scanned.effort)
            n_windows += count_windows(model, case.layout, scanned)
    elapsed_s = perf_counter() - start
    if case.layout.engine == "windows":
        sound_s = n_windows * case.layout.grid.hop_s
    return Run(elapsed_s, sound_s, n_windows, scanner.clock.seconds, lengths, tuple(failed))


def count_windows(model: Model, layout: Layout, scanned: Scanned) -> int:
    """Count the windows of a recording that were scored, in all channels."""
    samples = (round(row.scanned_s * model.recipe.audio.sample_rate) for row in scanned.effort)
    return sum(layout.grid.count(model.power.count_frames(n_samples)) for n_samples in samples)
