"""Measure what runs cost: resuming a finished one, and keeping results during a scan.

    python experiments/run_cost.py resume --recordings 10000 --recordings 100000
    python experiments/run_cost.py journal --files 6 --rounds 5

resume: the time of the whole command on a run that has all its recordings, each with ten detections and 12 kB of
scores. The recordings are hard links of a few short files.

journal: scans of 10-minute files with an untrained small-cnn, in turn into tables alone and into a run. Printed are the
medians of wall time and of processor time, and the median of the ratios of neighbours.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

from detector.benchmark.subject import random_model
from detector.events import Event
from detector.model import save_model
from detector.place import LocalPlace
from detector.presets import DEFAULT_MODEL, find_folder, find_recipe
from detector.runs.folder import opened_run
from detector.runs.scores import ScoreKeeper
from detector.runs.settings import settings_of
from detector.scanning.blocks import ScoreBlock
from detector.scanning.listing import list_recordings
from detector.scanning.outcome import Scanned
from detector.scanning.setting import Setting
from detector.scanning.windows import Points
from detector.tables.effort import Effort

RATE = 24000
FILE_S = 600.0
MOST_LINKS = 20_000  # of one file
N_POINTS = 3000  # of a recording in the finished run: 12 kB


def main() -> None:
    """Run one of the measurements."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")
    resume = commands.add_parser("resume")
    resume.add_argument("--recordings", type=int, action="append", required=True)
    journal = commands.add_parser("journal")
    journal.add_argument("--files", type=int, default=6)
    journal.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        os.chdir(name)
        if given.command == "resume":
            for n_recordings in given.recordings:
                measure_resume(n_recordings)
        else:
            measure_journal(given.files, given.rounds)


def measure_resume(n_recordings: int) -> None:
    """Make a finished run, and time the command that finds nothing to do; the first time, it writes the tables."""
    archive = Path(f"archive-{n_recordings}")
    run = Path(f"run-{n_recordings}")
    archive.mkdir()
    for n in range(n_recordings):
        source = Path(f"{n // MOST_LINKS}.wav")
        if not source.exists():
            soundfile.write(source, np.random.default_rng(0).normal(0, 0.1, 2400), RATE, subtype="PCM_16")
        os.link(source, archive / f"site_{n:07d}.wav")
    make_run(run, archive)
    command = [sys.executable, "-m", "detector", "scan", str(archive), "--run", str(run)]
    for what in ("tables written", "nothing to do", "nothing to do"):
        start = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        print(f"{n_recordings:,} recordings, {what}: {time.monotonic() - start:.2f} s", flush=True)


def make_run(folder: Path, archive: Path) -> None:
    """Write a run that has all recordings of an archive."""
    model = find_folder(DEFAULT_MODEL)
    options = {"device": "auto", "threshold": None}
    scores = np.random.default_rng(0).uniform(0, 1, (N_POINTS, 1))
    settings = settings_of(DEFAULT_MODEL, model, Setting(), options)
    with opened_run(folder, settings) as run:
        run.begin(model, settings)
        run.set_recordings(list_recordings([archive]))
        keeper = ScoreKeeper(run.store)
        events = tuple(("mix", Event(10.0 * n, 10.0 * n + 1, "call", None, None, 0.75)) for n in range(10))
        for recording in run.own_recordings:
            keeper(ScoreBlock(recording, Points(0.0, 0.04, 0.02), 0, 120.0, {"mix": scores}, 120.0))
            effort = (Effort(recording, "mix", "ok", 120.0, 120.0),)
            identity = LocalPlace(Path(recording.name)).identity()
            run.add(Scanned(recording, None, effort, events, heard_s=120.0, identity=identity), keeper.chunks)


def measure_journal(n_files: int, rounds: int) -> None:
    """Scan with and without a run in turn."""
    Path("archive").mkdir()
    generator = np.random.default_rng(0)
    for n in range(n_files):
        samples = generator.normal(0, 0.05, round(FILE_S * RATE))
        soundfile.write(f"archive/{n}.wav", samples, RATE, subtype="PCM_16")
    Path("model").mkdir()
    save_model(random_model(find_recipe("small-cnn")), Path("model"))
    words = ["scan", "archive", "-m", "model", "--threshold", "1"]
    ways = {"tables alone": ["-o", "d.csv", "--effort", "e.csv", "--force"], "run": ["--run", "run"]}
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for n in range(rounds + 1):
        for name, options in ways.items():
            shutil.rmtree("run", ignore_errors=True)
            measured = timed([*words, *options])
            if n:  # the first round warms up
                figures[name].append(measured)
    for n, what in enumerate(("wall", "processor")):
        alone, run = ([figure[n] for figure in figures[name]] for name in ways)
        ratio = statistics.median(b / a for a, b in zip(alone, run))
        medians = [statistics.median(seconds) for seconds in (alone, run)]
        print(f"{what}: tables alone {medians[0]:.2f} s, run {medians[1]:.2f} s, ratio {ratio:.3f}")


def timed(words: list[str]) -> tuple[float, float]:
    """Run the program; return its wall time and its processor time, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run([sys.executable, "-m", "detector", *words], check=True, capture_output=True)
    wall_s = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
