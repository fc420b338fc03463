"""Scan a folder in a process of its own, with limits of time and memory, and say what it printed and took."""

from __future__ import annotations

import csv
import os
import resource
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_GIB = 1 << 30
MOST_DATA = 4 * _GIB  # keeps a runaway scan from taking the machine with it

Row = dict[str, str]


@dataclass(frozen=True)
class Ran:
    """What a scan did.

    Attributes
    ----------
    code : int or None
        Exit code; None where the time limit ended it.
    seconds : float
        How long it took.
    memory : int
        The most memory it held, in bytes.
    stderr : str
        What it printed.
    effort, detections : dict of str to list of Row
        The tables' rows, by the file's path below the folder.
    lines : tuple of str
        All rows as they were written, with the folder's name taken out.
    """

    code: int | None
    seconds: float
    memory: int
    stderr: str
    effort: dict[str, list[Row]]
    detections: dict[str, list[Row]]
    lines: tuple[str, ...]


def run_scan(folder: Path, model: Path, limit_s: float, names: Sequence[str] = ()) -> Ran:
    """Scan a folder, or some files of it, with one worker."""
    outputs = folder.parent / f"{folder.name}.detections.csv", folder.parent / f"{folder.name}.effort.csv"
    command = [sys.executable, "-m", "detector", "scan", "-m", str(model), "--workers", "1", "--device", "cpu"]
    command += ["-o", str(outputs[0]), "--effort", str(outputs[1]), "--force", "--"]
    command += [str(folder / name) for name in names] or [str(folder)]
    for output in outputs:
        output.unlink(missing_ok=True)
    start = time.monotonic()
    with (folder.parent / f"{folder.name}.stderr").open("w+b") as stderr:
        code, memory = _waited(command, stderr.fileno(), limit_s)
        stderr.seek(0)
        printed = stderr.read().decode("utf-8", "surrogateescape")
    tables = [_read(output, folder) for output in outputs]
    lines = tuple(line for output in outputs for line in _lines(output, folder))
    return Ran(code, time.monotonic() - start, memory, printed, tables[1], tables[0], lines)


def _waited(command: Sequence[str], stderr: int, limit_s: float) -> tuple[int | None, int]:
    """Run a command; give its exit code and the most memory it held, in bytes."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))

    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stderr,
        stderr=stderr,
        env=environment,
        preexec_fn=limited,  # noqa: PLW1509 (only the child is to be limited; no thread runs yet)
    )
    expired = threading.Event()

    def stop() -> None:
        expired.set()
        process.kill()

    timer = threading.Timer(limit_s, stop)
    timer.start()
    _, status, usage = os.wait4(process.pid, 0)
    timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024
    return (None if expired.is_set() else process.returncode), usage.ru_maxrss * unit


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""


def _read(path: Path, folder: Path) -> dict[str, list[Row]]:
    rows = defaultdict(list)
    for row in csv.DictReader(_text(path).splitlines(keepends=True)):
        rows[row["recording"].removeprefix(f"{folder.as_posix()}/")].append(row)
    return dict(rows)


def _lines(path: Path, folder: Path) -> list[str]:
    return _text(path).replace(folder.as_posix(), "").split("\n")
