"""The hits and false alarms of each threshold on the tuning recordings, and the choice of a threshold for a target."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Annotated

from pydantic import Field, model_validator

from detector.operating.target import Target
from detector.recipe import Frozen

EQUAL = 1e-9

Number = Annotated[int, Field(ge=0, le=10**12)]
Threshold = Annotated[float, Field(ge=0, le=1)]


class Curve(Frozen):
    """Counts of one label at rising thresholds, by events.

    Attributes
    ----------
    threshold : tuple of float
        On the scale of written scores, rising.
    hits, false_alarms : tuple of int
        Right and wrong detections at each threshold. Hits never rise with the threshold.
    events : int
        Number of annotated events.
    hours : float
        Length of the recordings, h.
    """

    threshold: tuple[Threshold, ...] = Field(min_length=1, max_length=100_000)
    hits: tuple[Number, ...] = Field(max_length=100_000)
    false_alarms: tuple[Number, ...] = Field(max_length=100_000)
    events: int = Field(ge=1, le=10**12)
    hours: float = Field(ge=1e-9, le=1e9)

    @model_validator(mode="after")
    def _falls(self) -> Curve:
        if not len(self.threshold) == len(self.hits) == len(self.false_alarms):
            raise ValueError("curve: threshold, hits and false_alarms must be equally long")
        if not all(a < b for a, b in pairwise(self.threshold)):
            raise ValueError("curve.threshold: must rise from value to value")
        if not all(a >= b for a, b in pairwise((self.events, *self.hits, 0))):
            raise ValueError("curve.hits: must fall from value to value, from events at most to 0 at least")
        return self

    def __len__(self) -> int:
        return len(self.threshold)

    def precision(self, n: int) -> float:
        """Return hits over detections at the n-th threshold; 0 without detections."""
        n_detections = self.hits[n] + self.false_alarms[n]
        return self.hits[n] / n_detections if n_detections else 0.0

    def recall(self, n: int) -> float:
        """Return hits over annotated events at the n-th threshold."""
        return self.hits[n] / self.events

    def f1(self, n: int) -> float:
        """Return the harmonic mean of precision and recall at the n-th threshold."""
        return 2 * self.hits[n] / (self.hits[n] + self.false_alarms[n] + self.events)

    def rate(self, n: int) -> float:
        """Return the false alarms per hour at the n-th threshold."""
        return self.false_alarms[n] / self.hours

    def meets(self, target: Target, n: int, spared: int = 0) -> bool:
        """Return whether the n-th threshold meets a target if `spared` of its false alarms are not counted."""
        wrong = max(0, self.false_alarms[n] - spared)
        match target.kind:
            case "p":
                return self.hits[n] >= (target.value - EQUAL) * (self.hits[n] + wrong) > 0
            case "fa":
                return wrong <= (target.value + EQUAL) * self.hours
            case "f1":
                return True

    def choose(self, target: Target) -> tuple[int, bool]:
        """Choose a threshold.

        For a precision or a rate, this is the lowest threshold that meets the target safely: the next higher one meets
        it, too, or misses it by a single false alarm. If none is safe, it is the lowest that meets the target. Higher
        thresholds need not all meet it, because the highest ones cut calls into pieces. For the best F1, the threshold
        is the middle of the widest stretch with this F1.

        Returns
        -------
        n, reached : int and bool
            Index of the threshold, and whether it meets the target. If none meets it, the nearest one.
        """
        if target.kind == "f1":
            return self._middle(), True
        keeping = [n for n in range(len(self)) if self.meets(target, n)]
        if not keeping:
            return self._nearest(target), False
        return next((n for n in keeping if self._safe(target, n)), keeping[0]), True

    def merit(self, target: Target) -> tuple[bool, float]:
        """Return whether the threshold chosen for a target meets it, and the F1 or recall by which settings compare."""
        n, reached = self.choose(target)
        if target.kind == "f1":
            return True, self.f1(n)
        return reached, self.recall(n) if reached else self._closeness(target)(n)

    def _safe(self, target: Target, n: int) -> bool:
        return self.meets(target, min(n + 1, len(self) - 1), spared=1)

    def _closeness(self, target: Target) -> Callable[[int], float]:
        return self.precision if target.kind == "p" else lambda n: -self.rate(n)

    def _nearest(self, target: Target) -> int:
        closeness = self._closeness(target)
        return max(range(len(self)), key=lambda n: (closeness(n), -n))

    def _middle(self) -> int:
        best = max(self.f1(n) for n in range(len(self)))
        first, last = max(self._stretches(best), key=lambda ends: self.threshold[ends[1]] - self.threshold[ends[0]])
        middle = (self.threshold[first] + self.threshold[last]) / 2
        return min(range(first, last + 1), key=lambda n: abs(self.threshold[n] - middle))

    def _stretches(self, f1: float) -> Iterator[tuple[int, int]]:
        """Yield the first and the last index of each stretch of neighbouring thresholds with an F1."""
        first = None
        for n in range(len(self) + 1):
            has_f1 = n < len(self) and self.f1(n) >= f1 - EQUAL
            if has_f1 and first is None:
                first = n
            if not has_f1 and first is not None:
                yield first, n - 1
                first = None
