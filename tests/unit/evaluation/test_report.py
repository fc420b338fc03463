from __future__ import annotations

import json

from detector.evaluation.evaluate import evaluate
from detector.evaluation.material import Material, Unit
from detector.evaluation.report import as_object, as_text
from detector.evaluation.settings import EvaluateSettings

from .conftest import event

A, B = Unit("a.wav"), Unit("b.wav")


def material(seconds: float = 1800.0) -> Material:
    reference = {A: [event(0, 1, "x"), event(20, 21, "y")], B: [event(0, 1, "x")]}
    estimated = {A: [event(0, 1, "x", 0.9), event(20, 21, "y", 0.7)], B: [event(5, 6, "x", 0.8)]}
    return Material(reference, estimated, seconds={A: seconds, B: seconds})


def line(text: str, title: str, label: str) -> list[str]:
    """Give the cells of a label's line under a title."""
    lines = iter(text.splitlines())
    next(one for one in lines if one.startswith(title))
    return next(one for one in lines if one.split()[:1] == [label]).split()


def test_every_label_and_all_of_them_have_a_line() -> None:
    text = "\n".join(as_text(evaluate(material(), EvaluateSettings(draws=0))))
    assert text.startswith("2 recordings, 1 h\n")
    assert line(text, "every detection", "(overall)") == [
        "(overall)",
        "3",
        "3",
        "2",
        "1",
        "1",
        "0.667",
        "0.667",
        "0.667",
    ]
    assert line(text, "every detection", "(mean)") == ["(mean)", "0.750", "0.750", "0.750"]
    assert line(text, "every detection", "x") == ["x", "2", "2", "1", "1", "1", "0.500", "0.500", "0.500"]
    assert line(text, "at the threshold of the best F1", "x")[:2] == ["x", "0.85"]


def test_intervals_stand_in_brackets() -> None:
    text = "\n".join(as_text(evaluate(material(), EvaluateSettings(draws=100))))
    assert "95 % intervals by bootstrap over 2 recordings" in text
    assert " ".join(line(text, "every detection", "x")[6:10]) == "0.500 (0.000 to 1.000)"


def test_a_recall_that_lower_scores_could_raise_is_marked() -> None:
    text = "\n".join(as_text(evaluate(material(), EvaluateSettings(draws=0))))
    assert line(text, "recall at false alarms", "x") == ["x", ">=0.500", ">=0.500", ">=0.500"]
    one = Material(
        {A: [event(0, 1)], B: [event(0, 1)]}, {A: [event(0, 1, "a", 0.9)], B: []}, seconds={A: 60.0, B: 60.0}
    )
    found = [event(0, 1, "a", 0.9), event(5, 6, "a", 0.8), event(8, 9, "a", 0.7)]
    more = Material(one.reference, {A: found, B: []}, seconds={A: 1800.0, B: 1800.0})
    marks = [
        line("\n".join(as_text(evaluate(m, EvaluateSettings(draws=0)))), "recall at", "a")[1:] for m in (one, more)
    ]
    assert marks == [[">=0.500"] * 3, ["0.500", ">=0.500", ">=0.500"]]  # a second false alarm ends what 1/h may have
    assert line(text, "recall at false alarms", "y") == ["y", "1.000", "1.000", "1.000"]
    assert line(text, "recall at false alarms", "(mean)") == ["(mean)", ">=0.750", ">=0.750", ">=0.750"]


def test_the_object_marks_the_same_recalls_as_the_text() -> None:
    # x has two false alarms, so that one per hour ends above its last score; y has none and misses nothing.
    reference = {A: [event(0, 1, "x"), event(20, 21, "y")], B: [event(0, 1, "x")]}
    found = [event(0, 1, "x", 0.9), event(5, 6, "x", 0.8), event(8, 9, "x", 0.7), event(20, 21, "y", 0.9)]
    told = evaluate(Material(reference, {A: found}, seconds={A: 1800.0, B: 1800.0}), EvaluateSettings(draws=0))
    read, text = as_object(told), "\n".join(as_text(told))
    for name, row in (("(overall)", read["overall"]), ("(mean)", {"figures": read["mean"]}), *read["labels"].items()):
        marks = [row["figures"][f"recall_at_{rate}_per_hour"]["at_least"] for rate in (1, 10, 100)]
        assert marks == [cell.startswith(">=") for cell in line(text, "recall at false alarms", name)[1:]]
        assert marks == ([False, False, False] if name == "y" else [False, True, True])
    assert "at_least" not in read["overall"]["figures"]["recall"]
    unknown = as_object(evaluate(Material(reference, {A: found}), EvaluateSettings(draws=0)))["overall"]["figures"]
    assert unknown["recall_at_1_per_hour"] == {"value": None, "low": None, "high": None, "at_least": False}


def test_one_label_has_one_line() -> None:
    one = Material({A: [event(0, 1, "owl")]}, {A: [event(0, 1, "owl", 0.5)]})
    text = "\n".join(as_text(evaluate(one)))
    assert text.startswith("1 recording, of unknown length\n")
    assert "(overall)" not in text
    assert "of unknown length" in text
    assert "per hour" not in text
    assert "PSDS" not in text


def test_the_object_for_programs_is_json_and_holds_every_figure() -> None:
    told = evaluate(material(), EvaluateSettings(draws=50))
    read = json.loads(json.dumps(as_object(told), allow_nan=False))
    assert (read["recordings"], read["hours"], read["groups"]) == (2, 1.0, 2)
    assert set(read["labels"]) == {"x", "y"}
    assert read["overall"]["hits"] == 2
    assert set(read["overall"]["figures"]) == set(told.overall.figures)
    assert set(read["labels"]["y"]["figures"]["recall"]) == {"value", "low", "high"}
    assert read["settings"]["iou"] == 0.3
