"""Compare what two checkouts of the program write when they scan the same recordings with the same models.

    python experiments/same_bytes.py BEFORE RECORDINGS...                # BEFORE against the checkout of this script
    python experiments/same_bytes.py BEFORE AFTER RECORDINGS... --models embedded small-cnn residual

BEFORE and AFTER are checkouts: folders that hold detector/. RECORDINGS are files, or folders searched for audio.
The models are the embedded one, as each checkout ships it, and one with seeded random weights for every shipped recipe.
Both checkouts read the same files of random weights. Detections, scores and effort are compared byte by byte:

    model         table       rows  result
    small-cnn     detections    12  same

The exit code is 1 where a table, or the exit code of a scan, differs, and 2 where something could not be compared.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from detector.benchmark.subject import random_model
from detector.errors import DetectorError
from detector.model import save_model
from detector.network.description import describe_recipe
from detector.presets import find_recipe, list_presets

ROOT = Path(__file__).resolve().parent.parent
EMBEDDED = "embedded"
EMBEDDED_MODEL = "call-activity"
TABLES = ("detections", "scores", "effort")
MOST_PARAMETERS = 200_000_000  # larger networks are compared only if --models names them
PASSED = 0.3  # share of the scores of the first recording that passes the threshold of an untrained model
SCANNED = (0, 1)  # exit codes of a scan that wrote its tables; 1 where a recording could not be read
SHOWN_CHARACTERS = 160


@dataclass(frozen=True)
class Subject:
    """A model that both checkouts scan with: its name in the output, and the words of the scan that choose it."""

    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Scan:
    """What one scan left: its exit code, its messages, and the folder of its tables."""

    exit_code: int
    messages: str
    folder: Path

    def table(self, name: str) -> bytes:
        """Read a table; a missing one is empty."""
        path = self.folder / f"{name}.csv"
        return path.read_bytes() if path.exists() else b""


class NotComparableError(Exception):
    """Something that stops the comparison; shown as one line."""


def is_checkout(path: Path) -> bool:
    """Tell whether a folder holds the program."""
    return (path / "detector" / "__main__.py").is_file()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line; `after` and `recordings` are told apart by what the folders hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path, metavar="BEFORE")
    parser.add_argument("paths", type=Path, nargs="+", metavar="[AFTER] RECORDINGS")
    presets = list_presets()
    parser.add_argument(
        "--models", nargs="+", choices=[EMBEDDED, *presets], metavar="NAME", help=f"{EMBEDDED}, {', '.join(presets)}"
    )
    parser.add_argument("--hop", metavar="SECONDS", help="between windows [default: that of each model]")
    parser.add_argument("--work", type=Path, help="folder that keeps models and tables [default: a temporary one]")
    options = parser.parse_args(arguments)
    first, *others = options.paths
    options.after = first if is_checkout(first) else ROOT
    options.recordings = others if is_checkout(first) else options.paths
    for checkout in (options.before, options.after):
        if not is_checkout(checkout):
            parser.error(f"{checkout}: is no checkout: it has no detector/__main__.py")
    for recording in options.recordings:
        if not recording.exists():
            parser.error(f"{recording}: no such file or folder")
    if not options.recordings:
        parser.error("RECORDINGS: name at least one")
    return options


def subjects(names: Sequence[str] | None, work: Path) -> Iterator[Subject]:
    """Give the models to scan with; make those without weights, once for both checkouts."""
    for name in names or (EMBEDDED, *list_presets()):
        if name == EMBEDDED:
            yield Subject(EMBEDDED, ("-m", EMBEDDED_MODEL))
            continue
        n_parameters = describe_recipe(name, find_recipe(name)).totals.parameters
        if names is None and n_parameters > MOST_PARAMETERS:
            print(f"{name}: left out: {n_parameters:,} parameters; --models {name} compares it", file=sys.stderr)
            continue
        yield Subject(name, ("-m", str(untrained(name, work / "models" / name))))


def untrained(name: str, folder: Path) -> Path:
    """Write a shipped recipe with seeded random weights into a folder, unless it is there."""
    if not folder.exists():
        partial = folder.with_name(f"{folder.name}.partial")
        partial.mkdir(parents=True, exist_ok=True)
        save_model(random_model(find_recipe(name)), partial)
        partial.rename(folder)
    return folder


def scan(checkout: Path, recordings: Sequence[Path], words: Sequence[str], folder: Path) -> Scan:
    """Run `detector scan` of a checkout; its tables go into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    outputs = {"-o": "detections.csv", "--scores": "scores.csv", "--effort": "effort.csv"}
    command = [
        sys.executable,
        "-m",
        "detector",
        "scan",
        *(str(path.resolve()) for path in recordings),
        *words,
        "--force",
    ]
    for option, name in outputs.items():
        (folder / name).unlink(missing_ok=True)
        command += [option, name]
    environment = os.environ | {"PYTHONPATH": str(checkout.resolve())}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return Scan(done.returncode, done.stderr, folder)


def own_threshold(checkout: Path, recordings: Sequence[Path], words: Sequence[str], folder: Path) -> str:
    """Find a threshold that some scores of an untrained model pass, from the first recording that has scores.

    Returns
    -------
    str
        Between 0 and 1, with the digits of the table of scores.
    """
    for recording in recordings:
        found = scan(checkout, [recording], words, folder)
        rows = list(csv.reader(found.table("scores").decode().splitlines()))[1:]
        if rows:
            scores = np.array([[float(score) for score in row[4:]] for row in rows])  # (window, label)
            return f"{np.quantile(scores, 1 - PASSED):.6f}"
    return "0.5"


def first_difference(before: bytes, after: bytes) -> str:
    """Name the first line that differs, with what it was and what it is; nothing where all lines are the same."""
    lines = zip_longest(before.splitlines(keepends=True), after.splitlines(keepends=True))
    for number, (old, new) in enumerate(lines, 1):
        if old != new:
            shown = [repr(line)[1:SHOWN_CHARACTERS] if line is not None else "no line" for line in (old, new)]
            return f"line {number}: {shown[0]} became {shown[1]}"
    return ""


def compare(subject: Subject, options: argparse.Namespace, work: Path) -> bool:
    """Scan with both checkouts, print a row for each table; tell whether everything is the same."""
    place = work / "scans" / subject.name
    words = [*subject.words, *(("--hop", options.hop) if options.hop else ())]
    if subject.name != EMBEDDED:
        words += ["--threshold", own_threshold(options.before, audio(options.recordings), words, place / "threshold")]
    before = scan(options.before, options.recordings, words, place / "before")
    after = scan(options.after, options.recordings, words, place / "after")
    if before.exit_code not in SCANNED:
        raise NotComparableError(f"{subject.name}: {options.before} exits with {before.exit_code}: {before.messages}")
    rows = [("exit code", "", "" if before.exit_code == after.exit_code else difference_of_exits(before, after))]
    for table in TABLES:
        content = before.table(table)
        n_rows = max(0, len(content.splitlines()) - 1)
        rows.append((table, str(n_rows), first_difference(content, after.table(table))))
    for table, n_rows, difference in rows:
        result = f"DIFFERS: {difference}" if difference else "same"
        print(f"{subject.name:<14}{table:<12}{n_rows:>9}  {result}", flush=True)
    return not any(difference for _, _, difference in rows)


def difference_of_exits(before: Scan, after: Scan) -> str:
    """Say how two scans ended, and what the second one wrote last on standard error."""
    last = (after.messages.strip().splitlines() or [""])[-1]
    return f"{before.exit_code} became {after.exit_code}: {last}"


def audio(recordings: Sequence[Path]) -> list[Path]:
    """List files, those in folders included, in sorted order; a scan itself decides which of them are audio."""
    files: list[Path] = []
    for path in recordings:
        files += sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return files


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare all models; give the exit code."""
    options = parse(arguments)
    with TemporaryDirectory() as temporary:
        work = (options.work or Path(temporary)).resolve()
        print(f"{'model':<14}{'table':<12}{'rows':>9}  result")
        try:
            same = [compare(subject, options, work) for subject in subjects(options.models, work)]
        except (DetectorError, NotComparableError) as error:
            print(f"{Path(__file__).name}: {error}", file=sys.stderr)
            return 2
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main())
