"""Compare detections with annotations, and compute every figure for each label and overall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from detector.errors import AnnotationError, Parameter
from detector.estimates.arrays import Numbers
from detector.evaluation.chain import Segments
from detector.evaluation.compare import compare
from detector.evaluation.detection import best_f1
from detector.evaluation.figures import OVERALL, Evaluation, EvaluationRow, Figure
from detector.evaluation.label_estimates import estimate
from detector.evaluation.material import Material
from detector.evaluation.ranking import Ranking
from detector.evaluation.settings import EvaluateSettings

AT_IOU = "average_precision_iou_"

NEEDS_SCORES = ("best_", "average_precision", "recall_at_")
"""Beginnings of the names of figures that mean nothing without scores."""


def evaluate(material: Material, settings: EvaluateSettings | None = None) -> Evaluation:
    """Compare estimated with reference events.

    Parameters
    ----------
    material : Material
        The events of everything that was scanned.
    settings : EvaluateSettings, optional
        How to compare events, and which figures to compute.
    """
    settings = settings or EvaluateSettings()
    if OVERALL in material.labels:
        raise AnnotationError(f"the label {OVERALL} stands for all labels together; {Parameter('rename')} it")
    compared = compare(material, settings)
    names = [name for statistic in compared.overall for name in statistic.names]
    figures = estimate(material, settings, compared, names.index("recall"))
    skip = () if material.scored else NEEDS_SCORES
    places = {name: place for name, place in _places(names, settings).items() if not name.startswith(skip)}
    labels = [
        _row(label, ranking, settings, _named(places, figures.labels[..., n]), material.scored)
        for n, (label, ranking) in enumerate(zip(material.labels, compared.rankings))
    ]
    overall = _row(OVERALL, compared.pooled, settings, _named(places, figures.overall[..., 0]), material.scored)
    averaged = {name: place for name, place in places.items() if not name.startswith("psds")}
    mean = {} if figures.mean is None else _named(averaged, figures.mean)
    return Evaluation(settings, material, overall, mean, tuple(labels), compared.matched)


def _named(places: Mapping[str, int], estimates: Numbers) -> dict[str, Figure]:
    """Return estimates (value and limits, figure) by name."""
    return {name: Figure(*map(_known, estimates[:, place])) for name, place in places.items()}


def _places(names: Sequence[str], settings: EvaluateSettings) -> dict[str, int]:
    """Return the index of each figure by name, with one of the two names of average precision at the IoU of hits."""
    places = {name: n for n, name in enumerate(names)}
    main = f"{AT_IOU}{settings.iou:g}"
    places[main] = places["average_precision"]
    at_ious = [f"{AT_IOU}{iou:g}" for iou in settings.ious]
    first = next((n for n, name in enumerate(names) if name.startswith(AT_IOU)), len(names))
    others = [name for name in names[first:] if name not in at_ious]
    return {name: places[name] for name in [*names[:first], *at_ious, *others] if name in places}


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _row(
    label: str, ranking: Ranking, settings: EvaluateSettings, figures: Mapping[str, Figure], scored: bool
) -> EvaluationRow:
    own = settings.threshold if label == OVERALL else settings.threshold_of(label)
    threshold = None if label == OVERALL and settings.thresholds else own
    least = float(ranking.scores[-1]) if scored and len(ranking.scores) else None
    best = _best_threshold(ranking) if scored else None
    return EvaluationRow(label, ranking.counts(), threshold, best, least, ranking, figures)


def _best_threshold(ranking: Ranking) -> float | None:
    """Find the threshold of the best F1: half way to the next lower score, or the lowest score itself."""
    hits = np.cumsum(ranking.gains)[ranking.gaining].astype(np.float64)[:, None]
    detected = (ranking.gaining + 1).astype(np.float64)[:, None]
    best, _ = best_f1(Segments.of([len(hits)]), hits, detected, np.array([[len(ranking.reference_units)]]))
    if best[0, 0] < 0:
        return None
    last = ranking.gaining[best[0, 0]]
    return float(ranking.scores[last : last + 2].mean())
