"""Measure how long `detector detect` takes over a long run of a two-label frame model.

    python experiments/detect_speed.py --hours 1000 --file-s 600 --smooth 0 --smooth 0.2

The scores are made: a random walk of logits in columns of 40 ms, with a call about every 20 s, in files of
--file-s seconds. The run is written into a temporary folder by the code that scans write it with. For each --smooth,
the time of the whole command is printed, with the number of detections.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from detector.model import Model, save_model
from detector.place import Identity, LocalPlace
from detector.presets import find_recipe
from detector.runs.folder import opened_run
from detector.runs.scores import ScoreKeeper
from detector.runs.settings import settings_of
from detector.scanning.blocks import ScoreBlock
from detector.scanning.layout import lay_out
from detector.scanning.outcome import Scanned
from detector.scanning.setting import Setting
from detector.tables.effort import Effort

LABELS = ("low", "high")
CALL_S = 20.0  # from one call to the next, about


def main() -> None:
    """Write a run, then time the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=1000.0)
    parser.add_argument("--file-s", type=float, default=600.0)
    parser.add_argument("--smooth", type=float, action="append", default=[])
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        write_run(run, Path(folder) / "model", round(given.hours * 3600 / given.file_s), given.file_s)
        size_gb = sum(path.stat().st_size for path in run.iterdir()) / 1e9
        print(f"{given.hours:g} h in files of {given.file_s:g} s, {len(LABELS)} labels: {size_gb:.2f} GB of scores")
        for smooth_s in given.smooth or [0.0]:
            print(f"smoothed over {smooth_s:g} s: {timed(run, smooth_s, given.workers)}")


def write_run(folder: Path, model: Path, n_files: int, file_s: float) -> None:
    """Write a run of made scores."""
    recipe = find_recipe("call-activity").with_labels(LABELS)
    model.mkdir()
    save_model(Model(recipe), model)
    grid = lay_out(recipe).grid
    n_points = round(file_s / grid.points.step_s)
    settings = settings_of(str(model), model, Setting(), {})
    scores = made_scores(n_points, np.random.default_rng(0))
    with opened_run(folder, settings) as run:
        run.begin(model, settings)
        run.set_recordings([LocalPlace(Path(f"{n:06d}.wav")) for n in range(n_files)])
        keeper = ScoreKeeper(run.store)
        for n, recording in enumerate(run.own_recordings):
            rolled = np.roll(scores, 97 * n, axis=0)
            keeper(ScoreBlock(recording, grid.points, 0, file_s, {"mix": rolled}, file_s))
            effort = Effort(recording, "mix", "ok", file_s, file_s)
            run.add(Scanned(recording, None, (effort,), heard_s=file_s, identity=Identity(1, 1)), keeper.chunks)


def made_scores(n_points: int, random: np.random.Generator) -> NDArray[np.float64]:
    """Make scores (point, label): noise around a low level, and calls of about a second."""
    logits = random.normal(-4.0, 1.5, (n_points, len(LABELS)))
    step_s = 0.04
    for label in range(len(LABELS)):
        for start in np.arange(0, n_points, CALL_S / step_s) + random.uniform(0, CALL_S / step_s / 2):
            logits[int(start) : int(start) + round(random.uniform(0.3, 1.5) / step_s), label] += 6.0
    scores: NDArray[np.float64] = (1 / (1 + np.exp(-logits))).astype(np.float32).astype(np.float64)
    return scores


def timed(run: Path, smooth_s: float, workers: int) -> str:
    """Run the command; return its time and what it found."""
    words = ("detect", run, "--smooth", smooth_s, "--workers", workers, "-o", run.parent / "detections.csv", "--force")
    command = [sys.executable, "-m", "detector", *map(str, words)]
    start = time.monotonic()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return f"{time.monotonic() - start:.1f} s ({done.stderr.splitlines()[-1].removeprefix('detector: ')})"


if __name__ == "__main__":
    main()
