"""Measure detectors where the truth is exact: real calls in real backgrounds, from far under the noise to far over it.

    python experiments/hard_soundscapes.py run DATA WORK                 # the set, three models, band energy, the curve
    python experiments/hard_soundscapes.py run DATA WORK --recipe mine=my.toml --model other=models/other
    python experiments/hard_soundscapes.py make DATA SET
    python experiments/hard_soundscapes.py curve SET/test mine=detections.csv -o curve.png --json curve.json

`hard-soundscapes.md` tells what is measured, and how. DATA holds esc10/, zebra-finch/ and boobook/.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from math import inf, nan
from pathlib import Path

from hard.figures import RATE, operating_point, read_reference
from hard.picture import all_halves, as_json, check_picture, draw, markdown, summary, write_text
from hard.pipeline import Plan, Recipe, make, run
from hard.scenes import SECONDS
from hard.sources import census, sources

from detector.errors import ConfigurationError, DetectorError
from detector.outputs import check_output

SPLITS = ("train", "validation", "test")
PLACES = {"truth": "SET/test", "data": "DATA", "work": "WORK"}  # how commands name the folders of a machine
RECIPES = Path(__file__).resolve().parent / "recipes"
PLAIN = {
    "first-small-cnn": Recipe(str(RECIPES / "first-small-cnn.toml")),
    "frames": Recipe(str(RECIPES / "hard-soundscapes.toml"), species=True),
    "small-cnn": Recipe("small-cnn"),
}


def minutes(text: str) -> dict[str, int]:
    """Read TRAIN,VALIDATION,TEST: soundscapes of a minute, at least one of each."""
    counts = [int(part) if part.isdecimal() else 0 for part in text.split(",")]
    if len(counts) != len(SPLITS) or min(counts) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not three whole numbers of at least 1, as in 60,30,180")
    return dict(zip(SPLITS, counts))


def named(text: str) -> tuple[str, str]:
    """Read NAME=VALUE."""
    name, equals, value = text.partition("=")
    if not (name and equals and value) or Path(name).name != name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE with a NAME that can be a folder's")
    return name, value


def compare(
    truth: Path, tables: dict[str, list[Path]], picture: Path, json: Path | None, command: str,
    *, force: bool, rate: float = RATE,
) -> str:  # fmt: skip
    """Draw the curve of every model at `rate` false alarms an hour; give the table of figures."""
    check_picture(picture, force)
    if json is not None:
        check_output(json, force)
    reference = read_reference(truth)
    results = {name: operating_point(reference, paths, rate) for name, paths in tables.items()}
    halves = all_halves(results)
    draw(results, picture, rate)
    if json is not None:
        write_text(as_json(summary(halves, results, rate) | {"command": command}), json, force)
    return markdown(halves, results)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure detectors on soundscapes whose truth is exact.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, told in (
        ("run", "do everything, or what of it is missing"),
        ("make", "make the set"),
        ("sources", "count"),
    ):
        command = commands.add_parser(name, help=told)
        command.add_argument("data", type=Path, help="folder that holds esc10/, zebra-finch/ and boobook/")
        command.add_argument(
            "--turn", type=int, choices=range(5), default=0, help="fold 1 of ESC-10 has the part of fold 1 + N"
        )
        command.add_argument(
            "--exchange", action="store_true", help="finches, owls and field recordings that trained are tested"
        )
        if name == "sources":
            continue
        command.add_argument("work", type=Path, help="folder for the results")
        command.add_argument("--minutes", type=minutes, default=minutes("60,30,180"), metavar="TRAIN,VALIDATION,TEST")
        command.add_argument("--seconds", type=float, default=SECONDS, help="length of a soundscape (default 60)")
        command.add_argument("--seed", type=int, default=0)
        if name == "run":
            command.add_argument("--only", action="append", choices=list(PLAIN), help="train only this plain recipe")
            command.add_argument("--recipe", type=named, action="append", default=[], metavar="NAME=RECIPE")
            command.add_argument(
                "--species", type=named, action="append", default=[], metavar="NAME=RECIPE", help="a label for each"
            )
            command.add_argument(
                "--model", type=named, action="append", default=[], metavar="NAME=FOLDER", help="trained"
            )
    curve = commands.add_parser("curve", help="draw recall against signal-to-noise ratio")
    curve.add_argument("truth", type=Path, help="SET/test")
    curve.add_argument(
        "tables", type=named, nargs="+", metavar="NAME=TABLE", help="a NAME may come again, at other thresholds"
    )
    curve.add_argument("-o", "--output", type=Path, required=True, help="the picture")
    curve.add_argument("--json", type=Path, help="the figures")
    curve.add_argument(
        "--rate", type=positive, default=RATE, metavar="R", help="at most so many false alarms an hour (default 10)"
    )
    curve.add_argument("--force", action="store_true", help="replace outputs that exist")
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = parser.parse_args(given)
    places = {getattr(options, name, None): told for name, told in PLACES.items()}
    words = (places.get(Path(word)) or portable(word) for word in given)
    options.told = shlex.join(["python", "experiments/hard_soundscapes.py", *words])
    return options


def portable(word: str) -> str:
    """Write an argument without the folders of this machine."""
    name, equals, path = word.rpartition("=")
    return f"{name}{equals}{Path(path).name}" if Path(path).is_absolute() else word


def positive(text: str) -> float:
    """Read a rate above 0."""
    try:
        value = float(text)
    except ValueError:
        value = nan
    if not 0 < value < inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def perform(options: argparse.Namespace) -> str:
    """Do what the command line asks; give what is to be printed."""
    if options.command == "curve":
        tables: dict[str, list[Path]] = {}
        for name, table in options.tables:
            tables.setdefault(name, []).append(Path(table))
        return compare(
            options.truth, tables, options.output, options.json, options.told, force=options.force, rate=options.rate
        )
    if options.command == "sources":
        lines = ["| kind | split | recordings | clear calls | dropped |", "|---|---|---|---|---|"]
        counts = census(options.data, sources(options.data, options.turn, exchange=options.exchange))
        return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in counts)]) + "\n"
    if options.seconds < 5:
        raise ConfigurationError(f"--seconds: {options.seconds:g}: must be at least 5")
    plan = Plan(options.minutes, options.seconds, options.seed, options.turn, options.exchange)
    if options.command == "make":
        make(options.data, options.work, plan)
        return ""
    plain = {name: PLAIN[name] for name in options.only or PLAIN}
    recipes = plain | {name: Recipe(value) for name, value in options.recipe}
    recipes |= {name: Recipe(value, species=True) for name, value in options.species}
    tables = run(options.data, options.work, recipes, dict(options.model), plan)
    work = options.work
    return compare(work / "set" / "test", tables, work / "curve.png", work / "curve.json", options.told, force=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a fault that a user can mend is one line."""
    try:
        print(perform(parse(arguments)), end="")
    except DetectorError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except subprocess.CalledProcessError as error:  # it has told why
        sys.exit(error.returncode)


if __name__ == "__main__":
    main()
