"""Learning curves: what nested parts of the annotated calls give, and what twice as many may be expected to give."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.stats import t as student

from detector.drawing import score_axis
from detector.errors import ClipsError, OutputError, Parameter, ParameterError, one_line
from detector.model_folder import LEARNING_CURVE_FILE, LEARNING_PICTURE_FILE
from detector.outputs import own_file
from detector.progress import SILENT, Progress
from detector.recipe import Recipe
from detector.texts import STATE_BYTES, parse_json, read_text
from detector.training.figures import TrainFigures
from detector.training.fit import Trainer
from detector.training.nesting import Nesting
from detector.training.place import written
from detector.training.train import PART, TrainRun, TrainSettings, prepare, write_model

SIZES = (0.125, 0.25, 0.5, 1.0)
COVERED = 0.8  # of the interval that is told of a forecast
WIDEST = 0.1  # interval of average precision that still tells something
LONG = 2.0  # the forecast is for so many times the calls


@dataclass(frozen=True)
class Point:
    """What a training on a part of the calls gave, on the whole validation split; figures are means over labels."""

    annotated_calls: int
    clips: int
    average_precision: float
    f1: float
    seconds: float


@dataclass(frozen=True)
class Forecast:
    """What more calls may bring: average precision a - b (n / N)^-c after n calls, N being all there are.

    `gain` is what twice N is expected to add, `low` and `high` bound it.
    """

    a: float
    b: float
    c: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Learned:
    """The points of a learning curve, the fewest calls first, and the figures of the model trained on all."""

    points: tuple[Point, ...]
    found: dict[str, TrainFigures]

    def table(self) -> str:
        """Write the points as CSV."""
        return pd.DataFrame([asdict(point) for point in self.points]).to_csv(index=False)

    def sentence(self) -> str:
        """Say what twice the annotations may be expected to bring."""
        return sentence(self.points)


def learn(
    clips: Path,
    output: Path,
    recipe: Recipe | None,
    settings: TrainSettings,
    sizes: Sequence[float],
    progress: Progress = SILENT,
) -> Learned | None:
    """Train on nested parts of the calls of the split train and then on all of them; write the model trained on all.

    Parameters
    ----------
    sizes : sequence of float
        Of the parts: shares up to 1 of the annotated calls, numbers of them above 1.

    Returns
    -------
    Learned or None
        None in all processes but the main one.

    Raises
    ------
    DetectorError
        As `train`; where a size is more than there is; where there is no validation to measure by.
    """
    run = prepare(clips, output, recipe, settings, progress)
    if not len(run.store.in_split("validation")):
        raise ParameterError(
            "sizes", ",".join(map(str, sizes)), f"{clips} has no clips in the split validation to measure by"
        )
    nesting = Nesting(run.store, settings.seed)
    shares = _shares(sizes, nesting.n_calls)
    smallest = {nesting.count(share): share for share in reversed(shares)}  # one part for each number of calls
    points = [point for n in sorted(smallest) if (point := _of_part(run, nesting, smallest[n]))]
    trainer = run.trained()
    assert trainer is not None  # nothing stops it early
    last: list[Point] = []

    def also(folder: Path, found: TrainFigures) -> None:
        last.append(_point(trainer, found, nesting.n_calls))
        pd.DataFrame([asdict(point) for point in (*points, *last)]).to_csv(folder / LEARNING_CURVE_FILE, index=False)
        draw((*points, *last), folder / LEARNING_PICTURE_FILE)

    found = write_model(run, trainer, output, also)
    return None if found is None else Learned((*points, *last), found)


def _shares(sizes: Sequence[float], n_calls: int) -> list[float]:
    """Make shares below 1 of sizes, in order."""
    beyond = [size for size in sizes if size > max(1, n_calls)]
    if beyond:
        raise ParameterError("sizes", beyond[0], f"the split train has only {n_calls} annotated calls")
    shares = {size if size <= 1 else size / n_calls for size in sizes}
    return sorted(share for share in shares if share < 1)


def _of_part(run: TrainRun, nesting: Nesting, share: float) -> Point | None:
    """Train on a part of the calls, or read what was found when that was done; None where a label has no call in it."""
    left_out, n_calls = nesting.left_out(share), nesting.count(share)
    if missing := nesting.missing(share):
        run.progress.say(f"{n_calls} annotated calls: none of {missing!r} among them; this part is left out")
        return None
    store = run.store.without(left_out)
    start = run.settings.start
    key = f"{store.recipe.fingerprint()} {run.settings.seed} {store.fingerprint()} {start and start.key}"
    done = run.work / f"{PART}{n_calls}.json"
    if done.is_file():
        return _read(done, key)
    run.progress.say(f"{n_calls} of {nesting.n_calls} annotated calls:")
    try:
        trainer = run.trained(store, run.work / f"{PART}{n_calls}")
    except ClipsError:  # those of a label may all lie at the edges of windows, where they are no targets
        run.progress.say(f"{n_calls} annotated calls: no clip shows one of some label well; this part is left out")
        return None
    assert trainer is not None
    trainer.best_model()
    point = _point(trainer, trainer.evaluate(trainer.validation), n_calls)
    if trainer.accelerator.is_main_process:
        with written(done), own_file(done) as temporary:
            temporary.write_text(json.dumps({"key": key, "point": asdict(point)}), encoding="utf-8")
    return point


def _read(path: Path, key: str) -> Point:
    try:
        content = parse_json(read_text(path, STATE_BYTES))
        known, point = content["key"], Point(**content["point"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OutputError(
            f"{path}: cannot be resumed: {one_line(error)}; {Parameter('force')} instead begins anew"
        ) from error
    if known != key:
        raise OutputError(
            f"{path}: belongs to another recipe, seed or set of clips, or another {Parameter('start')} or "
            f"{Parameter('freeze')}; {Parameter('force')} instead of {Parameter('resume')} begins anew"
        )
    return point


def _point(trainer: Trainer, found: TrainFigures, n_calls: int) -> Point:
    f1 = float(np.mean(list(found.f1.values()))) if found.f1 else float("nan")
    seconds = sum(epoch.seconds for epoch in trainer.history.epochs)
    return Point(n_calls, len(trainer.train), round(found.mean_average_precision, 6), round(f1, 6), round(seconds, 1))


def forecast(points: Sequence[Point]) -> Forecast | None:
    """Fit a power law to the points and carry it on to twice the calls; None where the points do not support that.

    Learning curves fall off as power laws (Cortes et al. 1994, "Learning curves: asymptotic values and rate of
    convergence"). The interval is that of the linearised least-squares fit, with Student's t for the few points.
    """
    if len(points) < 4:
        return None
    n = np.array([point.annotated_calls for point in points], dtype=np.float64)
    y = np.array([point.average_precision for point in points])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", OptimizeWarning)
            (a, b, c), covariance = curve_fit(
                lambda n, a, b, c: a - b * n**-c, n / n[-1], y, p0=(min(1.0, y[-1] + 0.05), 0.05, 0.5),
                bounds=([0, 0, 0.05], [1, 1, 3]),
            )  # fmt: skip
    except (RuntimeError, ValueError, OptimizeWarning):
        return None
    gain = float(b * (1 - LONG**-c))
    slope = np.array([0.0, 1 - LONG**-c, b * np.log(LONG) * LONG**-c])  # of the gain, in a, b and c
    reach = float(np.sqrt(slope @ covariance @ slope)) * float(student.ppf((1 + COVERED) / 2, len(n) - 3))
    if not 2 * reach <= WIDEST:  # an unknown reach is none either
        return None
    low, gain, high = (min(max(0.0, value), 1 - float(y[-1])) for value in (gain - reach, gain, gain + reach))
    return Forecast(float(a), float(b), float(c), gain, low, high)


def sentence(points: Sequence[Point]) -> str:
    """Say what twice the annotations may be expected to bring, or what is known instead."""
    last, expected = points[-1], forecast(points)
    if expected is not None:
        return (
            f"twice the {last.annotated_calls} annotated calls may be expected to raise average precision by "
            f"{expected.gain:.3f} ({COVERED:.0%} interval {expected.low:.3f} to {expected.high:.3f}) from "
            f"{last.average_precision:.3f}"
        )
    told = (
        f"what twice the {last.annotated_calls} annotated calls would bring cannot be told from {len(points)} trainings"
    )
    if len(points) < 2:
        return told
    before = points[-2]
    return (
        f"{told}; from {before.annotated_calls} to {last.annotated_calls} calls, average precision went from "
        f"{before.average_precision:.3f} to {last.average_precision:.3f}"
    )


def draw(points: Sequence[Point], path: Path) -> bool:
    """Draw the points and, where they support one, the forecast; give whether it was done (as `draw_curves`)."""
    if find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axis = figure.subplots()
    calls = [point.annotated_calls for point in points]
    axis.plot(calls, [point.average_precision for point in points], "o", color="C1")
    if expected := forecast(points):
        n = np.geomspace(calls[0], LONG * calls[-1])
        axis.plot(n, expected.a - expected.b * (n / calls[-1]) ** -expected.c, "--", color="C1", linewidth=1)
        low, high = (points[-1].average_precision + gain for gain in (expected.low, expected.high))
        axis.vlines(LONG * calls[-1], low, high)
    axis.set(xlabel="annotated calls", ylabel="validation average precision", xscale="log")
    axis.set_xticks(calls, [str(n) for n in calls])
    axis.minorticks_off()
    score_axis(axis)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    return True
