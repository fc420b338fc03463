"""Figures of sed_scores_eval, an independent implementation; make_sed_figures.py says how they were made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.evaluation.evaluate import evaluate
from detector.evaluation.field import field_of
from detector.evaluation.figures import Evaluation
from detector.evaluation.intersection import Criteria
from detector.evaluation.material import Material, Unit
from detector.evaluation.psds import PSDS1, PSDS2, PsdsOfLabels, psds
from detector.evaluation.ranking import rank
from detector.evaluation.settings import EvaluateSettings
from detector.evaluation.thresholds import curve_of
from detector.events import Event

GOLDEN = json.loads((Path(__file__).parent / "sed_figures.json").read_text(encoding="utf-8"))
IOUS = tuple(GOLDEN["shifted"]["figures"])


def material(name: str) -> Material:
    reference = {
        Unit(recording): [Event(start, end, label) for start, end, label in rows]
        for recording, rows in GOLDEN[name]["reference"].items()
    }
    estimated = {
        Unit(recording): [Event(start, end, label, score=score) for start, end, label, score in rows]
        for recording, rows in GOLDEN[name]["estimated"].items()
    }
    return Material(reference, estimated, seconds=dict.fromkeys(reference, GOLDEN["seconds"]))


@pytest.fixture(scope="module")
def mixed() -> Evaluation:
    return evaluate(material("mixed"), EvaluateSettings(draws=0))


def by_label(evaluation: Evaluation, figure: str) -> dict[str, float | None]:
    return {row.label: row.figures[figure].value for row in evaluation.labels}


@pytest.mark.parametrize("iou", IOUS)
@pytest.mark.parametrize("label", ["a", "b", "c"])
def test_hits_and_false_alarms_are_those_of_sed_scores_eval_at_every_threshold(iou: str, label: str) -> None:
    golden = GOLDEN["shifted"]["figures"][iou][label]
    curve = curve_of(rank(material("shifted").of_label(label), float(iou), 0.0))
    changes = np.diff(np.column_stack([golden["hits"], golden["false_alarms"]]), axis=0, prepend=0).any(axis=1)
    assert changes.all()  # it lists thresholds at which a count changes: here, all
    assert curve.hits.tolist() == golden["hits"]
    assert curve.false_alarms.tolist() == golden["false_alarms"]


@pytest.mark.parametrize("iou", IOUS)
def test_average_precision_and_best_f1_are_those_of_sed_scores_eval(iou: str) -> None:
    told = evaluate(material("shifted"), EvaluateSettings(iou=float(iou), draws=0))
    golden = GOLDEN["shifted"]["figures"][iou]
    assert by_label(told, "average_precision") == pytest.approx({k: v["average_precision"] for k, v in golden.items()})
    assert by_label(told, "best_f1") == pytest.approx({k: v["best_f1"] for k, v in golden.items()})


@pytest.mark.parametrize(("name", "criteria"), [("psds1", PSDS1), ("psds2", PSDS2)])
@pytest.mark.parametrize("e_max", [100.0, 1000.0])
def test_psds_over_labels_is_that_of_sed_scores_eval(name: str, criteria: Criteria, e_max: float) -> None:
    compared = material("mixed")
    score = psds(name, field_of(compared), compared.durations, replace(criteria, e_max=e_max), 0.3)
    golden: dict[str, Any] = GOLDEN["mixed"]["figures"][f"{name} {e_max:g}"]
    ones = np.ones(len(compared.units))
    assert score(ones).tolist() == [[pytest.approx(golden["overall"])]]
    of_labels = PsdsOfLabels(score, np.arange(len(compared.labels)))(ones)[0]
    assert of_labels.tolist() == pytest.approx([golden[label] for label in compared.labels])


@pytest.mark.parametrize("name", ["psds1", "psds2"])
def test_psds_is_told_overall_and_of_each_label(mixed: Evaluation, name: str) -> None:
    golden = GOLDEN["mixed"]["figures"][f"{name} 100"]
    assert mixed.overall.figures[name].value == pytest.approx(golden["overall"])
    assert by_label(mixed, name) == pytest.approx({row.label: golden[row.label] for row in mixed.labels})


def test_average_precision_and_auroc_of_recordings_are_those_of_sed_scores_eval(mixed: Evaluation) -> None:
    golden = GOLDEN["mixed"]["clips"]
    precision = {label: figures["average_precision"] for label, figures in golden.items()}
    assert by_label(mixed, "clip_average_precision") == pytest.approx(precision)
    assert by_label(mixed, "clip_auroc") == pytest.approx(
        {label: figures["auroc"] for label, figures in golden.items()}
    )
