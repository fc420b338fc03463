"""Make unit_figures.json: drawn scores of units, and what scikit-learn 1.9.1 tells of them.

scikit-learn is no dependency of this package, so the figures are made once:

    python -m venv sklearn-venv
    sklearn-venv/bin/pip install scikit-learn==1.9.1
    sklearn-venv/bin/python tests/golden/make_unit_figures.py > tests/golden/unit_figures.json

In `one_label` each unit has one label, which is right by chance only for one of them. In `many_labels` units have any
number of labels, and most scores are 0 or equal others. In `rare` one label has a single unit, another none.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn import metrics

LABELS = ("bark", "crow", "hum", "rain", "song")
Rows = list[dict[str, Any]]


def row(number: int, labels: Sequence[str], scores: dict[str, float]) -> dict[str, Any]:
    """Make a unit; three units share a recording."""
    return {"recording": f"r{number // 3:03d}.wav", "start_s": number % 3, "labels": list(labels), "scores": scores}


def one_label(rng: random.Random) -> Rows:
    """Draw units of one label, with scores that all differ."""
    rows = []
    for number in range(150):
        label = rng.choice(LABELS)
        scores = {name: rng.random() for name in LABELS}
        if label != "hum" and rng.random() < 0.6:
            scores[label] = 1 - rng.random() / 5
        rows.append(row(number, [label], scores))
    return rows


def many_labels(rng: random.Random) -> Rows:
    """Draw units of none to five labels, with coarse scores."""
    rows = []
    for number in range(120):
        labels = [name for name in LABELS if rng.random() < 0.3]
        scores = {name: rng.choice([0, 0, 1, 2, 3]) / 4 for name in LABELS}
        for name in labels:
            scores[name] = min(1.0, scores[name] + rng.choice([0, 0.25, 0.5]))
        rows.append(row(number, labels, scores))
    return rows


def rare(rng: random.Random) -> Rows:
    """Draw units with a label that only one of them has, and a label that none has."""
    rows = []
    for number in range(40):
        labels = ["bark"] * (number % 2) + ["rain"] * (number == 7)
        rows.append(row(number, labels, {name: round(rng.random(), 2) for name in ("bark", "rain", "song")}))
    return rows


def by_label(rows: Rows) -> dict[str, dict[str, float] | None]:
    """Compute average precision and AUROC of each label; None for a label that no unit has."""
    figures: dict[str, dict[str, float] | None] = {}
    for name in sorted({name for unit in rows for name in unit["scores"]}):
        truth = [name in unit["labels"] for unit in rows]
        scores = [unit["scores"][name] for unit in rows]
        figures[name] = None
        if any(truth):
            figures[name] = {
                "average_precision": float(metrics.average_precision_score(truth, scores)),
                "auroc": float(metrics.roc_auc_score(truth, scores)),
            }
    return figures


def of_one_label(rows: Rows) -> dict[str, Any]:
    """Compute the figures of units with one label each."""
    names = sorted(LABELS)
    truth = [unit["labels"][0] for unit in rows]
    scores = np.array([[unit["scores"][name] for name in names] for unit in rows])
    predicted = [names[n] for n in scores.argmax(axis=1)]
    return {
        "accuracy": float(metrics.accuracy_score(truth, predicted)),
        "balanced_accuracy": float(metrics.balanced_accuracy_score(truth, predicted)),
        "top_3_accuracy": float(metrics.top_k_accuracy_score(truth, scores, k=3, labels=names)),
        "macro_f1": float(metrics.f1_score(truth, predicted, average="macro")),
        "confusion": metrics.confusion_matrix(truth, predicted, labels=names).tolist(),
    }


def main() -> None:
    """Write the figures of all sets."""
    rng = random.Random(0)
    sets = {}
    for draw in (one_label, many_labels, rare):
        rows = draw(rng)
        is_single = all(len(unit["labels"]) == 1 for unit in rows)
        figures = {"labels": by_label(rows), "one_label": of_one_label(rows) if is_single else None}
        sets[draw.__name__] = {"units": rows, "figures": figures}
    json.dump(sets, sys.stdout)


if __name__ == "__main__":
    main()
