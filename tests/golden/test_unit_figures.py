"""Figures of units are those of scikit-learn; make_unit_figures.py says how these were made."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from detector.evaluation.request import EvaluateRequest
from detector.evaluation.units.evaluate import evaluate_units
from detector.evaluation.units.figures import UnitEvaluation
from detector.evaluation.units.reading import read_units
from detector.labels import LabelRules

GOLDEN = json.loads((Path(__file__).parent / "unit_figures.json").read_text(encoding="utf-8"))
SAME = pytest.approx


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def evaluated(name: str, folder: Path) -> UnitEvaluation:
    """Write the units of a set as tables, and evaluate them as spans of a tenth of a second less than 1 s."""
    annotations: list[dict[str, Any]] = []
    detections: list[dict[str, Any]] = []
    for unit in GOLDEN[name]["units"]:
        span = {"recording": unit["recording"], "start_s": unit["start_s"], "end_s": unit["start_s"] + 0.9}
        annotations += [span | {"label": label} for label in unit["labels"] or ["nothing"]]
        detections += [span | {"label": label, "score": repr(score)} for label, score in unit["scores"].items()]
    tables = (write(folder / "detections.csv", detections), write(folder / "annotations.csv", annotations))
    units, _ = read_units(EvaluateRequest(*tables, rules=LabelRules(background=frozenset({"nothing"}))), "spans")
    return evaluate_units(units, draws=0)


@pytest.mark.parametrize("name", list(GOLDEN))
def test_average_precision_and_auroc_of_each_label(name: str, tmp_path: Path) -> None:
    evaluation = evaluated(name, tmp_path)
    golden = GOLDEN[name]["figures"]["labels"]
    assert list(evaluation.labels) == list(golden)
    for label, figures in golden.items():
        made = {key: figure.value for key, figure in evaluation.labels[label].items()}
        assert made == ({"average_precision": None, "auroc": None} if figures is None else SAME(figures, abs=1e-12))
    for key, figure in evaluation.mean.items():
        known = [figures[key] for figures in golden.values() if figures is not None]
        assert figure.value == SAME(sum(known) / len(known), abs=1e-12)


@pytest.mark.parametrize("name", list(GOLDEN))
def test_figures_and_confusion_of_units_with_one_label(name: str, tmp_path: Path) -> None:
    evaluation = evaluated(name, tmp_path)
    golden = GOLDEN[name]["figures"]["one_label"]
    if golden is None:
        assert evaluation.predictions is None
        return
    assert evaluation.predictions is not None
    confusion = golden.pop("confusion")
    assert evaluation.predictions.confusion[:, :-1].tolist() == confusion
    assert {key: figure.value for key, figure in evaluation.one_label.items()} == SAME(golden, abs=1e-12)
