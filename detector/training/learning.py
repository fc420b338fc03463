"""Learning curves: train on nested parts of the annotated calls, then on all of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from detector.errors import ClipsError, OutputError, Parameter, ParameterError, one_line
from detector.model_folder import LEARNING_CURVE_FILE, LEARNING_PICTURE_FILE
from detector.outputs import own_file
from detector.progress import SILENT, Progress
from detector.recipe import Recipe
from detector.texts import STATE_BYTES, parse_json, read_text
from detector.training.figures import TrainFigures
from detector.training.fit import Trainer
from detector.training.learning_curve import Point, draw, format_forecast
from detector.training.nesting import Nesting
from detector.training.place import written
from detector.training.train import PART, TrainRun, TrainSettings, prepare, write_model

SIZES = (0.125, 0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Learned:
    """A learning curve.

    Attributes
    ----------
    points : tuple of Point
        In order of calls.
    figures : dict of str to TrainFigures
        Figures of the model trained on all calls, by split.
    """

    points: tuple[Point, ...]
    figures: dict[str, TrainFigures]

    def table(self) -> str:
        """Write the points as CSV."""
        return pd.DataFrame([asdict(point) for point in self.points]).to_csv(index=False)

    def sentence(self) -> str:
        """Return a sentence on what twice the annotations may bring."""
        return format_forecast(self.points)


def learn(
    clips: Path,
    output: Path,
    recipe: Recipe | None,
    settings: TrainSettings,
    sizes: Sequence[float],
    progress: Progress = SILENT,
) -> Learned | None:
    """Train on nested parts of the calls of the split train, then on all of them, and write the model trained on all.

    Parameters
    ----------
    sizes : sequence of float
        Sizes of the parts. Up to 1, a size is a share of the annotated calls; above 1, a number of calls.

    Returns
    -------
    Learned or None
        None in all processes except the main one.

    Raises
    ------
    DetectorError
        As `train`; also if a size exceeds the number of calls, or the split validation has no clips.
    """
    run = prepare(clips, output, recipe, settings, progress)
    if not len(run.store.in_split("validation")):
        raise ParameterError(
            "sizes", ",".join(map(str, sizes)), f"cannot be measured: {clips} has no clips in the split validation"
        )
    nesting = Nesting(run.store, settings.seed)
    shares = _shares(sizes, nesting.n_calls)
    smallest = {nesting.count(share): share for share in reversed(shares)}  # one part for each number of calls
    points = [point for n in sorted(smallest) if (point := _train_part(run, nesting, smallest[n]))]
    trainer = run.train()
    assert trainer is not None  # nothing stops it early

    def write_curve(folder: Path, validation: TrainFigures) -> None:
        points.append(_point(trainer, validation, nesting.n_calls))
        pd.DataFrame([asdict(point) for point in points]).to_csv(folder / LEARNING_CURVE_FILE, index=False)
        draw(points, folder / LEARNING_PICTURE_FILE)

    figures = write_model(run, trainer, output, write_curve)
    return None if figures is None else Learned(tuple(points), figures)


def _shares(sizes: Sequence[float], n_calls: int) -> list[float]:
    """Convert sizes to shares; return those below 1, in order."""
    too_large = [size for size in sizes if size > max(1, n_calls)]
    if too_large:
        raise ParameterError("sizes", too_large[0], f"the split train has only {n_calls} annotated calls")
    shares = {size if size <= 1 else size / n_calls for size in sizes}
    return sorted(share for share in shares if share < 1)


def _train_part(run: TrainRun, nesting: Nesting, share: float) -> Point | None:
    """Train on a part of the calls, or read what was found when that was done; None if a label has no call in it."""
    n_calls = nesting.count(share)
    if missing := nesting.missing(share):
        run.progress.say(f"{n_calls} annotated calls: none of them is of {missing!r}; this part is skipped")
        return None
    store = run.store.without(nesting.left_out(share))
    start = run.settings.start
    key = f"{store.recipe.fingerprint()} {run.settings.seed} {store.fingerprint()} {start and start.key}"
    path = run.work / f"{PART}{n_calls}.json"
    if path.is_file():
        return _read_point(path, key)
    run.progress.say(f"{n_calls} of {nesting.n_calls} annotated calls:")
    try:
        trainer = run.train(store, run.work / f"{PART}{n_calls}")
    except ClipsError:  # all calls of a label may lie at the edges of windows, where the target is ambiguous
        run.progress.say(
            f"{n_calls} annotated calls: no clip holds enough of a call of some label; this part is skipped"
        )
        return None
    assert trainer is not None
    trainer.best_model()
    point = _point(trainer, trainer.evaluate(trainer.validation), n_calls)
    if trainer.accelerator.is_main_process:
        with written(path), own_file(path) as temporary:
            temporary.write_text(json.dumps({"key": key, "point": asdict(point)}), encoding="utf-8")
    return point


def _read_point(path: Path, key: str) -> Point:
    try:
        content = parse_json(read_text(path, STATE_BYTES))
        stored_key = content["key"]
        point = Point(**content["point"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"{path}: cannot be resumed: {one_line(error)}; begin anew with {Parameter('force')}"
        ) from error
    if stored_key != key:
        raise OutputError(
            f"{path}: belongs to another recipe, seed or set of clips, or another {Parameter('start')} or "
            f"{Parameter('freeze')}; begin anew with {Parameter('force')} instead of {Parameter('resume')}"
        )
    return point


def _point(trainer: Trainer, figures: TrainFigures, n_calls: int) -> Point:
    f1 = float(np.mean(list(figures.f1.values()))) if figures.f1 else float("nan")
    seconds = sum(epoch.seconds for epoch in trainer.history.epochs)
    return Point(n_calls, len(trainer.train), round(figures.mean_average_precision, 6), round(f1, 6), round(seconds, 1))
