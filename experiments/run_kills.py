"""Kill a run again and again at random moments, and compare its tables with those of a scan that was left alone.

    python experiments/run_kills.py /path/to/recordings --kills 200

The recordings are every second one below the folder, 8 long ones of 10 minutes made from them, and 20 that were cut off
in the middle. Each life of the scan is a process that is forked from this one (so that it begins to scan at once) and
killed by SIGKILL after a random time. When a run is finished, its tables are compared byte by byte with those of a scan
without kills, and another run begins, until there were enough kills. Every part that a worker begins is counted: a
kill may cost at most one part for each worker.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import NoReturn

import numpy as np
import onnxruntime  # noqa: F401 (imported here, so that no life is spent on it)
import soundfile

import detector.network.graph
import detector.runs.scoring  # noqa: F401 (as above)
from detector.audio.files import find_recordings
from detector.audio.stream import AudioStream
from detector.cli import main as program
from detector.errors import RecordingError
from detector.place import Place
from detector.recipe.sections import Audio
from detector.scanning.parts import PartScorer, PartScores
from detector.scanning.plan import Part

TABLES = ("detections.csv", "effort.csv")
LONG_S = 600.0
N_LONG = 8
N_CUT = 20
RATE = 24000


def main() -> int:
    """Run the experiment; return 1 if a table differed or a kill cost too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=Path)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--longest", type=float, default=1.5, help="longest life of a process, s")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with TemporaryDirectory() as name:
        folder = Path(name)
        make_archive(given.recordings, folder / "archive")
        os.chdir(folder)
        words = ["scan", "archive", "--workers", str(given.workers)]
        live([*words, "-o", TABLES[0], "--effort", TABLES[1]], Path("parts-alone"), None)
        expected = [Path(table).read_bytes() for table in TABLES]
        n_parts = len(Path("parts-alone").read_text(encoding="utf-8").splitlines())
        print(f"{expected[1].count(10) - 1} rows of effort, {expected[0].count(10) - 1} detections, {n_parts} parts")
        generator = random.Random(given.seed)
        n_kills = 0
        n_repeated = 0
        n_runs = 0
        n_wrong = 0
        while n_kills < given.kills:
            run = Path(f"run-{n_runs}")
            log = Path(f"parts-{n_runs}")
            kills_of_run = 0
            while not live([*words, "--run", str(run)], log, generator.uniform(0, given.longest)):
                kills_of_run += 1
            begun = Counter(log.read_text(encoding="utf-8").splitlines())
            repeated = begun.total() - len(begun)
            n_wrong += [(run / table).read_bytes() for table in TABLES] != expected
            n_wrong += repeated > kills_of_run * given.workers
            n_runs += 1
            n_kills += kills_of_run
            n_repeated += repeated
            print(f"run {n_runs}: {kills_of_run} kills, {repeated} parts repeated, {n_wrong} faults", flush=True)
        print(
            f"{n_kills} kills of {n_runs} runs: {n_repeated} parts begun twice "
            f"(at most {n_kills * given.workers} allowed), {n_wrong} faults"
        )
    return int(n_wrong > 0)


def live(words: list[str], log: Path, longest_s: float | None) -> bool:
    """Run the program in a process of its own; kill it after a time. Return whether it ended by itself."""
    process = os.fork()
    if process == 0:
        run_program(words, log)
    end = None if longest_s is None else time.monotonic() + longest_s
    while end is None or time.monotonic() < end:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            if code not in {0, 1}:
                raise SystemExit(f"the program ended with {code}: {words}")
            return True
        time.sleep(0.002)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return False


def run_program(words: list[str], log: Path) -> NoReturn:
    """Run the command line, and write a line into the log for each part that a worker begins."""
    score = PartScorer.score
    lock = Lock()
    stream = log.open("a", encoding="utf-8")

    def logged(scorer: PartScorer, part: Part, *rest: object) -> PartScores:
        with lock:
            stream.write(f"{part.header.place.name} {part.first}\n")
            stream.flush()
        return score(scorer, part, *rest)  # type: ignore[arg-type]  # passed on as they came

    PartScorer.score = logged  # type: ignore[method-assign]
    sys.argv = ["detector", *words]
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (open to the end)
    try:
        program()
    except SystemExit as ending:
        os._exit(ending.code if isinstance(ending.code, int) else 1)
    os._exit(0)


def make_archive(recordings: Path, folder: Path) -> None:
    """Link and make recordings: short, long and broken ones."""
    folder.mkdir()
    sources = find_recordings([recordings])[::2]
    for n, source in enumerate(sources):
        (folder / f"{n:04d}-{Path(source.name).name}").symlink_to(Path(source.name).resolve())
    sound = joined(sources, LONG_S * N_LONG)
    for n, part in enumerate(np.array_split(sound, N_LONG)):
        soundfile.write(folder / f"long-{n}.wav", part, RATE, subtype="PCM_16")
    for n, source in enumerate(sources[:: max(1, len(sources) // N_CUT)][:N_CUT]):
        content = Path(source.name).read_bytes()
        (folder / f"cut-{n}-{Path(source.name).name}").write_bytes(content[: len(content) // 2])


def joined(sources: list[Place], seconds: float) -> np.ndarray:
    """Join recordings until they are long enough."""
    pieces: list[np.ndarray] = []
    n_samples = 0
    while n_samples < seconds * RATE:
        for source in sources:
            try:
                pieces.extend(block[0] for block in AudioStream(source, Audio(sample_rate=RATE)).blocks())
            except RecordingError:
                continue
            n_samples = sum(map(len, pieces))
            if n_samples >= seconds * RATE:
                break
    return np.concatenate(pieces)[: round(seconds * RATE)]


if __name__ == "__main__":
    sys.exit(main())
