"""Format an evaluation by units as text for people, and as an object for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from detector.evaluation.report import MEAN, figure_cell
from detector.evaluation.units.figures import UnitEvaluation, UnitFigure
from detector.evaluation.units.one_label import Predictions
from detector.texts import columns, many

NONE = "(none)"
"""Stands for no predicted label."""
MOST_LABELS = 12
"""Most labels of a confusion matrix that is printed whole."""
CONFUSIONS = 10
"""Confusions that are printed of a larger matrix."""


def as_object(evaluation: UnitEvaluation) -> dict[str, Any]:
    """Return the evaluation as numbers, texts, lists and dicts, for JSON. A figure that does not exist is None."""
    units = evaluation.units
    of_label = units.truth.sum(axis=0).tolist()
    return {
        "kind": units.kind,
        "units": len(units.units),
        "recordings": len({unit.recording for unit in units.units}),
        "groups": units.n_groups,
        "scores": units.source,
        "settings": {"draws": evaluation.draws, "seed": evaluation.seed},
        "mean": _figures(evaluation.mean),
        "labels": {
            label: {"units": count, "figures": _figures(evaluation.labels[label])}
            for label, count in zip(units.labels, of_label)
        },
        "one_label": None if evaluation.predictions is None else _one_label(evaluation, evaluation.predictions),
    }


def _figures(figures: Mapping[str, UnitFigure]) -> dict[str, Any]:
    return {name: asdict(figure) for name, figure in figures.items()}


def _one_label(evaluation: UnitEvaluation, predictions: Predictions) -> dict[str, Any]:
    labels = list(evaluation.units.labels)
    confusion = {"annotated": labels, "predicted": [*labels, None], "counts": predictions.confusion.tolist()}
    return {"figures": _figures(evaluation.one_label), "confusion": confusion}


def as_text(evaluation: UnitEvaluation) -> Iterator[str]:
    """Format the figures as tables of plain text."""
    yield from _head(evaluation)
    yield from _by_label(evaluation)
    if evaluation.predictions is None:
        return
    yield ""
    yield "the label with the highest score"
    yield from columns([[_heading(name), figure_cell(figure)] for name, figure in evaluation.one_label.items()])
    yield ""
    yield from _confusion(evaluation.units.labels, evaluation.predictions)


def _head(evaluation: UnitEvaluation) -> Iterator[str]:
    units = evaluation.units
    recordings = many(len({unit.recording for unit in units.units}), "recording")
    of_what = f"{len(units.units):,} spans of {recordings}" if units.kind == "spans" else recordings
    yield f"{of_what}{', one label each' if evaluation.predictions else ''}; score: {units.source}"
    if evaluation.draws and units.n_groups > 1:
        over = "deployments" if units.by_deployment else "recordings"
        yield f"in brackets: 95 % intervals by bootstrap over {units.n_groups:,} {over}"
    if evaluation.made_by("wilson", "rule of three"):
        yield "where every resample gives the same figure: Wilson's interval for accuracies, else the rule of three"


def _by_label(evaluation: UnitEvaluation) -> Iterator[str]:
    names = ("average_precision", "auroc")
    counts = evaluation.units.truth.sum(axis=0)
    head = ["", evaluation.units.kind, *map(_heading, names)]
    lines = [
        [label, f"{count:,}", *(figure_cell(figures[name]) for name in names)]
        for (label, figures), count in zip(evaluation.labels.items(), counts)
    ]
    if len(lines) > 1 and evaluation.mean:
        lines.insert(0, [MEAN, "", *(figure_cell(evaluation.mean[name]) for name in names)])
    yield ""
    yield from columns([head, *lines])


HEADINGS = {"auroc": "AUROC", "macro_f1": "macro F1", "top_3_accuracy": "top-3 accuracy"}


def _heading(name: str) -> str:
    return HEADINGS.get(name, name.replace("_", " "))


def _confusion(labels: tuple[str, ...], predictions: Predictions) -> Iterator[str]:
    """Format the confusion matrix, or the most frequent confusions of a large one."""
    counts = predictions.confusion
    names = [*labels, NONE]
    used = np.flatnonzero(counts.sum(axis=0) + np.append(counts.sum(axis=1), 0))
    if len(used) <= MOST_LABELS:
        yield "confusion matrix: rows annotated, columns predicted"
        rows = [n for n in used if n < len(labels)]
        yield from columns(
            [["", *(names[n] for n in used)], *([names[n], *(f"{counts[n, m]:,}" for m in used)] for n in rows)]
        )
        return
    yield "the most frequent confusions"
    wrong = counts.copy()
    np.fill_diagonal(wrong[:, :-1], 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:CONFUSIONS]
    pairs = [divmod(int(place), len(names)) for place in order if wrong.flat[place]]
    yield from columns(
        [["annotated", "predicted", "units"], *([names[n], names[m], f"{wrong[n, m]:,}"] for n, m in pairs)]
    )
