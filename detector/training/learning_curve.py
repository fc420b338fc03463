"""A learning curve: its points, a forecast of what more calls would bring, and its picture."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.stats import t as student

from detector.drawing import score_axis

COVERAGE = 0.8  # of the interval of a forecast
WIDEST = 0.1  # a wider interval of average precision gives no forecast
AHEAD = 2.0  # the forecast is for this many times the calls


@dataclass(frozen=True)
class Point:
    """Figures of a model trained on a part of the calls: means over labels, on the whole split validation."""

    annotated_calls: int
    clips: int
    average_precision: float
    f1: float
    seconds: float


@dataclass(frozen=True)
class Forecast:
    """A power law of average precision: a - b (n / N)^-c after n calls, where N is the number of all calls.

    Attributes
    ----------
    gain : float
        Expected rise of average precision from N to 2 N calls.
    low, high : float
        Interval of the rise.
    """

    a: float
    b: float
    c: float
    gain: float
    low: float
    high: float


def forecast(points: Sequence[Point]) -> Forecast | None:
    """Fit a power law to the points and extrapolate it to twice the calls.

    Errors fall with the number of examples as power laws (Cortes et al. 1994, "Learning curves: asymptotic values and
    rate of convergence"). The interval is that of the linearised least-squares fit, with Student's t because the points
    are few.

    Returns
    -------
    Forecast or None
        None if there are fewer than four points, the fit fails, or the interval is wider than `WIDEST`.
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
    gain = float(b * (1 - AHEAD**-c))
    gradient = np.array([0.0, 1 - AHEAD**-c, b * np.log(AHEAD) * AHEAD**-c])  # of the gain, by a, b and c
    error = float(np.sqrt(gradient @ covariance @ gradient))
    half_width = error * float(student.ppf((1 + COVERAGE) / 2, len(n) - 3))
    if not 2 * half_width <= WIDEST:  # true for nan, too
        return None
    bounds = (gain - half_width, gain, gain + half_width)
    low, gain, high = (min(max(0.0, value), 1 - float(y[-1])) for value in bounds)
    return Forecast(float(a), float(b), float(c), gain, low, high)


def format_forecast(points: Sequence[Point]) -> str:
    """Write what twice the annotations may bring or, without a forecast, what the last two points show."""
    last = points[-1]
    expected = forecast(points)
    if expected is not None:
        return (
            f"twice the {last.annotated_calls} annotated calls may raise average precision from "
            f"{last.average_precision:.3f} by {expected.gain:.3f} ({COVERAGE:.0%} interval {expected.low:.3f} to "
            f"{expected.high:.3f})"
        )
    no_forecast = (
        f"{len(points)} training runs are not enough to forecast what twice the {last.annotated_calls} annotated calls "
        "would bring"
    )
    if len(points) < 2:
        return no_forecast
    before = points[-2]
    return (
        f"{no_forecast}; from {before.annotated_calls} to {last.annotated_calls} calls, average precision went from "
        f"{before.average_precision:.3f} to {last.average_precision:.3f}"
    )


def draw(points: Sequence[Point], path: Path) -> bool:
    """Draw the points and, if there is one, the forecast; return whether the picture was drawn (as `draw_curves`)."""
    if find_spec("matplotlib") is None:
        return False
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axis = figure.subplots()
    calls = [point.annotated_calls for point in points]
    axis.plot(calls, [point.average_precision for point in points], "o", color="C1")
    if expected := forecast(points):
        n = np.geomspace(calls[0], AHEAD * calls[-1])
        axis.plot(n, expected.a - expected.b * (n / calls[-1]) ** -expected.c, "--", color="C1", linewidth=1)
        low, high = (points[-1].average_precision + gain for gain in (expected.low, expected.high))
        axis.vlines(AHEAD * calls[-1], low, high)
    axis.set(xlabel="annotated calls", ylabel="validation average precision", xscale="log")
    axis.set_xticks(calls, [str(n) for n in calls])
    axis.minorticks_off()
    score_axis(axis)
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    return True
