"""Format an evaluation as text for people, and as an object for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from detector.evaluation.figures import Evaluation, EvaluationRow, Figure
from detector.texts import columns, many

MEAN = "(mean)"
RECALL_AT = "recall_at_"

Cells = Sequence[str]


def as_object(evaluation: Evaluation) -> dict[str, Any]:
    """Return the evaluation as numbers, texts, lists and dicts, for JSON. A figure that does not exist is None."""
    settings = evaluation.settings
    material = evaluation.material
    return {
        "recordings": len({unit.recording for unit in material.units}),
        "units": len(material.units),
        "hours": evaluation.hours,
        "groups": n_groups(evaluation),
        "settings": asdict(settings),
        "overall": _row_object(evaluation.overall, evaluation),
        "mean": _figures_object(evaluation.mean, evaluation.labels, evaluation),
        "labels": {row.label: _row_object(row, evaluation) for row in evaluation.labels},
    }


def _row_object(row: EvaluationRow, evaluation: Evaluation) -> dict[str, Any]:
    counts = row.counts
    return {
        "reference": counts.hits + counts.misses,
        "detections": counts.hits + counts.false_alarms,
        **asdict(counts),
        "threshold": row.threshold,
        "best_threshold": row.best_threshold,
        "least_score": row.least_score,
        "figures": _figures_object(row.figures, [row], evaluation),
    }


def _figures_object(
    figures: Mapping[str, Figure], rows: Sequence[EvaluationRow], evaluation: Evaluation
) -> dict[str, Any]:
    """Return the figures of some rows together. Recall at a rate of false alarms says whether it may be higher."""
    objects: dict[str, Any] = {name: asdict(figure) for name, figure in figures.items()}
    for name, figure in objects.items():
        if name.startswith(RECALL_AT):
            figure["at_least"] = _at_least(rows, evaluation, name)
    return objects


def n_groups(evaluation: Evaluation) -> int:
    """Count the groups that the bootstrap draws from."""
    return len(set(evaluation.material.group_numbers.tolist()))


def as_text(evaluation: Evaluation) -> Iterator[str]:
    """Format the figures as tables of plain text, with a block for each subject and a line for each label."""
    yield from _head(evaluation)
    settings = evaluation.settings
    scored = evaluation.material.scored
    threshold = "every detection of the table" if evaluation.overall.threshold == 0 else "at the threshold"
    yield from _block(f"{threshold}, IoU {settings.iou:g}", evaluation, ("precision", "recall", "f1"), counts=True)
    if scored:
        yield from _block(
            "at the threshold of the best F1", evaluation, ("best_precision", "best_recall", "best_f1"), best=True
        )
        ious = [f"average_precision_iou_{iou:g}" for iou in settings.ious]
        yield from _block("average precision", evaluation, ious)
        if evaluation.hours:
            rates = [f"recall_at_{rate:g}_per_hour" for rate in settings.rates]
            yield from _block("recall at false alarms per hour", evaluation, rates)
    for edge in ("onset", "offset"):
        errors = [f"{edge}_{statistic}_s" for statistic in ("bias", "median", "p90")]
        yield from _block(f"{edge}s of hits less those annotated, s", evaluation, errors)
    by_score = ["psds1", "psds2"] if evaluation.hours and scored else []
    clips = ["clip_average_precision", "clip_auroc"] if scored else []
    yield from _block("by intersection; by recording", evaluation, [*by_score, *clips])
    share = f"{settings.least_covered:g} of a call covered, {settings.least_used:g} of a detection used"
    yield from _block(f"by coverage ({share})", evaluation, ["coverage_precision", "coverage_recall", "coverage_f1"])


def _head(evaluation: Evaluation) -> Iterator[str]:
    material = evaluation.material
    settings = evaluation.settings
    recordings = len({unit.recording for unit in material.units})
    length = f"{evaluation.hours:.3g} h" if evaluation.hours else "of unknown length"
    yield f"{many(recordings, 'recording')}, {length}"
    drawn = n_groups(evaluation)
    if settings.draws and drawn > 1:
        over = "deployments" if material.groups else "recordings"
        yield f"in brackets: 95 % intervals by bootstrap over {drawn:,} {over}"


def _block(
    title: str, evaluation: Evaluation, names: Sequence[str], *, counts: bool = False, best: bool = False
) -> Iterator[str]:
    """Format some figures of every label under a title, without those that no label has."""
    rows = [evaluation.overall, *(evaluation.labels if len(evaluation.labels) > 1 else ())]
    known = [name for name in names if any(row.figures.get(name, Figure(None)).value is not None for row in rows)]
    if not known:
        return
    head = ["", *(COUNTS if counts else ()), *(["threshold"] if best else ()), *(heading(name) for name in known)]
    lines = [_line(row, evaluation, known, counts=counts, best=best) for row in rows]
    if len(evaluation.labels) > 1 and any(name in evaluation.mean for name in known):
        blanks = [""] * (len(COUNTS) * counts + best)
        means = (
            f"{_floor(evaluation.labels, evaluation, name)}{figure_cell(evaluation.mean.get(name))}" for name in known
        )
        lines.insert(1, [MEAN, *blanks, *means])
    yield ""
    yield title
    yield from columns([head, *lines])


COUNTS = ("events", "found", "hits", "false", "missed")


def _line(row: EvaluationRow, evaluation: Evaluation, names: Sequence[str], *, counts: bool, best: bool) -> Cells:
    hits = row.counts.hits
    misses = row.counts.misses
    false_alarms = row.counts.false_alarms
    numbers = (hits + misses, hits + false_alarms, hits, false_alarms, misses)
    cells = [f"{number:,}" for number in numbers] if counts else []
    if best:
        cells.append("-" if row.best_threshold is None else f"{row.best_threshold:.4g}")
    name = row.label if len(evaluation.labels) != 1 else evaluation.labels[0].label
    return [name, *cells, *(f"{_floor([row], evaluation, name)}{figure_cell(row.figures.get(name))}" for name in names)]


def _floor(rows: Sequence[EvaluationRow], evaluation: Evaluation, name: str) -> str:
    """Return the mark of a figure that may be higher in truth, or nothing."""
    return ">=" if name.startswith(RECALL_AT) and _at_least(rows, evaluation, name) else ""


def _at_least(rows: Sequence[EvaluationRow], evaluation: Evaluation, name: str) -> bool:
    """Return whether the recall of a row, or of one of several, could be higher if the table had lower scores."""
    allowed = float(name.split("_")[2]) * (evaluation.hours or 0.0) + 1e-9
    return any(
        row.figures[name].value not in (None, 1.0) and np.count_nonzero(~row.ranking.gains) <= allowed for row in rows
    )


def figure_cell(figure: Figure | None) -> str:
    """Write a figure with its interval."""
    if figure is None or figure.value is None:
        return "-"
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"


HEADINGS = {
    "clip_average_precision": "recordings: average precision",
    "clip_auroc": "AUROC",
    "psds1": "PSDS 1",
    "psds2": "PSDS 2",
}
PLAIN = {"f1": "F1", "bias_s": "median", "median_s": "median of sizes", "p90_s": "90 % of sizes"}


def heading(name: str) -> str:
    """Format the name of a figure for people."""
    if name in HEADINGS:
        return HEADINGS[name]
    if name.startswith("average_precision_iou_"):
        return f"IoU {name.rpartition('_')[2]}"
    if name.startswith(RECALL_AT):
        return f"{name.split('_')[2]} per hour"
    for prefix in ("best_", "coverage_", "onset_", "offset_"):
        name = name.removeprefix(prefix)
    return PLAIN.get(name, name)
