"""From a trial to the tables of its scan: extract, train, scan. What is there is not made again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

from detector.presets import WEIGHTS_FILE, find_folder
from detector.recipe import Recipe
from trials.files import alone, fingerprint, remade, write_whole
from trials.levels import quieter
from trials.trial import DETECTIONS, EFFORT, SCORES, Ask, Bench, Seconds, Trial, rows

TOOK = "took.json"


@dataclass(frozen=True)
class Entry:
    """A recipe that takes part, under a name; `option` is what the command line says of it, `model` a trained model.

    `mined` says that what was trained is trained again with the negatives that it finds hard (`detector mine`), `begun`
    with which trained model's weights training begins, `quieter_db` by how much what is scored is quieter than it was.
    """

    name: str
    recipe: Recipe
    option: str = ""
    model: Path | None = None
    mined: bool = False
    begun: Path | None = None
    quieter_db: float = 0.0

    def scored_quieter(self, by_db: float | None) -> Entry:
        """Score quieter copies of the recordings, under a name that says so."""
        if by_db is None:
            return self
        name = f"{self.name}-{by_db:.12g}-dB-quieter"
        option = f"{self.option} --quieter {by_db:.12g}"
        return replace(self, name=name, option=option, quieter_db=by_db)

    def with_mining(self, mined: bool) -> Entry:
        """Train again with hard negatives, under a name that says so."""
        return replace(self, name=f"{self.name}-mined", option=f"{self.option} --mined", mined=True) if mined else self

    def begun_from(self, model: str | None) -> Entry:
        """Begin with the weights of a model folder or a shipped model, under a name that says so."""
        if model is None:
            return self
        folder = find_folder(model)
        name = f"{self.name}-from-{folder.resolve().name}"
        option = f"{self.option} --from {model}"
        return replace(self, name=name, option=option, begun=folder)

    def capped(self, epochs: int | None) -> Entry:
        """Train no longer than so many epochs, under a name that says so."""
        if epochs is None:
            return self
        training = self.recipe.training.model_copy(update={"epochs": min(epochs, self.recipe.training.epochs)})
        recipe = self.recipe.model_copy(update={"training": training})
        option = f"{self.option} --epochs-cap {epochs}"
        return replace(self, name=f"{self.name}-of-{epochs}-epochs", recipe=recipe, option=option)

    def windowed(self, duration_s: float | None) -> Entry:
        """Cut windows of another duration, under a name that says so."""
        if duration_s is None:
            return self
        window = self.recipe.window.model_copy(update={"duration": duration_s})
        recipe = self.recipe.model_copy(update={"window": window})
        option = f"{self.option} --window {duration_s:.12g}"
        return replace(self, name=f"{self.name}-in-{duration_s:.12g}-s", recipe=recipe, option=option)


def detector(*words: object, given: str = "") -> float:
    """Run a command of `detector`; give the seconds that it took."""
    command = [sys.executable, "-m", "detector", *(str(word) for word in words)]
    print("detector", *command[3:], file=sys.stderr)
    started = time.monotonic()
    subprocess.run(command, check=True, input=given, text=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


@dataclass(frozen=True)
class Workshop:
    """Where trials of one set are made, and with which recipe and seed."""

    work: Path
    bench: Bench
    entry: Entry
    ask: Ask

    def clips_key(self, trial: Trial) -> str:
        """Name the clips: they are shared by all recipes that would cut the same."""
        recipe = self.entry.recipe
        cut = (
            recipe.input_fingerprint(),
            recipe.fingerprint("labels"),
            recipe.network.dense.per,
            recipe.training.jitter,
        )
        return fingerprint(*trial.extract, *cut)

    def model_key(self, trial: Trial) -> str:
        """Name the model."""
        if self.entry.model is not None:
            return fingerprint((self.entry.model / WEIGHTS_FILE).read_bytes(), trial.part)
        key = (self.clips_key(trial), self.entry.recipe.fingerprint(), self.ask.seed)
        begun = () if self.entry.begun is None else ((self.entry.begun / WEIGHTS_FILE).read_bytes(),)
        return fingerprint(*key, *begun, *(["mined"] if self.entry.mined else []))

    def scan_key(self, trial: Trial) -> str:
        """Name how a trial is scanned, and which recordings."""
        level = [-self.entry.quieter_db] if self.entry.quieter_db else []  # dB that are added
        return fingerprint(*trial.scan, *(path.name for path in trial.scanned), *level)

    def scanned(self, trial: Trial) -> tuple[Path, ...]:
        """List what is scored, or make it quieter."""
        if not self.entry.quieter_db:
            return trial.scanned
        return tuple(quieter(path, self.ask.data, self.work, self.entry.quieter_db) for path in trial.scanned)

    def recipe_file(self) -> Path:
        """Write the recipe as it takes part."""
        path = self.work / "recipes" / f"{self.entry.name}-{self.entry.recipe.fingerprint()}.toml"
        return path if path.exists() else write_whole(path, self.entry.recipe.to_toml())

    def clips(self, trial: Trial) -> Path:
        """Cut the clips, unless they are there."""
        name = f"{self.bench.name}-{trial.part}-{self.clips_key(trial)}"
        folder = self.work / "clips" / name
        took = self.work / "clips" / f"{name}.json"
        with alone(self.work, f"clips-{name}"):
            if not (took.exists() and folder.exists()):
                seconds = detector("extract", *trial.extract, "-r", self.recipe_file(), "-o", folder, "--force")
                write_whole(took, json.dumps({"seconds": seconds}))
        return folder

    def model(self, trial: Trial) -> Path:
        """Train the model, unless it is there."""
        if self.entry.model is not None:
            return self.entry.model
        name = f"{self.bench.name}-{trial.part}-{self.model_key(trial)}"
        folder = self.work / "models" / name
        clips = self.clips(trial)
        if self.entry.mined:
            first = replace(self, entry=replace(self.entry, mined=False)).model(trial)
            words = ("mine", clips, "-m", first)
        else:
            words = ("train", clips, "-r", self.recipe_file())
        if self.entry.begun is not None:
            words = (*words, "--from", self.entry.begun)
        with alone(self.work, f"model-{name}"):
            if not folder.exists():
                how = ("--seed", self.ask.seed, "--precision", "float32", "--licence", trial.licence, "--resume")
                detector(*words, "-o", folder, *how)
        return folder

    def scan(self, trial: Trial) -> Path:
        """Scan what is scored, unless that was done."""
        listed = "".join(f"{path}\n" for path in self.scanned(trial))
        model = self.model(trial)
        name = f"{self.bench.name}-{trial.part}-{self.model_key(trial)}-{self.scan_key(trial)}"
        folder = self.work / "scans" / name
        with alone(self.work, f"scan-{folder.name}"), remade(folder) as partial:
            if partial is not None:
                outputs = ("-o", partial / DETECTIONS, "--effort", partial / EFFORT)
                words = [partial / word if word == SCORES else word for word in trial.scan]
                seconds = detector("scan", "-", "-m", model, *outputs, *words, given=listed)
                (partial / TOOK).write_text(json.dumps({"seconds": seconds}), encoding="utf-8")
        return folder

    def seconds(self, trial: Trial, scan: Path) -> Seconds:
        """Tell how long everything took; what was stopped in between does not count."""
        scanned = Seconds(
            scan=json.loads((scan / TOOK).read_text(encoding="utf-8"))["seconds"],
            scanned=sum(float(row["scanned_s"]) for row in rows(scan / EFFORT)),
        )
        if self.entry.model is not None:
            return scanned
        clips = self.work / "clips" / f"{self.bench.name}-{trial.part}-{self.clips_key(trial)}.json"
        epochs = rows(self.model(trial) / "training.csv")
        extract = json.loads(clips.read_text(encoding="utf-8"))["seconds"]
        return scanned + Seconds(extract, sum(float(row["seconds"]) for row in epochs))
