"""The use case: a folder of clips in, a model folder out, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
from accelerate import Accelerator

from detector.clips import ClipStore, open_clips
from detector.device import DeviceName
from detector.errors import OutputError, Parameter
from detector.model import save_model
from detector.model_folder import CURVES_FILE, LOG_FILE, MODEL_FOLDER
from detector.operating.points import Operating, OperatingPoint
from detector.outputs import FolderKind, new_folder, refuse_folder
from detector.progress import SILENT, Progress
from detector.provenance import DataSource, Provenance, write_provenance
from detector.recipe import Recipe
from detector.training.curves import draw_curves
from detector.training.figures import TrainFigures
from detector.training.fit import Trainer
from detector.training.fitting import fitting
from detector.training.history import PROGRESS_FILE
from detector.training.nesting import count_calls
from detector.training.place import check_place, written
from detector.training.precision import Precision, PrecisionName, accelerator_for, settle
from detector.training.record import recordings_from, training_record
from detector.training.start import Start

PART = "part-"  # what was trained on a part of the clips, for a learning curve
RUN_FOLDER = FolderKind("the state of a run", ("state-*", "best.*", "progress.*", f"{PART}*"))


@dataclass(frozen=True)
class TrainSettings:
    """How to train; what to train is the recipe's."""

    seed: int = 0
    device: DeviceName = "auto"
    precision: PrecisionName = "auto"
    resume: bool = False
    force: bool = False
    epochs: int | None = None
    licence: str = "not stated"
    about: str = ""
    start: Start | None = None
    data: tuple[DataSource, ...] = ()


@dataclass(frozen=True)
class TrainRun:
    """What a run works with, known to fit together: the clips, the folder of its state, what it computes in."""

    store: ClipStore
    work: Path
    settings: TrainSettings
    precision: Precision
    progress: Progress

    def trained(self, store: ClipStore | None = None, work: Path | None = None) -> Trainer | None:
        """Train on all clips, or those of `store`; None where it stopped early."""
        settings = self.settings
        store = store or self.store
        trainer = Trainer(
            store, store.recipe, work or self.work,
            accelerator=accelerator_for(settings.device, self.precision), seed=settings.seed,
            progress=self.progress, start=settings.start,
        )  # fmt: skip
        if not len(trainer.validation):
            trainer.progress.say(
                "no clips in the split validation: its figures are nan, and the last of all epochs is kept"
            )
        if settings.start is not None:
            _tell_start(trainer, settings.start)
        trainer.run(resume=settings.resume, epochs=settings.epochs)
        if not trainer.done:
            trainer.progress.say(
                f"stopped after {len(trainer.history.epochs)} epochs; go on with {Parameter('resume')}"
            )
        return trainer if trainer.done else None


def train(
    clips: Path, output: Path, recipe: Recipe | None, settings: TrainSettings, progress: Progress = SILENT
) -> dict[str, TrainFigures] | None:
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
    run = prepare(clips, output, recipe, settings, progress)
    trainer = run.trained()
    return None if trainer is None else write_model(run, trainer, output)


def prepare(
    clips: Path, output: Path, recipe: Recipe | None, settings: TrainSettings, progress: Progress = SILENT
) -> TrainRun:
    """Check everything that can be checked before training, and make way for the state of the run; as `train`."""
    if clips.resolve() in (output.resolve(), *output.resolve().parents):
        raise OutputError(f"{output}: is, or lies in, the folder of clips that it is trained on; choose another place")
    refuse_folder(output, MODEL_FOLDER, force=settings.force)
    store = open_clips(clips)
    if recipe is None and settings.start is not None:
        recipe = settings.start.recipe(store.recipe)
    store.recipe = fitting(recipe, store)
    if settings.start is not None:
        settings.start.check(store.recipe)
    work = work_of(output)
    precision = settled(settings, store.recipe, store, work)
    accelerator = accelerator_for(settings.device, precision)
    anew = settings.resume and not stopped(work)
    _begin(work, settings, accelerator)
    run = TrainRun(store, work, settings, precision, progress)
    if anew and accelerator.is_main_process:
        run.progress.say(f"nothing to resume in {work}: begins anew")
    if precision != "float32" and settings.precision == "auto":
        run.progress.say(f"training in {precision}, which is faster here than float32 ({Parameter('precision')})")
    return run


def work_of(output: Path) -> Path:
    """Name the folder that keeps the state of a run."""
    return output.with_name(f"{output.name}.training")


def stopped(work: Path) -> bool:
    """Tell whether a folder holds the state of a run that can go on."""
    return (work / PROGRESS_FILE).is_file() or any(work.glob(f"{PART}*"))


def settled(settings: TrainSettings, recipe: Recipe, store: ClipStore, work: Path) -> Precision:
    """Settle what a run computes in: what is asked for, what it began with, or what a trial finds to be faster."""
    begun = work if settings.resume else None
    return settle(settings.precision, recipe, settings.device, len(store.in_split("train")), begun)


def write_model(
    run: TrainRun,
    trainer: Trainer,
    output: Path,
    also: Callable[[Path, TrainFigures], None] = lambda _folder, _figures: None,
) -> dict[str, TrainFigures] | None:
    """Write the best model of a run that is done, and clear the run's state away; give figures, as `train`.

    Parameters
    ----------
    also : callable, optional
        Writes more into the model's folder, given that and the figures of the split validation.
    """
    if not trainer.accelerator.is_main_process:
        return None
    store = run.store
    settings = run.settings
    model = trainer.best_model()
    found = {"validation": _counted(trainer.evaluate(trainer.validation), store, "validation")}
    model.operating = _operating(store, found["validation"])
    thresholds = {point.name: point.threshold for point in model.operating.label}
    found["test"] = _counted(trainer.evaluate(store.in_split("test"), thresholds), store, "test")
    provenance = _provenance(output.name, run, found)
    with new_folder(output, MODEL_FOLDER, force=settings.force) as folder, written(output):
        save_model(model, folder)
        log = pd.DataFrame([asdict(epoch) for epoch in trainer.history.epochs])
        log.to_csv(folder / LOG_FILE, index=False)
        draw_curves(log, folder / CURVES_FILE, trainer.history.best)
        write_provenance(folder, provenance, store.recipe)
        also(folder, found["validation"])
    shutil.rmtree(run.work, ignore_errors=True)
    return found


def _provenance(name: str, run: TrainRun, found: dict[str, TrainFigures]) -> Provenance:
    """Put together where a model of this name comes from, given its figures of validation and test."""
    settings = run.settings
    origin = () if settings.start is None else settings.start.origins()
    return Provenance(
        name=name,
        about=settings.about,
        licence=settings.licence,
        recordings_from=recordings_from(run.store),
        data=settings.data,
        training=training_record(run.store, found, settings.seed, run.precision, origin),
    )


def _counted(found: TrainFigures, store: ClipStore, split: str) -> TrainFigures:
    """Add how many annotated calls the figures of a split rest on."""
    return replace(found, calls=count_calls(store, split))


def _tell_start(trainer: Trainer, start: Start) -> None:
    """Say what is taken over and, where that is everything, how good it is before training."""
    for note in start.notes(trainer.model):
        trainer.progress.say(note)
    if start.whole(trainer.model) and len(trainer.validation):
        value = trainer.evaluate(trainer.validation).mean_average_precision
        trainer.progress.say(f"before training: average precision {value:.4f} on the split validation")


def _begin(work: Path, settings: TrainSettings, accelerator: Accelerator) -> None:
    """Make way for a new run; refuse where that would lose one that can go on."""
    if (work.exists() or work.is_symlink()) and not work.is_dir():
        raise OutputError(f"{work}: is in the way of the state of the run; move it away")
    check_place(work)
    if settings.resume:
        return
    if stopped(work) and not settings.force:
        ways = f"{Parameter('resume')} goes on with it, {Parameter('force')} begins anew"
        raise OutputError(f"{work}: holds a run that was stopped; {ways}")
    if work.exists() and not RUN_FOLDER.is_kind_of(work):
        raise OutputError(f"{work}: holds other things than the state of a run; move it out of the way")
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        shutil.rmtree(work, ignore_errors=True)


def _operating(store: ClipStore, validation: TrainFigures) -> Operating:
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
                typical_s=(fact.median_s or None) if fact else None,
                low_hz=fact.low_hz if fact else None,
                high_hz=fact.high_hz if fact else None,
            )
        )
    what = "frames" if per_frame else "windows"
    chosen_on = f"best F1 on {validation.rows} {what} of the split validation" if validation.threshold else "nothing"
    return Operating(chosen_on=chosen_on, label=tuple(points))
