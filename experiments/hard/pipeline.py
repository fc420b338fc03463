"""From nothing to the curve: make the set, train, scan, find the operating point. What is there is not made again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp
from pathlib import Path

from call_activity import rows
from hard.energy import band_of_calls, levels_of, write_detections
from hard.figures import RATE, outcome, read_detections, read_reference
from hard.scenes import PARTS, SECONDS, scenes, write_set

from detector.errors import ConfigurationError
from detector.outputs import FolderKind, new_folder
from detector.presets import find_recipe

LOGITS = (16.5, 15.0, 12.0, 9.0, 6.0, 4.0, 2.0, 0.0, -2.0, -4.0, -6.0, -8.0)  # of scores, from strict to lax
DECIBELS = (40.0, 30.0, 25.0, 20.0, 15.0, 12.0, 9.0, 6.0, 3.0, 1.0)
HALVINGS = 6
PLAN = "plan.txt"  # of a set
SET_FOLDER = FolderKind("a set of soundscapes", (PLAN, *sorted(set(PARTS.values()))))
TUNABLE_S = 1800  # of validation soundscapes: less says too little of false alarms

Scan = Callable[[float, Path], None]


@dataclass(frozen=True)
class Plan:
    """What is made: how many soundscapes of each split, how long, the seed, and which recordings test (`sources`)."""

    minutes: dict[str, int]
    seconds: float = SECONDS
    seed: int = 0
    turn: int = 0
    exchange: bool = False

    @property
    def options(self) -> str:
        """Write the plan as the command line has it."""
        minutes = ",".join(map(str, self.minutes.values()))
        told = f"--minutes {minutes} --seconds {self.seconds:.12g} --seed {self.seed} --turn {self.turn}"
        return told + " --exchange" * self.exchange


@dataclass(frozen=True)
class Recipe:
    """What to train: a shipped recipe's name or a file, with a label for each species or one for all."""

    name: str
    species: bool = False


def make(data: Path, output: Path, plan: Plan, force: bool = False) -> None:
    """Make the set, whole or not at all."""
    with new_folder(output, SET_FOLDER, force=force) as folder:
        made = scenes(data, plan.minutes, plan.seed, plan.seconds, plan.turn, exchange=plan.exchange)
        write_set(folder, made)
        (folder / PLAN).write_text(f"{plan.options}\n", encoding="utf-8")


def check_set(made: Path, plan: Plan) -> None:
    """Refuse a set that was made by another plan."""
    path = made / PLAN
    told = path.read_text(encoding="utf-8").strip() if path.is_file() else "a plan that is not known"
    if told != plan.options:
        raise ConfigurationError(f"{made}: was made by {told}, not {plan.options}; remove it, or name another folder")


def detector(*arguments: object) -> None:
    """Run a command of `detector`; standard output is left to the figures."""
    words = [str(argument) for argument in arguments]
    print("detector", *words, file=sys.stderr)
    subprocess.run([sys.executable, "-m", "detector", *words], check=True, stdout=subprocess.DEVNULL)


def train(made: Path, work: Path, recipe: Recipe, seed: int) -> Path:
    """Extract clips and train on them; give the model."""
    clips = work / "clips"
    model = work / "model"
    part = made / "training"
    if model.exists():
        asked, there = (find_recipe(str(name)).with_labels(()).fingerprint() for name in (recipe.name, model))
        if asked != there:
            raise ConfigurationError(f"{model}: is of another recipe than {recipe.name}; remove {work} to train again")
        print(f"{model}: is taken as it is; remove {work} to train again", file=sys.stderr)
    else:
        if not clips.exists():
            tables = ("--background", part / "background", "--split", part / "recordings.csv")
            labels = () if recipe.species else ("--rename", "*=call")
            words = ("-r", recipe.name, "-o", clips, "--fully-annotated", *labels, *tables)
            detector("extract", part / "calls.csv", part / "calls", *words)
        detector("train", clips, "-o", model, "--seed", seed, "--precision", "float32", "--resume")
    return model


def tune(made: Path, model: Path) -> Path:
    """Tune each label by the validation soundscapes; give the tuned copy."""
    tuned = model.with_name("tuned")
    part = made / "training"
    if not tuned.exists():
        recordings = (part / "calls", part / "background", "--split", part / "recordings.csv")
        detector("tune", model, part / "calls.csv", *recordings, "--target", "fa=2/h", "-o", tuned)
    return tuned


def scan_with(model: Path, test: Path, level: float, table: Path) -> None:
    """Scan the test soundscapes at the threshold of logit `level`: a probability, where the model was tuned."""
    folders = (test / "calls", test / "background")
    detector("scan", *folders, "-m", model, "--threshold", f"{1 / (1 + exp(-level)):.8f}", "-o", table)


def band_energy(made: Path) -> Scan:
    """Give a scan by band energy, in the band of the training calls; `level` is its threshold in dB."""
    band = band_of_calls(made / "training" / "calls.csv")
    print(f"band energy: {band[0]:.0f} to {band[1]:.0f} Hz", file=sys.stderr)
    names = [row["recording"] for row in rows(made / "test" / "recordings.csv")]
    levels = {name: levels_of(made / "test" / name, band) for name in names}
    return partial(write_detections, levels)


def search(scan: Scan, ladder: Sequence[float], work: Path, test: Path) -> list[Path]:
    """Write tables of detections at thresholds ever closer to the one that gives `RATE` false alarms an hour.

    From the strict end down to the first threshold with more, then by halves between the last two: the same for every
    model, with its own events. Runs of band energy depend on their threshold, so each threshold has a table of its own.
    """
    reference = read_reference(test)
    tables = []
    work.mkdir(parents=True, exist_ok=True)

    def rate_at(level: float) -> float:
        table = work / f"detections{level:+.4f}.csv"
        if not table.exists():
            scan(level, table)
        tables.append(table)
        found = outcome(reference, read_detections(table, reference))
        print(f"{table}: {found.rate:.1f} false alarms an hour, recall {found.recall:.3f}", file=sys.stderr)
        return found.rate

    strict = lax = ladder[0]
    for lax in ladder:
        if rate_at(lax) > RATE:
            break
        strict = lax
    for _ in range(HALVINGS if strict > lax else 0):
        middle = (strict + lax) / 2
        rate = rate_at(middle)
        strict, lax = (strict, middle) if rate > RATE else (middle, lax)
        if 0.95 * RATE <= rate <= RATE:
            break
    return tables


def run(
    data: Path, work: Path, recipes: Mapping[str, Recipe], trained: Mapping[str, str], plan: Plan
) -> dict[str, list[Path]]:
    """Do all of it, with recipes to train and models that are trained; give each one's tables of detections."""
    made = work / "set"
    if made.exists():
        check_set(made, plan)
    else:
        make(data, made, plan)
    test = made / "test"
    tables = {"band energy": search(band_energy(made), DECIBELS, work / "band-energy", test)}
    for name in (*recipes, *trained):
        model = Path(trained[name]) if name in trained else train(made, work / name, recipes[name], plan.seed)
        tables[name] = search(partial(scan_with, model, test), LOGITS, work / name, test)
        if name in recipes and recipes[name].species and plan.minutes["validation"] * plan.seconds >= TUNABLE_S:
            tuned = tune(made, model)
            tables[f"{name}, tuned"] = search(
                partial(scan_with, tuned, test), LOGITS, work / name / "scans-as-tuned", test
            )
    return tables
