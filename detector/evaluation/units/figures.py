"""The result of an evaluation by units: figures with intervals, and how each interval was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from detector.evaluation.figures import Figure
from detector.evaluation.units.one_label import Predictions
from detector.evaluation.units.scored import ScoredUnits

Method = Literal["bootstrap", "wilson", "rule of three"]


@dataclass(frozen=True)
class UnitFigure(Figure):
    """A figure with its 95 % interval, and the method of the interval; None if there is none."""

    interval: Method | None = None


@dataclass(frozen=True)
class UnitEvaluation:
    """The result of an evaluation by units.

    Attributes
    ----------
    units : ScoredUnits
        The units.
    draws, seed : int
        Of the bootstrap.
    labels : mapping of str to (mapping of str to UnitFigure)
        Average precision and AUROC of each label, by the label and the name of the figure.
    mean : mapping of str to UnitFigure
        The means over the labels that have a figure.
    one_label : mapping of str to UnitFigure
        Accuracy and more; empty unless each unit has exactly one label.
    predictions : Predictions or None
        The predicted labels; None unless each unit has exactly one label.
    """

    units: ScoredUnits
    draws: int
    seed: int
    labels: Mapping[str, Mapping[str, UnitFigure]]
    mean: Mapping[str, UnitFigure]
    one_label: Mapping[str, UnitFigure]
    predictions: Predictions | None

    def made_by(self, *methods: Method) -> bool:
        """Return whether one of these methods made an interval."""
        all_figures = (*self.labels.values(), self.mean, self.one_label)
        return any(figure.interval in methods for figures in all_figures for figure in figures.values())
