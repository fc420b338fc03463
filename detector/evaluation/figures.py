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
    """A figure with its 95 % interval; None if it does not exist."""

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
        Hits, false alarms and misses at the threshold.
    threshold : float or None
        Least score that counts; None if labels have different thresholds.
    best_threshold : float or None
        Threshold with the highest F1; None without scores.
    least_score : float or None
        Lowest score of the table. Thresholds below it cannot be evaluated.
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
    """The result of an evaluation.

    Attributes
    ----------
    settings : EvaluateSettings
        How events were compared.
    material : Material
        The events that were compared.
    overall : EvaluationRow
        All labels as one (micro average). Their detections are in one order, but never match events of another label.
    mean : mapping of str to Figure
        Figures averaged over the labels that have reference events (macro average).
    labels : tuple of EvaluationRow
        In order of their names.
    matched : MatchedEvents
        The outcome of each event at the threshold.
    """

    settings: EvaluateSettings
    material: Material
    overall: EvaluationRow
    mean: Mapping[str, Figure]
    labels: tuple[EvaluationRow, ...]
    matched: MatchedEvents = field(repr=False)

    @property
    def hours(self) -> float | None:
        """The hours that were scanned; None if unknown."""
        total = float(self.material.durations.sum()) / 3600
        return total if total > 0 else None
