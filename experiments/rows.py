"""Measure how far events keep neighbours apart: rows of elements with gaps from 20 to 500 ms, and overlapping calls.

    python experiments/rows.py make FOLDER                          # train, validation and test recordings
    python experiments/rows.py train FOLDER residual                # clips and a model; goes on where it stopped
    python experiments/rows.py train FOLDER residual-onsets --recipe residual --onsets   # with onset outputs
    python experiments/rows.py scan FOLDER residual                 # keeps the scores of validation and test
    python experiments/rows.py detect FOLDER residual --rules new   # events of the stored scores
    python experiments/rows.py evaluate FOLDER residual --rules new --json rows.json
    python experiments/rows.py valleys FOLDER residual --json rows.json

FOLDER holds what is made; --rules names the version of the program whose events are measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from neighbours.figures import IOUS, Figures, figures
from neighbours.pipeline import SCANNED, Place, detect, make, origin, scan, scores, train
from neighbours.recordings import SPLITS
from neighbours.valleys import valleys

from detector.errors import DetectorError
from detector.outputs import new_file

DECKS = "70,20,40"
EPOCHS = 24
POINTS = {"trained": False, "tuned": True}


def decks(text: str) -> dict[str, int]:
    """Read TRAIN,VALIDATION,TEST: decks of 19 rows in three recordings, at least one of each."""
    counts = [int(part) if part.isdecimal() else 0 for part in text.split(",")]
    if len(counts) != len(SPLITS) or min(counts) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not three whole numbers of at least 1, as in {DECKS}")
    return dict(zip(SPLITS, counts))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure how far events keep neighbours apart.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_text in (
        ("make", "make the set"),
        ("train", "train a model"),
        ("scan", "scan the validation and test recordings and keep the scores"),
        ("detect", "tune by events, and make events of stored scores"),
        ("evaluate", "compute F1 and counts for each gap and overlap"),
        ("valleys", "measure how deep scores fall between neighbours"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("folder", type=Path, help="folder for everything that is made")
        if name == "make":
            command.add_argument("--decks", type=decks, default=decks(DECKS), metavar="TRAIN,VALIDATION,TEST")
            continue
        command.add_argument("model", help="name of the model; a shipped recipe's name, without --recipe")
        if name == "train":
            command.add_argument("--recipe", help="a shipped recipe or a file (default: the name of the model)")
            command.add_argument("--onsets", action="store_true", help="give each label an output for its onsets")
            command.add_argument("--epochs", type=int, default=EPOCHS)
            command.add_argument("--seed", type=int, default=0)
        if name == "detect":
            command.add_argument("--onset", type=float, help="threshold of onsets; 0: they are not used")
        if name in ("detect", "evaluate"):
            command.add_argument("--rules", default="today", help="name of the events (default: today)")
        if name in ("evaluate", "valleys"):
            command.add_argument("--json", type=Path, help="file of results, to which these are added")
    return parser.parse_args(sys.argv[1:] if arguments is None else list(arguments))


def evaluated(place: Place) -> dict[str, Figures]:
    """Compute the figures of both splits, at the points of training and of tuning, at each IoU."""
    return {
        f"{split}, {points}, IoU {iou:g}": figures(place.annotations(split), place.detections(split, tuned), iou)
        for split in SCANNED
        for points, tuned in POINTS.items()
        for iou in IOUS
    }


def keep(path: Path, key: str, result: object) -> None:
    """Put a result into a file of results, in place of an earlier one."""
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results[key] = result
    with new_file(path, True) as file:
        file.write(as_json(results) + "\n")


def as_json(value: object, indent: str = "") -> str:
    """Write JSON with the figures of each row in a line."""
    if not isinstance(value, dict) or not any(isinstance(part, dict) for part in value.values()):
        return json.dumps(value)
    deeper = indent + " "
    parts = [f"{deeper}{json.dumps(name)}: {as_json(part, deeper)}" for name, part in value.items()]
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def markdown(result: dict[str, Figures]) -> str:
    """Show F1 of the test recordings as a table, with the ratio of detections to elements."""
    shown = {name: own for name, own in result.items() if name.startswith("test")}
    header = [" | ".join(("row", *shown)), "---|" * len(shown) + "---"]
    names = next(iter(shown.values()))
    lines = [" | ".join((name, *(cell(own[name]) for own in shown.values()))) for name in names]
    return "".join(f"| {line} |\n" for line in (*header, *lines))


def cell(told: dict[str, object]) -> str:
    """Show F1, its interval, and detections per element."""
    return f"{told['f1']} {told['interval']} ({told['detections']}/{told['elements']})"


def perform(options: argparse.Namespace) -> str:
    """Do what the command line asks; give what is to be printed."""
    if options.command == "make":
        make(Place(options.folder, ""), options.decks)
        return ""
    place = Place(options.folder, options.model, getattr(options, "rules", "today"))
    match options.command:
        case "train":
            recipe = options.recipe or options.model
            train(place, recipe, options.epochs, options.seed, onsets=options.onsets)
        case "scan":
            scan(place)
        case "detect":
            detect(place, options.onset)
        case "evaluate":
            result = evaluated(place)
            if options.json is not None:
                keep(options.json, f"{options.model}, events of {options.rules}", origin(place) | result)
            return markdown(result)
        case "valleys":
            depths = {split: valleys(place.annotations(split), scores(place, split)) for split in SCANNED}
            if options.json is not None:
                keep(options.json, f"{options.model}, valleys", origin(place) | depths)
            return json.dumps(depths, indent=1) + "\n"
    return ""


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
