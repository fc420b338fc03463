"""Measure a command on large tables (`detector evaluate`, `convert` or `summary`): seconds and peak memory.

Usage: python experiments/large_tables.py [WORK] [--command evaluate] [--detections 200000] [--annotations 20000]
       [--only NAME ...]

The result is a Markdown table. The tables are made, the same every time, and removed afterwards unless WORK says where
to keep them. Let nothing else run meanwhile.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

HOURS = 50.0  # of all recordings of a case together
LENGTH_S = (0.5, 2.0)  # of an annotation
SHIFT_S = 0.4  # at most between an annotation and a detection of it
FOUND = 0.75  # share of the annotations that have a detection of their own

COMMANDS = ("evaluate", "convert", "summary")
COLUMNS = ("recording", "channel", "start_s", "end_s", "low_hz", "high_hz", "label", "score", "start_time")


@dataclass(frozen=True)
class Case:
    """What a pair of tables is about; with `together`, every event overlaps every other."""

    name: str
    recordings: int = 500
    labels: int = 1
    together: bool = False


CASES = (
    Case("500 recordings"),
    Case("1 recording", 1),
    Case("20,000 recordings", 20_000),
    Case("50 labels", labels=50),
    Case("500 labels", labels=500),
)
TOGETHER = Case("all overlap", 1, together=True)


@dataclass(frozen=True)
class Events:
    """Spans, recordings, labels and scores of the rows of a table (row,)."""

    spans: NDArray[np.float64]  # (row, 2)
    recordings: NDArray[np.intp]
    labels: NDArray[np.intp]
    scores: NDArray[np.float64]

    def rows(self, *, scored: bool) -> Iterator[tuple[object, ...]]:
        """Write the cells, in order of recordings and time."""
        for n in np.lexsort((self.spans[:, 0], self.recordings)):
            start, end = self.spans[n]
            score = f"{self.scores[n]:.6f}" if scored else ""
            label = f"label {self.labels[n]:03}"
            yield name_of(self.recordings[n]), "0", f"{start:.6f}", f"{end:.6f}", "", "", label, score, ""


def name_of(recording: int) -> str:
    """Name a recording as recorders do."""
    return f"site-{recording % 10}/recording-{recording:05}.wav"


def make(case: Case, detections: int, annotations: int) -> tuple[Events, Events]:
    """Make detections and annotations: some detections lie near annotations and have higher scores."""
    rng = np.random.default_rng(0)
    length_s = HOURS * 3600 / case.recordings

    def spans(n: int) -> NDArray[np.float64]:
        longs = rng.uniform(*LENGTH_S, n)
        starts = rng.uniform(0, 0.4, n) if case.together else rng.uniform(0, length_s - LENGTH_S[1], n)
        return np.column_stack([starts, starts + longs])

    wanted = Events(
        spans(annotations),
        rng.integers(case.recordings, size=annotations),
        rng.integers(case.labels, size=annotations),
        np.ones(annotations),
    )
    near = rng.permutation(annotations)[: min(round(FOUND * annotations), detections)]
    n_others = detections - len(near)
    moved = np.maximum(wanted.spans[near] + rng.uniform(-SHIFT_S, SHIFT_S, (len(near), 2)), 0.0)
    moved[:, 1] = np.maximum(moved[:, 1], moved[:, 0] + 0.05)
    found = Events(
        np.concatenate([moved, spans(n_others)]),
        np.concatenate([wanted.recordings[near], rng.integers(case.recordings, size=n_others)]),
        np.concatenate([wanted.labels[near], rng.integers(case.labels, size=n_others)]),
        np.concatenate([rng.beta(3, 2, len(near)), rng.beta(2, 3, n_others)]),
    )
    return found, wanted


def write(case: Case, folder: Path, detections: int, annotations: int) -> list[Path]:
    """Write the tables of a case: detections, annotations, effort."""
    found, wanted = make(case, detections, annotations)
    folder.mkdir(parents=True, exist_ok=True)
    seconds = f"{HOURS * 3600 / case.recordings:.3f}"
    effort = ((name_of(n), "0", "ok", seconds, seconds, "", "", "") for n in range(case.recordings))
    tables = {
        "detections.csv": (COLUMNS, found.rows(scored=True)),
        "annotations.csv": (COLUMNS, wanted.rows(scored=False)),
        "effort.csv": (
            ("recording", "channel", "status", "seconds", "scanned_s", "start_time", "time_source", "detail"),
            effort,
        ),
    }
    for name, (header, rows) in tables.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(rows)
    return [folder / name for name in tables]


def measure(name: str, tables: Sequence[Path]) -> tuple[float, float]:
    """Run a command of the program as a process of its own; give its seconds and its peak memory, MB."""
    detections, annotations, effort = tables
    rest = [str(annotations)] if name == "evaluate" else []
    command = [sys.executable, "-m", "detector", name, str(detections), *rest, "--effort", str(effort)]
    began = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    messages = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    took = perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{messages}")
    return took, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def main() -> None:
    """Measure case after case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, nargs="?", help="where tables are kept")
    parser.add_argument("--command", choices=COMMANDS, default=COMMANDS[0])
    parser.add_argument("--detections", type=int, default=200_000)
    parser.add_argument("--annotations", type=int, default=20_000)
    parser.add_argument("--together", type=int, nargs=2, default=(20_000, 5_000), metavar=("DETECTIONS", "ANNOTATIONS"))
    parser.add_argument("--only", nargs="+", choices=[case.name for case in (*CASES, TOGETHER)])
    arguments = parser.parse_args()
    print("| tables | detections | annotations | s | peak memory, MB |\n|---|--:|--:|--:|--:|")
    with TemporaryDirectory() as temporary:
        for case in (*CASES, TOGETHER):
            if arguments.only and case.name not in arguments.only:
                continue
            sizes = arguments.together if case.together else (arguments.detections, arguments.annotations)
            folder = (arguments.work or Path(temporary)) / case.name.replace(" ", "-").replace(",", "")
            seconds, memory = measure(arguments.command, write(case, folder, *sizes))
            print(f"| {case.name} | {sizes[0]:,} | {sizes[1]:,} | {seconds:.1f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    main()
