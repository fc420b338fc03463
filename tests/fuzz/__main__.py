"""Fuzz targets in turn: `python -m tests.fuzz [--seconds N] [--keep DIR] [TARGET ...]`, or `make fuzz`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TARGETS = ("headers", "streams", "tables", "syllables", "recipes", "models", "provenance", "clips")
_KEPT = ("crash-", "leak-", "oom-", "timeout-")  # what libFuzzer calls its inputs
_GRACE_S = 120.0  # for a process to start, and to end


def fuzz(target: str, seconds: float, folder: Path, seed: int) -> tuple[int, int]:
    """Fuzz a target until its time is over, in one process after another; give the numbers of runs and findings."""
    folder.mkdir(parents=True, exist_ok=True)
    before = set(folder.iterdir())
    n_runs, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 1:
        kept = _kept(folder)
        with tempfile.TemporaryDirectory(prefix="fuzz-", ignore_cleanup_errors=True) as scratch:
            code = _run(target, left, folder, seed, scratch)
        runs = folder / "runs"
        n_runs += int(runs.read_text(encoding="ascii")) if runs.exists() else 0
        if code != 0 and _kept(folder) == kept:
            (folder / "last").rename(folder / f"died-{code}-{seed}.input") if (folder / "last").exists() else None
            (folder / "log").rename(folder / f"died-{code}-{seed}.txt")
        seed += 1
    findings = {path for path in set(folder.iterdir()) - before if path.suffix == ".input" or "-" in path.stem}
    return n_runs, len({path.stem for path in findings})


def _run(target: str, seconds: float, folder: Path, seed: int, scratch: str) -> int:
    """Fuzz in one process; give its exit status. It may end before its time is over."""
    command = [sys.executable, "-m", "tests.fuzz.one", target, f"{seconds:.0f}", str(folder), str(seed)]
    variables = os.environ | {"OMP_NUM_THREADS": "1", "TMPDIR": scratch}
    (folder / "runs").unlink(missing_ok=True)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=variables)
        try:
            return process.wait(seconds + _GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _kept(folder: Path) -> set[Path]:
    """Give the inputs that libFuzzer kept."""
    return {path for path in folder.iterdir() if path.name.startswith(_KEPT)}


def main() -> int:
    """Print one line a target; give 1 where something was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz targets in turn.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"among {', '.join(TARGETS)}; default: all")
    parser.add_argument("--seconds", type=float, default=1200.0, help="for each target (default: 1200)")
    parser.add_argument("--keep", type=Path, default=Path("work/fuzz"), help="folder of what is found")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if unknown := set(options.targets) - set(TARGETS):
        parser.error(f"no such target: {', '.join(unknown)}")
    total = 0
    for target in options.targets or TARGETS:
        start = time.monotonic()
        n_runs, n_found = fuzz(target, options.seconds, options.keep / target, options.seed)
        total += n_found
        line = f"{target:8} {n_runs:9} runs {time.monotonic() - start:6.0f} s {n_found:4} findings"
        print(line, flush=True)  # noqa: T201 (it is what the command is for)
    return int(total > 0)


if __name__ == "__main__":
    sys.exit(main())
