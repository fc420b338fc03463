"""Whether what was counted on the recordings tuned on is enough to bear out a target."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from detector.estimates.intervals import Interval, garwood, wilson
from detector.operating.curve import Curve
from detector.operating.target import Kind, Target
from detector.recipe import Frozen
from detector.recipe.values import Share

Rate = Annotated[float, Field(ge=0, le=1e24)]  # per hour; a precision or F1 is below 1

TWICE = 2.0
"""How many times as many false alarms as promised must be ruled out."""

WIDEST = 0.2
"""How wide the interval of F1 may be."""

CALLED: dict[Kind, str] = {"p": "precision is", "fa": "false alarms per hour are", "f1": "F1 is"}


class Support(Frozen):
    """The figure that a target is about, at one threshold, on the recordings tuned on.

    Attributes
    ----------
    threshold : float
        On the scale of written scores.
    figure : float
        Precision, false alarms per hour, or F1.
    low, high : float
        Its 95 % interval.
    """

    threshold: Share
    figure: Rate
    low: Rate
    high: Rate

    def bears(self, target: Target) -> bool:
        """Return whether the recordings are enough to bear out a target.

        They are where the interval rules out twice as many false alarms as are promised: for each right one for a
        precision, per hour for a rate. For the best F1, nothing is promised: its interval must be no wider than 0.2.
        """
        match target.kind:
            case "p":
                return (1 - self.low) * target.value <= TWICE * (1 - target.value) * self.low
            case "fa":
                return self.high <= TWICE * target.value
            case "f1":
                return self.high - self.low <= WIDEST

    def summary(self, target: Target) -> str:
        """Write the figure with its interval."""
        interval = f"95 % interval {self.low:.3g} to {self.high:.3g}"
        return f"at threshold {self.threshold:.4g} {CALLED[target.kind]} {self.figure:.3g}, {interval}"

    def doubt(self, target: Target) -> str:
        """Write the figure with its interval, and the claim that it is too little for."""
        claim = "measure F1 to 0.1" if target.kind == "f1" else f"promise {target.value:g}"
        return f"{self.summary(target)}: too little to {claim}"


def independent(kind: Kind, hits: int, false_alarms: int, events: int, hours: float) -> Interval:
    """Give the interval of a target's figure as if events were independent of one another.

    Wilson's (1927) of a precision, Garwood's (1936) of a rate; of F1 from the ends of precision and recall.
    """
    precision = wilson(hits, hits + false_alarms)
    match kind:
        case "p":
            return precision
        case "fa":
            counted = garwood(false_alarms)
            return Interval(counted.low / hours, counted.high / hours)
        case "f1":
            recall = wilson(hits, events)
            return Interval(_mean(precision.low, recall.low), _mean(precision.high, recall.high))


def support(curve: Curve, n: int, target: Target) -> Support:
    """Give the figure of a target, with its interval, at the n-th threshold of a curve, from its counts alone.

    Which recordings they are of is not stored, so that calls and false alarms that come together are not allowed for:
    an interval of `detector tune`, which does, is no narrower.
    """
    low, high = independent(target.kind, curve.hits[n], curve.false_alarms[n], curve.events, curve.hours)
    figure = {"p": curve.precision, "fa": curve.rate, "f1": curve.f1}[target.kind](n)
    return Support(threshold=curve.threshold[n], figure=figure, low=low, high=high)


def _mean(precision: float, recall: float) -> float:
    """Give the harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
