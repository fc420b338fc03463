"""Scan as `detector scan` does, engine by engine and hop by hop, with a clock in the hand."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from detector.model import Model
from detector.network.geometry import measure
from detector.recipe import Recipe
from detector.scanning.detecting import detect_all
from detector.scanning.detections import Reader
from detector.scanning.layout import Layout, lay_out
from detector.scanning.outcome import Scanned
from detector.scanning.results import Outputs
from detector.scanning.scanner import Scanner, Setting

SHARES = (0.5, 0.1, 0.03)  # hops, of a window


@dataclass(frozen=True)
class Case:
    """One thing to measure.

    Attributes
    ----------
    share : float
        The hop that was asked for, as a share of the window.
    setting : Setting
        How to scan.
    layout : Layout
        What that comes to.
    recordings : tuple of Path
        What to scan.
    """

    share: float
    setting: Setting
    layout: Layout
    recordings: tuple[Path, ...]


@dataclass(frozen=True)
class Run:
    """What one scan of a case took.

    Attributes
    ----------
    elapsed_s : float
        From the first recording's opening to the table's closing.
    sound_s : float
        How much sound was scanned, all channels together. With the windows engine, what its windows advanced over:
        of a short excerpt, that is less than its length.
    windows : int
        That were scored.
    stages : dict of str to float
        Processor time, s, all threads together.
    lengths : dict of Path to float
        How much of each recording could be scanned, s.
    failed : tuple of str
        Recordings that could not be, and why.
    """

    elapsed_s: float
    sound_s: float
    windows: int
    stages: dict[str, float]
    lengths: dict[Path, float]
    failed: tuple[str, ...]


def hops(recipe: Recipe) -> dict[float, float]:
    """Lay out the hops to measure, s, by the share of the window asked for.

    Where windows can share columns, they are hops that allow it; the other engine is measured at the same ones.
    """
    longest_s = recipe.window.duration
    if recipe.network.dense.per == "frame":
        geometry = measure(recipe)
        longest_s = min(longest_s, geometry.columns * geometry.frames.step / recipe.frame_rate)
    asked = {share: min(longest_s, share * recipe.window.duration) for share in SHARES}
    return {share: lay_out(recipe, hop_s).grid.hop_s for share, hop_s in asked.items()}


def run(model: Model, case: Case, folder: Path) -> Run:
    """Scan the recordings of a case once; the detections go into a table in `folder`."""
    scanner = Scanner(model, case.setting)
    reader = Reader(model.recipe, case.layout.grid, model.operating.label)
    lengths: dict[Path, float] = {}
    failed: list[str] = []
    n_windows, sound_s = 0, 0.0
    outputs = Outputs(folder / "detections.csv", force=True)
    start = perf_counter()
    with outputs.opened(sys.stdout, model.labels) as results:
        for scanned in detect_all(scanner, case.recordings, reader, results.score_writer()):
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
    """Count the windows of a recording that were scored, of all channels."""
    samples = (round(row.scanned_s * model.recipe.audio.sample_rate) for row in scanned.effort)
    return sum(layout.grid.count(model.power.count_frames(n_samples)) for n_samples in samples)
