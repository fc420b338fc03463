"""Decide whether the counts on the tuning recordings are enough to support a target."""

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
"""Multiple of the promised false alarms that the interval must exclude."""

WIDEST = 0.2
"""Greatest width of the interval of F1."""

CALLED: dict[Kind, str] = {"p": "precision is", "fa": "false alarms per hour are", "f1": "F1 is"}


class Support(Frozen):
    """The figure that a target is about, at one threshold, on the tuning recordings.

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
        """Return whether the recordings are enough to support a target.

        The interval must exclude twice the promised number of false alarms: for each hit if the target is a precision,
        per hour if it is a rate. The best F1 promises nothing, but its interval must be at most 0.2 wide.
        """
        match target.kind:
            case "p":
                return (1 - self.low) * target.value <= TWICE * (1 - target.value) * self.low
            case "fa":
                return self.high <= TWICE * target.value
            case "f1":
                return self.high - self.low <= WIDEST

    def summary(self, target: Target) -> str:
        """Format the figure with its interval."""
        interval = f"95 % interval {self.low:.3g} to {self.high:.3g}"
        return f"at threshold {self.threshold:.4g} {CALLED[target.kind]} {self.figure:.3g}, {interval}"

    def doubt(self, target: Target) -> str:
        """Format the figure with its interval, and the claim that it is not enough for."""
        claim = "measure F1 to 0.1" if target.kind == "f1" else f"promise {target.value:g}"
        return f"{self.summary(target)}: too little to {claim}"


def independent(kind: Kind, hits: int, false_alarms: int, events: int, hours: float) -> Interval:
    """Return the interval of a target's figure, as if events were independent of one another.

    It is Wilson's (1927) for a precision, and Garwood's (1936) for a rate. That of F1 follows from the limits of
    precision and recall.
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
    """Return the figure of a target at the n-th threshold of a curve, with an interval from its counts alone.

    A curve does not store the counts of each recording. So this interval is too narrow if calls or false alarms come in
    groups. The interval that tuning stores allows for that.
    """
    low, high = independent(target.kind, curve.hits[n], curve.false_alarms[n], curve.events, curve.hours)
    figure = {"p": curve.precision, "fa": curve.rate, "f1": curve.f1}[target.kind](n)
    return Support(threshold=curve.threshold[n], figure=figure, low=low, high=high)


def _mean(precision: float, recall: float) -> float:
    """Return the harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
