"""The evaluation: everything that can be told of detections beside annotations, for each label and overall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from detector.errors import AnnotationError
from detector.evaluation.bootstrap import draw_together, limits, resample
from detector.evaluation.compare import Compared, compare
from detector.evaluation.figures import OVERALL, Estimate, Evaluation, Row
from detector.evaluation.material import Material
from detector.evaluation.ranking import Ranking, best_f1
from detector.evaluation.settings import Settings
from detector.evaluation.statistic import Statistic, one_draw

AT_IOU = "average_precision_iou_"

NEEDS_SCORES = ("best_", "average_precision", "recall_at_")
"""How the names of figures begin that say nothing where detections have no scores."""


def evaluate(material: Material, settings: Settings | None = None) -> Evaluation:
    """Compare estimated with reference events.

    Parameters
    ----------
    material : Material
        The events of everything that was scanned.
    settings : Settings, optional
        How, and what is told.
    """
    settings = settings or Settings()
    if OVERALL in material.labels:
        raise AnnotationError(f"the label {OVERALL} stands for all labels together; --rename it")
    compared, matched = compare(material, settings)
    rows = {label: one.statistics(material, settings) for label, one in compared.items()}
    figures, mean = _figures(material, settings, rows)
    told = {label: _row(label, one, settings, figures[label], material.scored) for label, one in compared.items()}
    overall = told.pop(OVERALL)
    return Evaluation(settings, material, overall, mean, tuple(told.values()), matched)


def _figures(
    material: Material, settings: Settings, rows: Mapping[str, Sequence[Statistic]]
) -> tuple[dict[str, dict[str, Estimate]], dict[str, Estimate]]:
    """Tell the figures of each row and of the mean over labels that have reference events, with intervals."""
    names = [name for statistic in rows[OVERALL] for name in statistic.names]
    places = _places(names, settings)
    ones = np.ones(len(material.units))
    groups = material.group_numbers
    draws = settings.draws if len(set(groups.tolist())) > 1 else 0
    alone = len(rows) == 2  # one label is all that there is
    apart = {label: statistics for label, statistics in rows.items() if not (alone and label == OVERALL)}
    drawn = resample(apart, draw_together(groups, draws, settings.seed)) if draws else {}
    if alone and drawn:
        drawn[OVERALL] = next(iter(drawn.values()))
    told = {label: figures[:, 0] for label, figures in resample(rows, iter([one_draw(ones)])).items()}
    recall = names.index("recall")
    there = [label for label in told if label != OVERALL and not np.isnan(told[label][recall])]
    skip = () if material.scored else NEEDS_SCORES

    def estimates(values: NDArray[np.float64], samples: NDArray[np.float64] | None) -> dict[str, Estimate]:
        low, high = np.full((2, len(names)), np.nan) if samples is None else limits(samples)
        return {
            name: Estimate(_known(values[n]), _known(low[n]), _known(high[n]))
            for name, n in places.items()
            if not name.startswith(skip)
        }

    figures = {label: estimates(values, drawn.get(label)) for label, values in told.items()}
    if not there:
        return figures, {}
    over_labels = _mean(told[label] for label in there)
    samples = _mean(drawn[label] for label in there) if drawn else None
    mean = estimates(over_labels, samples)
    return figures, {name: estimate for name, estimate in mean.items() if not name.startswith("psds")}


def _places(names: Sequence[str], settings: Settings) -> dict[str, int]:
    """Tell where each figure is found; average precision at the IoU of hits has two names and is told once."""
    places = {name: n for n, name in enumerate(names)}
    main = f"{AT_IOU}{settings.iou:g}"
    places[main] = places["average_precision"]
    at_ious = [f"{AT_IOU}{iou:g}" for iou in settings.ious]
    first = next((n for n, name in enumerate(names) if name.startswith(AT_IOU)), len(names))
    before, after = names[:first], [name for name in names[first:] if name not in at_ious]
    return {name: places[name] for name in [*before, *at_ious, *after] if name in places}


def _mean(values: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Average over labels, each figure over those that have it."""
    total, n = np.zeros(()), np.zeros((), np.intp)
    for of_label in values:
        known = ~np.isnan(of_label)
        total, n = total + np.where(known, of_label, 0.0), n + known
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _row(label: str, compared: Compared, settings: Settings, figures: Mapping[str, Estimate], scored: bool) -> Row:
    ranked = compared.rankings[settings.iou]
    one = settings.threshold if label == OVERALL else settings.threshold_of(label)
    threshold = None if label == OVERALL and settings.thresholds else one
    least = float(ranked.scores[-1]) if scored and len(ranked.scores) else None
    best = _best_threshold(ranked) if scored else None
    return Row(label, ranked.counts(), threshold, best, least, ranked, figures)


def _best_threshold(ranked: Ranking) -> float | None:
    """Find the threshold of the best F1, half way to the next lower score; the lowest score is its own threshold."""
    n_units = int(max(ranked.units.max(initial=-1), ranked.reference_units.max(initial=-1))) + 1
    n_reference = np.array([float(len(ranked.reference_units))])
    (at,), _ = best_f1(*ranked.cumulated(np.ones((n_units, 1), np.int32)), n_reference)
    if at < 0:
        return None
    last = ranked.gaining[at]
    return float(ranked.scores[last : last + 2].mean())
