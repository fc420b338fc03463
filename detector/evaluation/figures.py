"""The result of an evaluation: figures with intervals, for each label and overall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detector.evaluation.events import Counts
from detector.evaluation.material import Material
from detector.evaluation.ranking import Ranking
from detector.evaluation.settings import EvaluateSettings
from detector.evaluation.timing import MatchedEvents

OVERALL = "(overall)"


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval; None where it does not exist."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class EvaluationRow:
    """The figures of one label, or of all.

    Attributes
    ----------
    label : str
        `OVERALL` for all labels as one (micro average).
    counts : Counts
        At the threshold.
    threshold : float or None
        Least score that counts; None where labels have different ones.
    best_threshold : float or None
        Where F1 is the highest; None without scores.
    least_score : float or None
        The lowest score of the table: thresholds below it cannot be evaluated.
    ranking : Ranking
        The detections in order of score.
    figures : mapping of str to Figure
        By name; docs/evaluation.md defines them.
    """

    label: str
    counts: Counts
    threshold: float | None
    best_threshold: float | None
    least_score: float | None
    ranking: Ranking
    figures: Mapping[str, Figure]


@dataclass(frozen=True)
class Evaluation:
    """The whole result.

    Attributes
    ----------
    settings : EvaluateSettings
        What was asked.
    material : Material
        What was compared.
    overall : EvaluationRow
        All labels as one: their detections in one order, none matched across labels (micro average).
    mean : mapping of str to Figure
        Figures averaged over the labels that have reference events (macro average).
    labels : tuple of EvaluationRow
        In order of their names.
    matched : MatchedEvents
        What became of each event at the threshold.
    """

    settings: EvaluateSettings
    material: Material
    overall: EvaluationRow
    mean: Mapping[str, Figure]
    labels: tuple[EvaluationRow, ...]
    matched: MatchedEvents = field(repr=False)

    @property
    def hours(self) -> float | None:
        """How long was listened to, h."""
        total = float(self.material.durations.sum()) / 3600
        return total if total > 0 else None
