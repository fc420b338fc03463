"""Train a model: from a folder of clips to a model folder, which is complete or not there."""

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
from detector.model import Model, save_model
from detector.model_folder import CURVES_FILE, LOG_FILE, MODEL_FOLDER
from detector.operating.points import Operating
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
from detector.training.operating import choose_operating
from detector.training.place import check_place, written
from detector.training.precision import Precision, PrecisionName, accelerator_for, settle
from detector.training.record import recordings_from, training_record
from detector.training.start import Start

PART = "part-"  # folders and files of a training on a part of the clips, for a learning curve
RUN_FOLDER = FolderKind("the state of a run", ("state-*", "best.*", "progress.*", f"{PART}*"))


Choose = Callable[[ClipStore, Model, Operating, Progress], Operating]


def as_validated(_store: ClipStore, _model: Model, points: Operating, _progress: Progress) -> Operating:
    """Keep the operating points that fit the validation clips best."""
    return points


@dataclass(frozen=True)
class TrainSettings:
    """How to train; the recipe says what to train.

    Attributes
    ----------
    epochs : int or None
        Stops the run after this many epochs, to be resumed later.
    licence, about, data
        For the provenance of the model.
    test : bool
        Whether to compute the figures of the split test.
    choose : callable
        Chooses the operating points of the trained model, given the clips, the model, and the points that fit the
        validation clips best.
    start : Start or None
        The model to begin from.
    """

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
    test: bool = False
    choose: Choose = as_validated


@dataclass(frozen=True)
class TrainRun:
    """A checked training run.

    Attributes
    ----------
    store : ClipStore
        The clips, with the recipe to train.
    work : Path
        The folder of the state of the run.
    """

    store: ClipStore
    work: Path
    settings: TrainSettings
    precision: Precision
    progress: Progress

    def train(self, store: ClipStore | None = None, work: Path | None = None) -> Trainer | None:
        """Train on all clips, or on those of `store`; return None if the run stopped early."""
        settings = self.settings
        store = store or self.store
        trainer = Trainer(
            store, store.recipe, work or self.work,
            accelerator=accelerator_for(settings.device, self.precision), seed=settings.seed,
            progress=self.progress, start=settings.start,
        )  # fmt: skip
        if not len(trainer.validation):
            trainer.progress.say("no clips in the split validation: its figures are nan, and the last epoch is kept")
        if settings.start is not None:
            _report_start(trainer, settings.start)
        trainer.run(resume=settings.resume, epochs=settings.epochs)
        if not trainer.done:
            trainer.progress.say(
                f"stopped after {len(trainer.history.epochs)} epochs; continue with {Parameter('resume')}"
            )
        return trainer if trainer.done else None


def train(
    clips: Path, output: Path, recipe: Recipe | None, settings: TrainSettings, progress: Progress = SILENT
) -> dict[str, TrainFigures] | None:
    """Train a model on clips and write its folder.

    Parameters
    ----------
    recipe : Recipe or None
        A recipe with the front end of the clips; None for the recipe of the clips.

    Returns
    -------
    dict or None
        Figures of the split validation and, if asked for, of the split test. None if the run stopped early, and in all
        processes except the main one.

    Raises
    ------
    ClipsError
        If the clips are incomplete, were made with another front end, or lack calls to train on.
    ConfigurationError
        If a setting is not possible.
    OutputError
        If the output exists or cannot be written.
    """
    run = prepare(clips, output, recipe, settings, progress)
    trainer = run.train()
    return None if trainer is None else write_model(run, trainer, output)


def prepare(
    clips: Path, output: Path, recipe: Recipe | None, settings: TrainSettings, progress: Progress = SILENT
) -> TrainRun:
    """Check everything that can be checked before training, and prepare the folder of the state; raises as `train`."""
    if clips.resolve() in (output.resolve(), *output.resolve().parents):
        raise OutputError(f"{output}: is, or lies in, the folder of clips; choose another place")
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
    nothing_to_resume = settings.resume and not can_resume(work)
    _begin(work, settings, accelerator)
    run = TrainRun(store, work, settings, precision, progress)
    if nothing_to_resume and accelerator.is_main_process:
        run.progress.say(f"nothing to resume in {work}: training begins anew")
    if precision != "float32" and settings.precision == "auto":
        run.progress.say(f"training in {precision}, which is faster here than float32 ({Parameter('precision')})")
    return run


def work_of(output: Path) -> Path:
    """Return the folder of the state of a run, given its output."""
    return output.with_name(f"{output.name}.training")


def can_resume(work: Path) -> bool:
    """Return whether a folder holds the state of a run that can be resumed."""
    return (work / PROGRESS_FILE).is_file() or any(work.glob(f"{PART}*"))


def settled(settings: TrainSettings, recipe: Recipe, store: ClipStore, work: Path) -> Precision:
    """Return the precision of a run: the requested one, that of the resumed run, or the faster one in a trial."""
    begun = work if settings.resume else None
    return settle(settings.precision, recipe, settings.device, len(store.in_split("train")), begun)


def write_model(
    run: TrainRun,
    trainer: Trainer,
    output: Path,
    write_more: Callable[[Path, TrainFigures], None] = lambda _folder, _figures: None,
) -> dict[str, TrainFigures] | None:
    """Write the best model of a finished run, and remove the state of the run; return figures, as `train`.

    Parameters
    ----------
    write_more : callable, optional
        Writes more files, given the model folder and the figures of the split validation.
    """
    if not trainer.accelerator.is_main_process:
        return None
    store = run.store
    model = trainer.best_model()
    validation = _with_calls(trainer.evaluate(trainer.validation), store, "validation")
    model.operating = choose_operating(store, validation)
    model.operating = run.settings.choose(store, model, model.operating, run.progress)
    thresholds = {point.name: point.threshold for point in model.operating.label}
    figures = {"validation": validation}
    if any(thresholds[label] != threshold for label, threshold in validation.threshold.items()):
        figures["validation"] = _with_calls(trainer.evaluate(trainer.validation, thresholds), store, "validation")
    if run.settings.test:
        figures["test"] = _with_calls(trainer.evaluate(store.in_split("test"), thresholds), store, "test")
    provenance = _provenance(output.name, run, figures)
    with new_folder(output, MODEL_FOLDER, force=run.settings.force) as folder, written(output):
        save_model(model, folder)
        log = pd.DataFrame([asdict(epoch) for epoch in trainer.history.epochs])
        log.to_csv(folder / LOG_FILE, index=False)
        draw_curves(log, folder / CURVES_FILE, trainer.history.best)
        write_provenance(folder, provenance, store.recipe)
        write_more(folder, validation)
    shutil.rmtree(run.work, ignore_errors=True)
    return figures


def _provenance(name: str, run: TrainRun, figures: dict[str, TrainFigures]) -> Provenance:
    """Make the provenance of a model, given its name and its figures by split."""
    settings = run.settings
    origin = () if settings.start is None else settings.start.origins()
    return Provenance(
        name=name,
        about=settings.about,
        licence=settings.licence,
        recordings_from=recordings_from(run.store),
        data=settings.data,
        training=training_record(run.store, figures, settings.seed, run.precision, origin),
    )


def _with_calls(figures: TrainFigures, store: ClipStore, split: str) -> TrainFigures:
    """Add the number of annotated calls of each label to the figures of a split."""
    return replace(figures, calls=count_calls(store, split))


def _report_start(trainer: Trainer, start: Start) -> None:
    """Report which layers are copied and, if all are, the average precision before training."""
    for note in start.notes(trainer.model):
        trainer.progress.say(note)
    if start.is_whole(trainer.model) and len(trainer.validation):
        value = trainer.evaluate(trainer.validation).mean_average_precision
        trainer.progress.say(f"before training: average precision {value:.4f} on the split validation")


def _begin(work: Path, settings: TrainSettings, accelerator: Accelerator) -> None:
    """Remove the state of an earlier run, unless it is resumed; raise `OutputError` if that needs `force`."""
    if (work.exists() or work.is_symlink()) and not work.is_dir():
        raise OutputError(f"{work}: is not a folder and stands in the place of the state of the run; move it away")
    check_place(work)
    if settings.resume:
        return
    if can_resume(work) and not settings.force:
        choices = f"continue it with {Parameter('resume')}, or begin anew with {Parameter('force')}"
        raise OutputError(f"{work}: holds a run that was stopped; {choices}")
    if work.exists() and not RUN_FOLDER.is_kind_of(work):
        raise OutputError(f"{work}: holds other files than the state of a run; move it away")
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        shutil.rmtree(work, ignore_errors=True)
