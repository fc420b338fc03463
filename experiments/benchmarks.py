"""Measure what experiments/BENCHMARKS.md reports, and write its tables.

Usage: python experiments/benchmarks.py WORK [--page FILE] [--no-day] [--short] [--only training|presets]

Each measurement is kept in WORK as JSON, and taken from there until that file is removed. The sound is made, the same
every time, and removed afterwards. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import soundfile
import soxr
import torch
from benchmark_tables import (
    Figures,
    coding_rows,
    file_rows,
    fill,
    memory_rows,
    preset_rows,
    scan_rows,
    start_rows,
    training_rows,
)
from numpy.typing import NDArray
from scipy.signal import lfilter

from detector.training.precision import has_bfloat16

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "experiments" / "recipes" / "first-small-cnn.toml"  # the network that the engine is measured with
PRESETS = ("small-cnn", "call-activity", "crnn", "residual", "lenet", "conv1d-gru", "waveform", "cqt-cnn")
RATE = 24000
PINK = ([0.049922035, -0.095993537, 0.050612699, -0.004408786], [1, -2.494956002, 2.017265875, -0.522189400])  # Kellet
PEAK = 0.1  # of full scale
DEVIATIONS = 4.5  # standard deviations of noise that its highest peak comes to
PASSED = 0.02  # share of the scores above the threshold


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    `options` are those of `detector benchmark`, `long` those for the first table; lengths in s of the sound in two
    codings, of many files, for memory.
    """

    options: tuple[str, ...] = ("--seconds", "960")
    long: tuple[str, ...] = ("--seconds", "3600")
    presets: tuple[str, ...] = PRESETS
    trained: tuple[str, ...] = PRESETS
    repeats: int = 3
    starts: int = 5
    coded_s: int = 7200
    files: int = 2000
    file_s: int = 10
    brief_s: int = 600
    day_s: int = 86400


SHORT = Sizes(
    ("--seconds", "3"),
    ("--seconds", "3"),
    ("small-cnn",),
    ("lenet",),
    1,
    1,
    coded_s=4,
    files=3,
    file_s=2,
    brief_s=2,
    day_s=4,
)


def detector(*arguments: object) -> list[str]:
    """Write a command of the `detector` on the path."""
    return ["detector", *map(str, arguments)]


def pink(seconds: int, rate: int, block_s: int = 10) -> Iterator[NDArray[np.float32]]:
    """Make noise as in the field, its power falling by 3 dB an octave, peaks near -20 dBFS; give it by blocks."""
    rng = np.random.default_rng(0)
    left = seconds * rate
    settled, state = lfilter(*PINK, rng.standard_normal(10 * rate), zi=np.zeros(3))
    level = PEAK / DEVIATIONS / settled[rate:].std()
    while left > 0:
        n = min(left, block_s * rate)
        samples, state = lfilter(*PINK, rng.standard_normal(n), zi=state)
        yield (level * samples).astype(np.float32)
        left -= n


def write(path: Path, blocks: Iterable[NDArray[np.float32]], rate: int = RATE) -> Path:
    """Write a recording of 16 bits."""
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as file:
        for block in blocks:
            file.write(block)
    return path


def make_model(folder: Path, recording: Path) -> None:
    """Write a network with random weights, whose threshold a few of the scores of a recording pass."""
    from detector.benchmark.subject import random_model
    from detector.model import Operating, save_model
    from detector.presets import find_recipe
    from detector.scanning.scanner import Scanner

    model = random_model(find_recipe(str(ENGINE)))
    scores = []
    Scanner(model).scan(recording, lambda block: scores.extend(block.scores.values()))
    (point,) = model.operating.label
    threshold = float(np.quantile(np.concatenate(scores), 1 - PASSED))
    model.operating = Operating(label=(point.model_copy(update={"threshold": threshold}),))
    folder.mkdir()
    save_model(model, folder)


class Bench:
    """The measurements, each kept in a folder."""

    def __init__(self, work: Path, sizes: Sizes) -> None:
        self.work = work
        self.sizes = sizes
        work.mkdir(parents=True, exist_ok=True)

    def kept(self, name: str, measure: Callable[[], Figures]) -> Figures:
        """Give a measurement that was made before, or make it."""
        path = self.work / f"{name}.json"
        if not path.exists():
            print(f"measuring {name}", file=sys.stderr, flush=True)
            figures = {"date": date.today().isoformat(), **measure()}
            path.write_text(json.dumps(figures, indent=1), encoding="utf-8")
        return json.loads(path.read_text(encoding="utf-8"))

    def benchmark(self, model: str, *options: str) -> Figures:
        """Run `detector benchmark`."""
        command = detector("benchmark", "-m", model, "--json", *options)
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

    def training(self) -> dict[str, dict[str, Figures]]:
        """Run `detector benchmark --train` for some recipes, in float32 and, where the processor has it, bfloat16."""
        precisions = ["float32", *(["bfloat16"] if has_bfloat16(torch.device("cpu")) else [])]

        def measured(name: str, precision: str) -> Figures:
            options = ("--train", "--device", "cpu", "--precision", precision)
            return self.kept(f"train-{name}-{precision}", lambda: self.benchmark(name, *options))

        return {name: {of: measured(name, of) for of in precisions} for name in self.sizes.trained}

    def presets(self) -> dict[str, Figures]:
        """Run `detector benchmark` for the shipped recipes."""
        return {
            name: self.kept(name, lambda name=name: self.benchmark(name, *self.sizes.options))
            for name in self.sizes.presets
        }

    @property
    def model(self) -> Path:
        """Give the model that scans; this process stays small, as its memory would be counted with that of others."""
        folder = self.work / "model"
        partial = self.work / "model.partial"
        if not folder.exists():
            shutil.rmtree(partial, ignore_errors=True)
            sound = write(self.work / "sample.wav", pink(min(60, self.sizes.coded_s), RATE))
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                pool.submit(make_model, partial, sound).result()
            sound.unlink()
            partial.rename(folder)
        return folder

    def scan(self, recordings: Path) -> Figures:
        """Run `detector scan` as a user would; give its time (s), its peak memory (bytes) and its rows."""
        command = detector("scan", recordings, "-m", self.model)
        table = self.work / "table.csv"
        log = self.work / "log.txt"
        began = perf_counter()
        with table.open("wb") as stream, log.open("wb") as messages:
            process = subprocess.Popen(command, stdout=stream, stderr=messages)
            _, status, usage = os.wait4(process.pid, 0)
        took = perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}; {log} tells more")
        rows = len(table.read_bytes().splitlines()) - 1
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return {"seconds": took, "peak_bytes": peak, "detections": rows}

    def times(self, folder: Path, **recordings: Path) -> Figures:
        """Scan in turn; give the median time of each, s, and that of a second of sound, most of it for the start."""
        recordings["start"] = write(folder / "start.wav", pink(1, RATE))
        took: dict[str, list[float]] = {name: [] for name in recordings}
        for _ in range(self.sizes.repeats):
            for name, path in recordings.items():
                took[name].append(self.scan(path)["seconds"])
        return {name: median(seconds) for name, seconds in took.items()}

    def codings(self) -> Figures:
        """Scan one sound as WAV at 24 kHz and as FLAC at 48 kHz."""
        with TemporaryDirectory(dir=self.work) as folder:
            wav = Path(folder) / "sound.wav"
            flac = Path(folder) / "sound.flac"
            lower = soxr.ResampleStream(2 * RATE, RATE, 1, dtype="float32")
            with ExitStack() as stack:
                low = stack.enter_context(soundfile.SoundFile(wav, "w", RATE, 1, "PCM_16"))
                high = stack.enter_context(soundfile.SoundFile(flac, "w", 2 * RATE, 1, "PCM_16"))
                for block in pink(self.sizes.coded_s, 2 * RATE):
                    high.write(block)
                    low.write(lower.resample_chunk(block))
                low.write(lower.resample_chunk(np.zeros(0, dtype=np.float32), last=True))
            return {"sound_s": self.sizes.coded_s, **self.times(Path(folder), wav=wav, flac=flac)}

    def files(self) -> Figures:
        """Scan one sound as one file and as many."""
        sizes = self.sizes
        with TemporaryDirectory(dir=self.work) as name:
            one = Path(name) / "one.wav"
            many = Path(name) / "many"
            many.mkdir()
            write(one, pink(sizes.files * sizes.file_s, RATE))
            for number, block in enumerate(pink(sizes.files * sizes.file_s, RATE, sizes.file_s)):
                write(many / f"{number:05}.wav", [block])
            return {"files": sizes.files, "file_s": sizes.file_s, **self.times(Path(name), one=one, many=many)}

    def memory(self, seconds: int) -> Figures:
        """Scan a recording of this length."""
        with TemporaryDirectory(dir=self.work) as folder:
            return {"sound_s": seconds, **self.scan(write(Path(folder) / "long.wav", pink(seconds, RATE)))}

    def starts(self) -> Figures:
        """Start anew until the first row of detections comes, and until the help is there."""
        tries = range(self.sizes.starts)
        return {"first_row": [first_row() for _ in tries], "help": [help_shown() for _ in tries]}


def first_row() -> float:
    """Time `detector scan` up to the first detection, s."""
    began = perf_counter()
    command = detector("scan", ROOT / "examples" / "recordings")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in ("header", "row")]
        took = perf_counter() - began
        process.kill()
    if not lines[-1]:
        raise SystemExit("detector scan found nothing in examples/recordings")
    return took


def help_shown() -> float:
    """Time `detector --help`, s."""
    began = perf_counter()
    subprocess.run(detector("--help"), check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - began


def main() -> None:
    """Measure, and fill each table as soon as its figures are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--page", type=Path, default=ROOT / "experiments" / "BENCHMARKS.md")
    parser.add_argument("--no-day", action="store_true", help="leave out the recording of 24 hours (4.1 GB)")
    parser.add_argument("--short", action="store_true", help="only see that it runs: the figures mean nothing")
    parser.add_argument("--only", choices=["training", "presets"], help="fill this table alone")
    arguments = parser.parse_args()
    sizes = SHORT if arguments.short else Sizes()
    bench = Bench(arguments.work / "short" if arguments.short else arguments.work, sizes)

    def put(name: str, rows: list[str], machine: Figures, day: str) -> None:
        fill(arguments.page, name, machine, day, rows, short=arguments.short)

    if arguments.only != "presets":
        trained = bench.training()
        first = next(iter(trained.values()))["float32"]
        put("training", training_rows(trained), first["machine"], first["date"])
    if arguments.only != "training":
        presets = bench.presets()
        first = next(iter(presets.values()))
        put("presets", preset_rows(presets), first["machine"], max(figures["date"] for figures in presets.values()))
    if arguments.only is not None:
        return
    scans = bench.kept("engine", lambda: bench.benchmark(str(ENGINE), *bench.sizes.long))
    machine = scans["machine"]
    put("engine", scan_rows(scans), machine, scans["date"])
    codings = bench.kept("codings", bench.codings)
    put("codings", coding_rows(codings), machine, codings["date"])
    files = bench.kept("files", bench.files)
    put("files", file_rows(files), machine, files["date"])
    brief = bench.kept("memory-brief", lambda: bench.memory(sizes.brief_s))
    day = None if arguments.no_day else bench.kept("memory-day", lambda: bench.memory(sizes.day_s))
    put("memory", memory_rows(brief, day), machine, (day or brief)["date"])
    starts = bench.kept("starts", bench.starts)
    put("starts", start_rows(starts), machine, starts["date"])


if __name__ == "__main__":
    main()
