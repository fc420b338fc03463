"""The use case: a folder of clips in, a model folder out, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from accelerate import Accelerator

from detector.clips import ClipStore, open_clips
from detector.device import DeviceName, choose_device
from detector.errors import ClipsError, ConfigurationError, OutputError
from detector.model import Operating, OperatingPoint, save_model
from detector.outputs import new_folder, refuse_folder
from detector.recipe import Recipe
from detector.training.card import Card, write_card
from detector.training.curves import draw_curves
from detector.training.figures import Figures
from detector.training.fit import Hooks, Trainer
from detector.training.progress import PROGRESS_FILE

Precision = Literal["float32", "bfloat16", "float16"]
LOG_FILE = "training.csv"
OURS = ("state-", "best.", "progress.")  # how the names in the folder of a run begin


@dataclass(frozen=True)
class Settings:
    """How to train; what to train is the recipe's."""

    seed: int = 0
    device: DeviceName = "auto"
    precision: Precision = "float32"
    resume: bool = False
    force: bool = False
    epochs: int | None = None
    licence: str = "not stated"
    about: str = ""


def train(
    clips: Path, output: Path, recipe: Recipe | None, settings: Settings, hooks: Hooks | None = None
) -> dict[str, Figures] | None:
    """Train a model on clips and write its folder.

    Parameters
    ----------
    recipe : Recipe or None
        Another network or training section for the same front end; None for the recipe of the clips.

    Returns
    -------
    dict or None
        Figures of the splits validation and test; None where the run ended early, to be resumed, and in all
        processes but the main one.

    Raises
    ------
    ClipsError
        Where the clips are not whole, not of this recipe's front end, or lack calls to train on.
    ConfigurationError, OutputError
        Where a setting is not possible, or the output exists.
    """
    hooks = hooks or Hooks()
    refuse_folder(output, force=settings.force)
    if clips.resolve() in (output.resolve(), *output.resolve().parents):
        raise OutputError(f"{output}: is, or lies in, the folder of clips that it is trained on; choose another place")
    store = open_clips(clips)
    store.recipe = fitting(recipe, store)
    work = output.with_name(f"{output.name}.training")
    accelerator = _accelerator(settings)
    _begin(work, settings, accelerator)
    trainer = Trainer(store, store.recipe, work, accelerator=accelerator, seed=settings.seed, hooks=hooks)
    if not len(trainer.validation):
        trainer.hooks.line("no clips in the split validation: all epochs are trained, and the last one is kept")
    trainer.run(resume=settings.resume, epochs=settings.epochs)
    if not trainer.done:
        trainer.hooks.line(f"stopped after {len(trainer.progress.epochs)} epochs; go on with --resume")
    if not trainer.done or not accelerator.is_main_process:
        return None
    model = trainer.best_model()
    found = {"validation": trainer.evaluate(trainer.validation)}
    model.operating = _operating(store, found["validation"])
    thresholds = {point.name: point.threshold for point in model.operating.label}
    found["test"] = trainer.evaluate(store.in_split("test"), thresholds)
    with new_folder(output, force=settings.force) as folder:
        save_model(model, folder)
        log = pd.DataFrame([asdict(epoch) for epoch in trainer.progress.epochs])
        log.to_csv(folder / LOG_FILE, index=False)
        draw_curves(log, folder / "curves.png")
        write_card(folder, store, found, Card(output.name, settings.licence, settings.about, settings.seed))
    shutil.rmtree(work, ignore_errors=True)
    return found


def _begin(work: Path, settings: Settings, accelerator: Accelerator) -> None:
    """Make way for a new run; refuse where that would lose one that can go on."""
    if settings.resume:
        return
    if (work / PROGRESS_FILE).is_file() and not settings.force:
        raise OutputError(f"{work}: holds a run that was stopped; --resume goes on with it, --force begins anew")
    if work.exists() and not work.is_dir():
        raise OutputError(f"{work}: is in the way of the state of the run; move it away")
    if work.exists() and not all(path.name.startswith(OURS) for path in work.iterdir()):
        raise OutputError(f"{work}: holds other things than the state of a run; move it out of the way")
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        shutil.rmtree(work, ignore_errors=True)


def fitting(recipe: Recipe | None, store: ClipStore) -> Recipe:
    """Check that a recipe fits clips; give it, with the labels of the clips where it names none.

    Raises
    ------
    ClipsError
        Naming the first key that differs, and both values.
    """
    made = store.recipe
    if recipe is None:
        return made
    if recipe.input_fingerprint() != made.input_fingerprint():
        wanted, have = (dict(_flat(it.model_dump(include={"audio", "window", "frontend"}))) for it in (recipe, made))
        keys = [key for key in sorted({*wanted, *have}) if wanted.get(key) != have.get(key)]
        told = "; ".join(f"{key} = {have.get(key)!r} in the clips, {wanted.get(key)!r} in the recipe" for key in keys)
        raise ClipsError(f"{store.folder}: was made with another front end: {told}. Extract again with this recipe")
    if recipe.labels.names not in ((), made.labels.names):
        raise ClipsError(
            f"{store.folder}: holds the labels {list(made.labels.names)}, the recipe names {list(recipe.labels.names)}"
        )
    if recipe.network.dense.per != made.network.dense.per:
        raise ClipsError(
            f'{store.folder}: was cut for network.dense.per = "{made.network.dense.per}", '
            f'not for "{recipe.network.dense.per}". Extract again with this recipe'
        )
    stored = store.margin / made.frame_rate
    if recipe.training.jitter > stored + 1 / made.frame_rate:
        raise ClipsError(
            f"{store.folder}: clips have {stored:.3f} s before and after their windows; training.jitter = "
            f"{recipe.training.jitter} needs more. Extract again with this recipe"
        )
    return recipe.with_labels(made.labels.names)


def _flat(content: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """List the values of nested tables by their dotted paths."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{key}.")
        else:
            yield within + key, value


def _accelerator(settings: Settings) -> Accelerator:
    precision = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}[settings.precision]
    on_cpu = choose_device(settings.device).type == "cpu"  # said outright, or several processes would not join
    if on_cpu and settings.precision == "float16":
        raise ConfigurationError("--precision: float16 is not possible on a CPU; allowed there: float32, bfloat16")
    try:
        return Accelerator(cpu=on_cpu, mixed_precision=precision)
    except ValueError as error:
        raise ConfigurationError(f"--precision: {settings.precision} is not possible here: {error}") from error


def _operating(store: ClipStore, validation: Figures) -> Operating:
    """Choose thresholds on the validation split, gaps and lengths from the training annotations."""
    per_frame = store.recipe.network.dense.per == "frame"
    points = []
    for name in store.recipe.labels.names:
        fact = store.facts.get(name)
        points.append(
            OperatingPoint(
                name=name,
                threshold=validation.threshold.get(name, 0.5),
                gap_s=round(fact.short_gap_s / 2, 4) if per_frame and fact and fact.short_gap_s else 0.0,
                shortest_s=round(fact.short_s / 2, 4) if per_frame and fact else 0.0,
                typical_s=fact.median_s if fact else None,
                low_hz=fact.low_hz if fact else None,
                high_hz=fact.high_hz if fact else None,
            )
        )
    what = "frames" if per_frame else "windows"
    chosen_on = f"best F1 on {validation.rows} {what} of the split validation" if validation.threshold else "nothing"
    return Operating(chosen_on=chosen_on, label=tuple(points))
