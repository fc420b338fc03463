"""Fit maps from scores to probabilities, choose one by cross-validation, and measure the calibration error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detector.operating.calibration import SOFT, Isotonic, Platt

Choice = Literal["auto", "platt", "isotonic", "none"]
Values = NDArray[np.float64]
Right = NDArray[np.bool_]
Fit = Callable[[Values, Right], Platt | Isotonic]

LEAST = 10
"""Least number of right detections, and of wrong ones, from which a map is fitted."""

FOLDS = 5
BINS = 10
LEAST_IN_BIN = 15
FLATTEST = 1e-3
"""The least slope. A map that does not rise has no inverse."""


@dataclass(frozen=True)
class Calibrated:
    """The result of a calibration.

    Attributes
    ----------
    map : Platt, Isotonic or None
        The map from raw scores to probabilities; None if scores stay as they are.
    n_right, n_wrong : int
        Numbers of right and wrong detections that it was fitted on.
    before, after : float or None
        Expected calibration error of the raw scores, and of out-of-fold probabilities; None if unknown.
    losses : dict of str to float
        Cross-validated log loss of each map; "none" stands for the raw scores.
    reason : str
        Why there is no map; empty if there is one.
    scores, probabilities : array (detection,)
        Raw scores and out-of-fold probabilities of the detections. Without a map, both are the raw scores.
    right : array of bool (detection,)
        Which detections are right.
    """

    map: Platt | Isotonic | None
    n_right: int
    n_wrong: int
    before: float | None
    after: float | None
    losses: dict[str, float]
    reason: str
    scores: Values
    probabilities: Values
    right: Right


def calibrate(scores: Values, right: Right, groups: NDArray[np.intp], choice: Choice) -> Calibrated:
    """Choose and fit a map.

    Parameters
    ----------
    scores : array (detection,)
        Raw scores of detections.
    right : array of bool (detection,)
        Which of them hit an annotated event.
    groups : array of int (detection,)
        Detections of one group are in one fold.
    choice : {"auto", "platt", "isotonic", "none"}
        The map. "auto" chooses the simplest whose cross-validated log loss is near the least.
    """
    n_right = int(right.sum())
    n_wrong = int((~right).sum())
    before = calibration_error(scores, right) if len(scores) else None
    reason = _against(n_right, n_wrong, len(set(groups.tolist())), choice)
    if reason:
        return Calibrated(None, n_right, n_wrong, before, None, {}, reason, scores, scores, right)
    names = FITS if choice == "auto" else {choice: FITS[choice]}
    fitted = {name: fit(scores, right) for name, fit in names.items()}
    rising = {name: FITS[name] for name, made in fitted.items() if rises(made)}
    folds = share_out(groups)
    out_of_fold = {name: cross_fit(fit, scores, right, folds) for name, fit in rising.items()}
    each = {name: losses_of(made, right) for name, made in ({"none": scores} | out_of_fold).items()}
    losses = {name: float(loss.mean()) for name, loss in each.items()}
    name = simplest(each) if choice == "auto" or not rising else choice
    if name == "none":
        reason = _unmapped(losses, flat=len(rising) < len(fitted))
        return Calibrated(None, n_right, n_wrong, before, before, losses, reason, scores, scores, right)
    probabilities = out_of_fold[name]
    after = calibration_error(probabilities, right)
    return Calibrated(fitted[name], n_right, n_wrong, before, after, losses, "", scores, probabilities, right)


def rises(made: Platt | Isotonic) -> bool:
    """Return whether a map is useful. A logistic curve with the least slope would fall if that were allowed."""
    return not (isinstance(made, Platt) and made.slope <= FLATTEST)


def _unmapped(losses: Mapping[str, float], *, flat: bool) -> str:
    """Explain why scores stay as they are, with the log losses that were compared."""
    compared = ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items() if name != "none")
    why = ["Platt's curve does not rise with the score"] if flat else []
    if compared:
        others = "no other map" if flat else "no map"
        why.append(
            f"{others} is clearly better than the scores as they are (log loss {losses['none']:.3f}; {compared})"
        )
    return ", and ".join(why)


def _against(n_right: int, n_wrong: int, n_groups: int, choice: Choice) -> str:
    if choice == "none":
        return "none was asked for"
    if min(n_right, n_wrong) < LEAST:
        return f"{n_right} right and {n_wrong} wrong detections are too few (at least {LEAST} of each)"
    return "all are of one recording or group, so nothing can be cross-validated" if n_groups < 2 else ""


def fit_platt(scores: Values, right: Right) -> Platt:
    """Fit a logistic curve over the logit of the score to Platt's (1999) targets, which are never 0 or 1."""
    from scipy.optimize import minimize

    soft = (scores + SOFT) / (1 + 2 * SOFT)
    x = np.log(soft / (1 - soft))
    n_right = right.sum()
    n_wrong = (~right).sum()
    target = np.where(right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))

    def loss(coefficients: Values) -> tuple[float, Values]:
        z = coefficients[0] * x + coefficients[1]
        wrong = 1 / (1 + np.exp(-z)) - target
        return float((np.logaddexp(0, z) - target * z).mean()), np.array([(wrong * x).mean(), wrong.mean()])

    fitted = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(FLATTEST, None), (None, None)])
    return Platt(slope=float(fitted.x[0]), offset=float(fitted.x[1]))


def fit_isotonic(scores: Values, right: Right) -> Isotonic:
    """Fit centred isotonic regression (Oron and Flournoy 2017): lines between the middles of blocks of equal value.

    Values of 0 and 1 are moved inwards as Platt's targets are. Beyond the outer blocks the curve goes on by a
    hundredth of the rest, so that it has an inverse everywhere.
    """
    from scipy.optimize import isotonic_regression

    x, at = np.unique(scores, return_inverse=True)
    n = np.bincount(at)
    n_right = np.bincount(at, right)
    first = isotonic_regression(n_right / n, weights=n).blocks[:-1]
    sizes = np.add.reduceat(n, first)
    middles = np.add.reduceat(n * x, first) / sizes
    shares = np.add.reduceat(n_right, first) / sizes
    shares = np.clip(shares, 1 / ((~right).sum() + 2), (right.sum() + 1) / (right.sum() + 2))
    score = middles.tolist()
    probability = shares.tolist()
    if score[0] > 0:
        score = [0.0, *score]
        probability = [0.99 * probability[0], *probability]
    if score[-1] < 1:
        score = [*score, 1.0]
        probability = [*probability, probability[-1] + 0.01 * (1 - probability[-1])]
    return Isotonic(score=tuple(score), probability=tuple(probability))


FITS: dict[str, Fit] = {"platt": fit_platt, "isotonic": fit_isotonic}


def share_out(groups: NDArray[np.intp], n_folds: int = FOLDS) -> NDArray[np.intp]:
    """Return a fold for each detection. Groups are assigned from the largest on, each to the smallest fold."""
    names, at, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    filled = np.zeros(min(n_folds, len(names)), dtype=np.intp)
    fold = np.zeros(len(names), dtype=np.intp)
    for group in np.argsort(-sizes, kind="stable"):
        fold[group] = np.argmin(filled)
        filled[fold[group]] += sizes[group]
    return fold[at]


def cross_fit(fit: Fit, scores: Values, right: Right, folds: NDArray[np.intp]) -> Values:
    """Return the probability of each detection from a map that was fitted on the other folds."""
    probabilities = np.empty_like(scores)
    for fold in np.unique(folds):
        held = folds == fold
        probabilities[held] = fit(scores[~held], right[~held])(scores[held])
    return probabilities


def losses_of(probabilities: Values, right: Right) -> Values:
    """Return the negative logarithm of the probability of the true outcome, with 0 and 1 moved inwards by 1e-6."""
    likely = np.where(right, probabilities, 1 - probabilities)
    return -np.log((likely + SOFT) / (1 + 2 * SOFT))


def simplest(losses: Mapping[str, Values]) -> str:
    """Choose the first map whose mean loss is within one standard error of the least (Breiman et al. 1984, 3.4.3).

    The standard error is that of the mean difference to the best map, over detections.
    """
    best = losses[min(losses, key=lambda name: losses[name].mean())]

    def near(loss: Values) -> bool:
        worse = loss - best
        return bool(worse.mean() <= worse.std() / np.sqrt(len(worse)))

    return next(name for name, loss in losses.items() if near(loss))


def bins_of(probabilities: Values, right: Right) -> list[tuple[float, float, int]]:
    """Return mean probability, share of right detections, and count of each bin. Bins have equal counts."""
    order = np.argsort(probabilities, kind="stable")
    parts = np.array_split(order, max(1, min(BINS, len(order) // LEAST_IN_BIN)))
    return [(float(probabilities[part].mean()), float(right[part].mean()), len(part)) for part in parts]


def calibration_error(probabilities: Values, right: Right) -> float:
    """Return the expected calibration error over bins of equal count (Naeini et al. 2015; Nixon et al. 2019)."""
    bins = bins_of(probabilities, right)
    return sum(count * abs(mean - share) for mean, share, count in bins) / len(probabilities)
