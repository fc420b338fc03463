"""Scan a folder in a process of its own, with limits of time and memory, and say what it printed and took."""

from __future__ import annotations

import csv
import io
import os
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_GIB = 1 << 30
_PATIENCE = 4  # so many times its processor time may a scan take, on a machine that does much else
_MOST_DATA = 4 * _GIB  # keeps a runaway scan from taking the machine with it

Row = dict[str, str]


@dataclass(frozen=True)
class Limits:
    """What a scan may take: processor time in all and while one file is open, s, and memory, bytes."""

    all_s: float
    file_s: float = 20.0
    memory: int = _GIB


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes
    ----------
    code : int
        Exit code; below 0, the signal.
    reason : str
        "hang" or "memory" where it exceeded a limit.
    culprits : tuple of str
        Files that it held open then.
    memory : int
        The most that it held, in bytes.
    seconds : float
        How long it took.
    """

    code: int
    reason: str
    culprits: tuple[str, ...]
    memory: int
    seconds: float


@dataclass(frozen=True)
class Ran:
    """What a scan did.

    Attributes
    ----------
    ended : Ended
        How its process ended.
    stderr : str
        What it printed.
    effort, detections : dict of str to list of Row
        The tables' rows, by the file's path below the folder.
    lines : tuple of str
        All rows as they were written, with the folder's name taken out.
    """

    ended: Ended
    stderr: str
    effort: dict[str, list[Row]]
    detections: dict[str, list[Row]]
    lines: tuple[str, ...]


def run_scan(folder: Path, model: Path, limits: Limits, names: Sequence[str] = ()) -> Ran:
    """Scan a folder, or some files of it, with one worker."""
    outputs = folder.parent / f"{folder.name}.detections.csv", folder.parent / f"{folder.name}.effort.csv"
    command = [sys.executable, "-m", "detector", "scan", "-m", str(model), "--workers", "1", "--device", "cpu"]
    command += ["-o", str(outputs[0]), "--effort", str(outputs[1]), "--force", "--"]
    command += [str(folder / name) for name in names] or [str(folder)]
    for output in outputs:
        output.unlink(missing_ok=True)
    with (folder.parent / f"{folder.name}.stderr").open("w+b") as stderr:
        ended = _waited(command, stderr.fileno(), folder, limits)
        stderr.seek(0)
        printed = stderr.read().decode("utf-8", "surrogateescape")
    tables = [_read(output, folder) for output in outputs]
    lines = tuple(line for output in outputs for line in _lines(output, folder))
    return Ran(ended, printed, tables[1], tables[0], lines)


def _waited(command: Sequence[str], stderr: int, folder: Path, limits: Limits) -> Ended:
    """Run a command until it ends, or until it, or one file that it holds open, exceeds a limit."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (_MOST_DATA, _MOST_DATA))

    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=stderr,
        stderr=stderr,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        preexec_fn=limited,  # noqa: PLW1509 (only the child is to be limited; no thread runs here)
    )
    start, since, reason, culprits = time.monotonic(), dict[str, tuple[float, float]](), "", tuple[str, ...]()
    memory = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            break
        now, opened = time.monotonic(), _opened(process.pid, folder)
        used = _used_s(process.pid)
        since = {name: since.get(name, (now, used)) for name in opened}
        slow = tuple(
            name
            for name, (began, used_before) in since.items()
            if used - used_before > limits.file_s or now - began > _PATIENCE * limits.file_s
        )
        memory = max(memory, _memory(process.pid))
        if not reason and memory > limits.memory:
            reason, culprits = "memory", opened
        elif not reason and (slow or used > limits.all_s or now - start > _PATIENCE * limits.all_s):
            reason, culprits = "hang", slow or opened
        if reason:
            process.kill()
        time.sleep(0.1)
    inherited = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # a new process's peak begins with that of its maker
    if usage.ru_maxrss > inherited:
        memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    reason = reason or ("memory" if memory > limits.memory else "")
    return Ended(process.returncode, reason, culprits, memory, time.monotonic() - start)


def _opened(pid: int, folder: Path) -> tuple[str, ...]:
    """Name the folder's files that a process holds open; none where the system does not tell."""
    names = []
    entries: list[Path] = []
    with suppress(OSError):
        entries = list(Path(f"/proc/{pid}/fd").iterdir())
    for entry in entries:
        with suppress(OSError):
            target = os.readlink(entry)  # noqa: PTH115 (a path would take its name apart)
            if target.startswith(f"{folder}/"):
                names.append(target.removeprefix(f"{folder}/"))
    return tuple(dict.fromkeys(names))


def _used_s(pid: int) -> float:
    """Give the processor time that a process has taken, s; 0 where the system does not tell."""
    with suppress(OSError, IndexError, ValueError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _memory(pid: int) -> int:
    """Give the most memory that a process has held since it began its program, in bytes; 0 where nobody tells."""
    with suppress(OSError, IndexError, ValueError):
        told = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        return int(told.split("VmHWM:")[1].split()[0]) << 10
    return 0


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape") if path.exists() else ""


def _read(path: Path, folder: Path) -> dict[str, list[Row]]:
    rows = defaultdict(list)
    for row in csv.DictReader(io.StringIO(_text(path), newline="")):
        rows[row["recording"].removeprefix(f"{folder.as_posix()}/")].append(row)
    return dict(rows)


def _lines(path: Path, folder: Path) -> list[str]:
    return _text(path).replace(folder.as_posix(), "").split("\n")
