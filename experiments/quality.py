"""Measure detectors on real recordings: train, scan, compare with the annotations, and write tables of the figures.

    python experiments/quality.py run DATA WORK zebra-finch    # the set's own recipe, three seeds
    python experiments/quality.py run DATA WORK esc10 --recipe mine=my.toml --recipe small-cnn --folds 1,2
    python experiments/quality.py tables WORK -o tables.md

`experiments/quality.md` lists all commands, and says what is measured and how. What is there is not made again, and
what was stopped goes on; several runs may go on at once. DATA holds esc10/, zebra-finch/ and boobook/.
"""

from __future__ import annotations

import argparse
import math
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tomli_w
from trials.activity import ACTIVITY_EXCHANGED, CALL_ACTIVITY
from trials.boobook import BOOBOOK
from trials.esc10 import ESC10
from trials.files import write_whole
from trials.hard import hard_table
from trials.record import keep_record, orders, read_record
from trials.run import Order, run
from trials.speed import measure_speeds
from trials.tables import markdown
from trials.trial import Bench
from trials.workshop import Entry
from trials.zebra_finch import EXCHANGED, RARE_TYPES, SYLLABLE_TYPES, SYLLABLES, TWENTY_CALLS

from detector.errors import ConfigurationError, DetectorError
from detector.presets import find_folder, find_recipe
from detector.recipe import Recipe, parse_recipe

ROOT = Path(__file__).resolve().parent.parent
RECIPES = (ROOT / "examples" / "recipes", ROOT / "experiments" / "recipes")
FINCH = (SYLLABLES, SYLLABLE_TYPES, RARE_TYPES, TWENTY_CALLS, EXCHANGED)
BENCHES = {bench.name: bench for bench in (*FINCH, BOOBOOK, ESC10, CALL_ACTIVITY, ACTIVITY_EXCHANGED)}


def named(text: str) -> tuple[str, str]:
    """Read NAME=RECIPE, or the name of a preset."""
    name, equals, value = text.partition("=")
    if not name or Path(name).name != name or (equals and not value):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=RECIPE with a NAME that can be a file's")
    return name, value or name


def changed(text: str) -> tuple[str, dict[str, Any]]:
    """Read NAME=KEY=VALUE; ..., the keys dotted, the values TOML."""
    name, _, change = text.partition("=")
    try:
        content = tomllib.loads("\n".join(change.split(";")))
    except tomllib.TOMLDecodeError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=KEY=VALUE; ... in TOML: {error}") from error
    if not name or Path(name).name != name or not content:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=KEY=VALUE; ... with a NAME that can be a file's")
    return name, content


def merged(content: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """Put other values into nested tables; false takes out what is there, unless that is true or false."""
    both = {key: (content[key], change[key]) for key in change if isinstance(content.get(key), dict)}
    nested = {key: merged(old, new) for key, (old, new) in both.items() if isinstance(new, dict)}
    gone = {key for key, new in change.items() if new is False and not isinstance(content.get(key, True), bool)}
    return {key: value for key, value in (content | change | nested).items() if key not in gone}


def flat(content: dict[str, Any], within: str = "") -> Iterator[tuple[str, str]]:
    """List dotted keys and values, as TOML."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from flat(value, f"{within}{key}.")
        else:
            yield within + key, inline(value)


def inline(value: Any) -> str:
    """Write a value as TOML on one line, tables included."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {inline(of)}' for key, of in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(inline(one) for one in value)}]"
    return tomli_w.dumps({"it": value}).removeprefix("it = ").strip()


def seeds(text: str) -> tuple[int, ...]:
    """Read whole numbers."""
    if not all(part.isdecimal() for part in text.split(",")):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of whole numbers, as in 0,1,2")
    return tuple(int(part) for part in text.split(","))


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def above_0(text: str) -> float:
    """Read a duration (s) or a difference of levels (dB)."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure detectors on real recordings.")
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="train and measure, or what of it is missing")
    runs.add_argument("data", type=Path, help="folder that holds esc10/, zebra-finch/ and boobook/")
    runs.add_argument("work", type=Path, help="folder for the results")
    runs.add_argument("set", choices=list(BENCHES))
    runs.add_argument("--recipe", type=named, action="append", default=[], metavar="NAME=RECIPE", help="file or preset")
    runs.add_argument(
        "--change", type=changed, action="append", default=[], metavar="NAME=KEY=VALUE;...", help="the example, changed"
    )
    runs.add_argument("--of", metavar="RECIPE", help="what --change changes, in the place of the example")
    runs.add_argument("--model", type=named, action="append", default=[], metavar="NAME=FOLDER", help="scan with it")
    runs.add_argument("--seeds", type=seeds, metavar="0,1,2")
    runs.add_argument(
        "--folds", type=lambda text: tuple(text.split(",")), default=(), help="only these parts of the set"
    )
    runs.add_argument("--development", action="store_true", help="score validation recordings, read no test recording")
    runs.add_argument("--epochs-cap", type=count, metavar="N", help="train no longer; for a short look")
    runs.add_argument("--window", type=above_0, metavar="SECONDS", help="in windows of this duration")
    runs.add_argument("--quieter", type=above_0, metavar="DB", help="score copies that are so much quieter")
    runs.add_argument("--from", dest="begin", metavar="MODEL", help="begin with the weights of a trained model")
    runs.add_argument("--mined", action="store_true", help="train again with the negatives that are hard")
    runs.add_argument("--table", action="append", default=[], metavar="NAME", help="a table to show the results in")
    speed = commands.add_parser("speed", help="time the scan of a long recording; let nothing else run meanwhile")
    speed.add_argument("work", type=Path)
    tables = commands.add_parser("tables", help="write the results as Markdown")
    tables.add_argument("work", type=Path, help="a work folder, or a record of some")
    tables.add_argument("--hard", type=Path, metavar="CURVE.JSON", help="of hard_soundscapes.py, to be shown, too")
    tables.add_argument("-o", "--output", type=Path, help="[default: standard output]")
    record = commands.add_parser("record", help="add the results of a work folder to a file")
    record.add_argument("work", type=Path)
    record.add_argument("file", type=Path)
    again = commands.add_parser("again", help="make all results of a record, or what of them is missing")
    again.add_argument("record", type=Path)
    again.add_argument("data", type=Path)
    again.add_argument("work", type=Path)
    again.add_argument("--set", choices=list(BENCHES), action="append", help="only of this set; may be given again")
    return parser.parse_args(arguments)


def entries_of(options: argparse.Namespace, bench: Bench) -> Iterator[Entry]:
    """Read the recipes and models that take part; labels are those of the set."""
    for entry in recipes_of(options, bench):
        as_asked = entry.windowed(options.window).capped(options.epochs_cap)
        yield as_asked.begun_from(options.begin).with_mining(options.mined).scored_quieter(options.quieter)
    for name, value in options.model:
        if options.window or options.epochs_cap or options.mined or options.begin:
            raise ConfigurationError(
                f"--model {name}: is trained already: not with --window, --epochs-cap, --from or --mined"
            )
        entry = Entry(name, find_recipe(value), f" --model {name}={value}", find_folder(value))
        yield entry.scored_quieter(options.quieter)


def recipes_of(options: argparse.Namespace, bench: Bench) -> Iterator[Entry]:
    """Read what is to be trained: the example where nothing is named, changes of it, other recipes."""
    recipe = own_recipe(bench).with_labels(())
    if not options.recipe and not options.model and not options.change:
        yield Entry("example", recipe)
    if options.of and not options.change:
        raise ConfigurationError(f"--of {options.of}: goes with --change")
    base, of = (find_recipe(options.of).with_labels(()), f" --of {options.of}") if options.of else (recipe, "")
    for name, change in options.change:
        other = parse_recipe(tomli_w.dumps(merged(base.model_dump(mode="json", exclude_none=True), change)), name)
        told = "; ".join(f"{key}={value}" for key, value in flat(change))
        yield Entry(name, other, f"{of} --change '{name}={told}'")
    for name, value in options.recipe:
        yield Entry(name, find_recipe(value).with_labels(()), f" --recipe {name}={value}")


def own_recipe(bench: Bench) -> Recipe:
    """Read the recipe that a set is measured with: a file of this repository, or a shipped recipe."""
    files = [folder / f"{bench.recipe}.toml" for folder in RECIPES]
    existing = [str(file) for file in files if file.exists()]
    return find_recipe(existing[0] if existing else bench.recipe)


def make_again(options: argparse.Namespace) -> None:
    """Make what a record holds, of the sets asked for; name what can no longer be made."""
    for words in orders(read_record(options.record), BENCHES, options.data, options.work):
        asked = parse(words)
        if options.set and asked.set not in options.set:
            continue
        try:
            perform(asked)
        except ConfigurationError as error:  # recipes of another day may have keys that are gone
            print(f"left out: {shlex.join(words)}: {error}", file=sys.stderr)


def perform(options: argparse.Namespace) -> None:
    """Do what the command line asks."""
    if options.command == "speed":
        measure_speeds(options.work)
        return
    if options.command == "record":
        keep_record(options.work, options.file)
        return
    if options.command == "tables":
        known = read_record(options.work)
        text = markdown(list(known.results.values()), BENCHES, known.speeds)
        if options.hard is not None:
            text += "\n" + hard_table(options.hard)
        if options.output is None:
            print(text, end="")
        else:
            write_whole(options.output, text)
        return
    if options.command == "again":
        make_again(options)
        return
    bench = BENCHES[options.set]
    entries = list(entries_of(options, bench))
    tables = tuple(options.table)
    parts = tuple(options.folds)
    order = Order(options.data, options.work, options.development, parts, tables)
    for seed in options.seeds or bench.seeds:
        for entry in entries:
            for result in run(bench, entry, seed, order):
                told = ", ".join(
                    f"{name} {it.value:.4f}" for name, it in result.figures.items() if it.value is not None
                )
                print(f"{result.recipe} seed {seed} {result.part}: {told}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a fault that a user can mend is one line."""
    try:
        perform(parse(arguments))
    except DetectorError as error:
        print(f"{Path(__file__).name}: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except subprocess.CalledProcessError as error:  # it has told why
        sys.exit(error.returncode)


if __name__ == "__main__":
    main()
