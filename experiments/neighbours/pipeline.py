"""Make the set, train, scan and detect with the program's own commands. What is there is not made again."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from detector.errors import ConfigurationError
from detector.outputs import FolderKind, new_folder
from detector.presets import find_recipe
from neighbours.recordings import SPLITS, write_set

PLAN = "plan.txt"
RECIPE = "recipe.toml"  # of a model, as it was trained
SET_FOLDER = FolderKind("a set of rows", (PLAN, "training", "test", *(f"{split}.csv" for split in SPLITS)))
SCANNED = SPLITS[1:]
TUNE_IOU = 0.5


@dataclass(frozen=True)
class Place:
    """Where a model and what it makes of the set lie.

    Attributes
    ----------
    folder : Path
        Holds the set, and a folder for each model.
    model : str
        Name of the model.
    rules : str
        Name of the events, for example of the version of the program that makes them.
    """

    folder: Path
    model: str
    rules: str = "today"

    @property
    def set(self) -> Path:
        """The set that all models share."""
        return self.folder / "set"

    @property
    def own(self) -> Path:
        """What belongs to the model."""
        return self.folder / self.model

    @property
    def trained(self) -> Path:
        """The model."""
        return self.own / "model"

    def annotations(self, split: str) -> Path:
        """The table of elements of a split."""
        return self.set / f"{split}.csv"

    def run(self, split: str) -> Path:
        """The stored scores of a split."""
        return self.own / "runs" / split

    def detections(self, split: str, tuned: bool) -> Path:
        """The table of events of a split."""
        return self.own / self.rules / f"{split}-{'tuned' if tuned else 'trained'}.csv"


def origin(place: Place) -> dict[str, str | int]:
    """Tell how many decks the set has (train, validation, test), and how long the model was trained at most."""
    decks = (place.set / PLAN).read_text(encoding="utf-8").strip()
    return {"decks": decks, "epochs": find_recipe(str(place.own / RECIPE)).training.epochs}


def detector(*arguments: object) -> None:
    """Run a command of `detector`; standard output is left to the figures."""
    words = [str(argument) for argument in arguments]
    print("detector", *words, file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "detector", *words], check=True, stdout=subprocess.DEVNULL)


def make(place: Place, decks: dict[str, int]) -> None:
    """Make the set, whole or not at all."""
    plan = ",".join(str(decks[split]) for split in SPLITS) + "\n"
    if place.set.exists():
        made = (place.set / PLAN).read_text(encoding="utf-8")
        if made != plan:
            raise ConfigurationError(f"{place.set}: has {made.strip()} decks, not {plan.strip()}; name another folder")
        return
    with new_folder(place.set, SET_FOLDER, force=False) as folder:
        write_set(folder, decks)
        (folder / PLAN).write_text(plan, encoding="utf-8")


def train(place: Place, recipe: str, epochs: int, seed: int, *, onsets: bool = False) -> None:
    """Cut clips and train a model, with onset outputs if asked for; a training that was stopped goes on."""
    if place.trained.exists():
        return
    place.own.mkdir(parents=True, exist_ok=True)
    chosen = find_recipe(recipe)
    sections = {
        "training": chosen.training.model_copy(update={"epochs": epochs}),
        "labels": chosen.labels.model_copy(update={"onsets": onsets or chosen.labels.onsets}),
    }
    own_recipe = place.own / RECIPE
    own_recipe.write_text(chosen.model_copy(update=sections).to_toml(), encoding="utf-8")
    clips = place.own / "clips"
    part = place.set / "training"
    if not clips.exists():
        words = ("-r", own_recipe, "-o", clips, "--fully-annotated", "--split", part / "recordings.csv")
        detector("extract", part / "elements.csv", part, *words)
    detector(
        "train", clips, "-r", own_recipe, "-o", place.trained, "--seed", seed, "--precision", "float32", "--resume"
    )


def scan(place: Place) -> None:
    """Scan the validation and test recordings, and keep their scores. A scan that was stopped goes on."""
    folders = {"validation": place.set / "training" / "validation", "test": place.set / "test"}
    for split in SCANNED:
        detector("scan", folders[split], "-m", place.trained, "--run", place.run(split))


def detect(place: Place, onset: float | None = None) -> None:
    """Make events of stored scores, with the operating points of the trained model and those tuned by events.

    `onset` replaces their thresholds of onsets.
    """
    more = () if onset is None else ("--onset", onset)
    tuned = place.own / place.rules / "tuned"
    tuned.parent.mkdir(exist_ok=True)
    if not tuned.exists():
        words = ("--target", "f1", "--iou", TUNE_IOU, "-o", tuned)
        detector("tune", place.trained, place.annotations("validation"), place.run("validation"), *words)
    for split in SCANNED:
        for model, name in ((place.trained, False), (tuned, True)):
            detector("detect", place.run(split), "-m", model, "-o", place.detections(split, name), "--force", *more)


def scores(place: Place, split: str) -> Path:
    """Write the scores of a split as a table."""
    table = place.own / f"{split}-scores.csv"
    if not table.exists():
        detector("detect", place.run(split), "--scores", table, "-o", place.own / f"{split}-any.csv", "--force")
    return table
