"""What tuning promises holds on what it was tuned on, and is what a scan does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.evaluation.ranking import rank
from detector.operating.points import Operating, OperatingPoint
from detector.operating.target import parse_target
from detector.tuning.report import as_object, as_text, warnings
from detector.tuning.search import curve_of, search
from detector.tuning.subject import subject_of
from detector.tuning.tune import Goal, Tuning, tune

from .conftest import MakeHeard, drawn

OWN = Operating(label=(OperatingPoint(name="owl"), OperatingPoint(name="frog", threshold=0.7)))
few = settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tuned(heard, target: str, calibration: str = "auto") -> Tuning:
    return tune(heard, OWN, Goal(parse_target(target), 0.3, calibration))


@few
@given(st.integers(0, 99), st.sampled_from(["p=0.8", "p=0.95", "fa=30/h", "fa=6/h"]))
def test_a_promise_that_is_reached_holds_for_what_is_found_with_the_stored_point(
    heard: MakeHeard, seed: int, target: str
) -> None:
    made = heard(*drawn(6, seed))
    (label,) = tuned(made, target).labels
    figures = label.figures
    counts = subject_of(made, "owl", 0.3).ranked(label.point).counts()
    assert (counts.hits, counts.false_alarms) == (figures.hits, figures.false_alarms)
    if label.reached and target.startswith("p"):
        assert figures.precision.value >= float(target[2:]) - 1e-9
    if label.reached and target.startswith("fa"):
        assert figures.rate.value <= float(target[3:-2]) + 1e-6


@few
@given(st.integers(0, 99))
def test_the_stored_curve_is_what_each_of_its_thresholds_gives_and_recall_falls(heard: MakeHeard, seed: int) -> None:
    made = heard(*drawn(5, seed))
    (label,) = tuned(made, "f1").labels
    subject, curve = subject_of(made, "owl", 0.3), label.point.curve
    assert len(curve) <= 42
    assert list(curve.hits) == sorted(curve.hits, reverse=True)
    for n, threshold in enumerate(curve.threshold):
        counts = subject.ranked(label.point.at(threshold)).counts()
        assert (counts.hits, counts.false_alarms) == (curve.hits[n], curve.false_alarms[n])


def test_another_target_is_looked_up_without_tuning_anew(heard: MakeHeard) -> None:
    made = heard(*drawn(8))
    (label,) = tuned(made, "f1").labels
    sure = label.point.at(parse_target("p=0.95"))
    assert sure.threshold > label.point.threshold
    assert label.point.at(parse_target("f1")).threshold == label.point.threshold


@few
@given(st.integers(0, 99))
def test_all_thresholds_are_counted_at_once_as_one_by_one(heard: MakeHeard, seed: int) -> None:
    subject = subject_of(heard(*drawn(3, seed)), "owl", 0.3)
    point = subject.own.model_copy(update={"gap_s": 0.1, "shortest_s": 0.35})
    thresholds = [0.05, 0.2, 0.5, 0.7]
    curve = curve_of(subject, point, thresholds)
    for threshold, hits, false_alarms in zip(curve.threshold, curve.hits, curve.false_alarms):
        counts = subject.ranked(point.model_copy(update={"threshold": threshold})).counts()
        assert (counts.hits, counts.false_alarms) == (hits, false_alarms)


def test_a_threshold_is_chosen_where_a_person_would_choose_it(heard: MakeHeard) -> None:
    calls = [(5.0, 5.5, 0.9), (15.0, 15.5, 0.8), (25.0, 25.5, 0.7)]
    others = [(35.0, 35.5, 0.4), (45.0, 45.5, 0.3)]
    spans = [(start, end) for start, end, _ in calls]
    (label,) = tuned(heard((calls + others, spans), (calls + others, spans)), "f1").labels
    assert 0.4 < label.point.threshold < 0.7
    assert abs(label.point.threshold - 0.55) < 0.1  # the middle, as far as thresholds were tried
    assert (label.figures.hits, label.figures.false_alarms) == (6, 0)
    point = label.point
    assert (point.gap_s, point.shortest_s, point.smooth_s) == (0.0, 0.0, None)  # nothing asks for more


def test_calls_with_a_dropout_are_bridged_and_clicks_are_left_out(heard: MakeHeard) -> None:
    rows = []
    for n in range(4):
        starts = [4.0 + 10 * k + n / 10 for k in range(5)]
        spans = [(start, start + 1.0) for start in starts]
        pieces = [(start + a, start + b, 0.9) for start in starts for a, b in ((0.0, 0.26), (0.3, 0.6), (0.64, 1.0))]
        clicks = [(start + 5.0, start + 5.04, 0.95) for start in starts]
        rows.append((pieces + clicks, spans))
    found = search(subject_of(heard(*rows), "owl", 0.7), parse_target("f1"))
    assert found.curve.merit(parse_target("f1")) == (True, 1.0)
    plain = found.point.model_copy(update={"gap_s": 0.0, "shortest_s": 0.0, "smooth_s": None, "threshold": 0.5})
    assert subject_of(heard(*rows), "owl", 0.7).ranked(plain).counts().hits == 0


@pytest.mark.parametrize(("n_torn", "worth_it"), [(1, False), (4, True)])
def test_a_setting_that_changes_must_gain_more_than_half_a_hundredth(
    heard: MakeHeard, n_torn: int, worth_it: bool
) -> None:
    """Of 200 calls some are torn in two unequal parts: the longer one hits, the other is a false alarm."""
    rows = []
    for n in range(20):
        starts = [3.0 + 5.5 * k for k in range(10)]
        torn = n_torn if n == 0 else 0
        whole = [(start, start + 1.0, 0.9) for start in starts[torn:]]
        pieces = [(start + a, start + b, 0.9) for start in starts[:torn] for a, b in ((0.0, 0.7), (0.76, 1.0))]
        rows.append((pieces + whole, [(start, start + 1.0) for start in starts]))
    subject = subject_of(heard(*rows), "owl", 0.3)
    found = search(subject, parse_target("f1"))
    n, _ = found.curve.choose(parse_target("f1"))
    assert (found.curve.hits[n], found.curve.false_alarms[n]) == (200, 0 if worth_it else n_torn)
    assert (found.point != subject.own) == worth_it


def test_scores_are_calibrated_on_twice_as_many_false_alarms_as_calls_and_no_more(heard: MakeHeard) -> None:
    rows = []
    for n in range(10):
        calls = [(2.0 + 10 * k, 2.5 + 10 * k, 0.9) for k in range(2)]
        others = [(25.0 + 2.5 * k, 25.5 + 2.5 * k, 0.2 + 0.004 * (10 * k + n)) for k in range(12)]
        rows.append((calls + others, [(start, end) for start, end, _ in calls]))
    (label,) = tuned(heard(*rows), "f1").labels
    assert label.calibrated.n_right == 20
    assert 10 < label.calibrated.n_wrong <= 40  # of 120; thresholds are tried in steps


def test_a_target_out_of_reach_is_said_with_the_nearest(heard: MakeHeard) -> None:
    alike = [([(5.0, 5.5, 0.9), (15.0, 15.5, 0.9)], [(5.0, 5.5)])] * 4
    tuning = tuned(heard(*alike), "p=0.9")
    assert not tuning.labels[0].reached
    assert any(
        "owl: no threshold gives a precision of 0.9; taken is the nearest, 0.5 at" in w for w in warnings(tuning)
    )


@pytest.mark.parametrize("target", ["f1", "p=0.8", "fa=30/h"])
def test_small_sets_are_warned_of_and_large_ones_are_not(heard: MakeHeard, target: str) -> None:
    small, large = (list(warnings(tuned(heard(*drawn(n, skill=2.5)), target))) for n in (1, 60))
    assert any("owl: tuned on 5 calls in 1 recording (0.017 h): at threshold" in line for line in small)
    assert any("95 % interval" in line and "too little to" in line for line in small)
    assert not any("too little" in line for line in large)
    assert all("recordings tuned on" in lines[-1] and "detector evaluate" in lines[-1] for lines in (small, large))


def test_labels_without_annotated_events_keep_what_they_had(heard: MakeHeard) -> None:
    tuning = tuned(heard(*drawn(3)), "f1")
    assert tuning.operating.label[1] == OWN.label[1]
    assert any("no annotated events of frog: left as before" in line for line in warnings(tuning))


def test_uncertain_spans_neither_reward_nor_punish(heard: MakeHeard) -> None:
    row = ([(5.0, 5.5, 0.9), (15.0, 15.5, 0.95)], [(5.0, 5.5)])
    (label,) = tuned(heard(row, row, uncertain={0: [(14.9, 15.6)], 1: [(14.9, 15.6)]}), "f1").labels
    assert (label.figures.hits, label.figures.false_alarms) == (2, 0)


def test_calibration_moves_thresholds_and_scores_but_no_span(heard: MakeHeard) -> None:
    made = heard(*drawn(12, skill=1.0))
    (label,) = tuned(made, "p=0.7", "platt").labels
    point = label.point
    assert point.calibration is not None
    bare = point.model_copy(update={"calibration": None, "threshold": point.raw_threshold})
    subject = subject_of(made, "owl", 0.3)
    for with_map, without in zip(subject.events(point), subject.events(bare)):
        assert [event.span for event in with_map] == [event.span for event in without]
        mapped = point.calibration(np.array([event.score for event in without]))
        assert [event.score for event in with_map] == pytest.approx(mapped.tolist())
    assert rank(subject.parts, 0.3, 0.0).counts().hits == 0  # the annotations alone find nothing


def test_everything_is_told_as_text_and_as_an_object(heard: MakeHeard) -> None:
    tuning = tuned(heard(*drawn(4)), "p=0.8")
    text = "\n".join(as_text(tuning))
    assert text.startswith("4 recordings, 0.0667 h; a precision of 0.8, IoU 0.3\n")
    assert "false alarms per hour" in text
    told = as_object(tuning)["labels"]["owl"]
    assert told["figures"]["precision"]["low"] <= told["figures"]["precision"]["value"]
    assert told["point"]["threshold"] in told["point"]["curve"]["threshold"]
