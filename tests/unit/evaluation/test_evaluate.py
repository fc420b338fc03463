from __future__ import annotations

import pytest

from detector.errors import AnnotationError, ConfigurationError
from detector.evaluation.evaluate import evaluate
from detector.evaluation.events import Counts
from detector.evaluation.figures import Figure
from detector.evaluation.material import Material, Unit
from detector.evaluation.settings import EvaluateSettings

from .conftest import event

A, B = Unit("a.wav"), Unit("b.wav")


def two_labels() -> Material:
    """Label x: two hits of three, one false alarm. Label y: one hit of one. Label z: only a false alarm."""
    reference = {A: [event(0, 1, "x"), event(10, 11, "x"), event(20, 21, "y")], B: [event(0, 1, "x")]}
    estimated = {
        A: [event(0, 1, "x", 0.9), event(10.1, 11, "x", 0.5), event(20, 21, "y", 0.7), event(30, 31, "z", 0.6)],
        B: [event(5, 6, "x", 0.8)],
    }
    return Material(reference, estimated, seconds={A: 1800.0, B: 1800.0})


def test_overall_counts_events_and_mean_counts_labels_that_occur() -> None:
    told = evaluate(two_labels(), EvaluateSettings(draws=0))
    assert [row.label for row in told.labels] == ["x", "y", "z"]
    assert [row.counts for row in told.labels] == [Counts(2, 1, 1), Counts(1, 0, 0), Counts(0, 1, 0)]
    assert told.overall.counts == Counts(3, 2, 1)
    assert told.overall.figures["recall"].value == 3 / 4
    assert told.mean["recall"].value == pytest.approx((2 / 3 + 1) / 2)
    assert told.mean["precision"].value == pytest.approx((2 / 3 + 1) / 2)
    assert told.overall.figures["precision"].value == 3 / 5
    assert "psds1" not in told.mean  # PSDS of all labels is no mean over them


def test_a_label_is_never_matched_with_another() -> None:
    told = evaluate(Material({A: [event(0, 1, "x")]}, {A: [event(0, 1, "y", 0.5)]}), EvaluateSettings(draws=0))
    assert told.overall.counts == Counts(0, 1, 1)


def test_a_label_that_is_called_like_all_of_them_is_refused() -> None:
    with pytest.raises(AnnotationError, match=r"the label \(overall\) stands for all labels together"):
        evaluate(Material({A: [event(0, 1, "(overall)")]}, {}))


def test_the_best_threshold_lies_between_the_last_that_counts_and_the_next() -> None:
    rows = {row.label: row for row in evaluate(two_labels(), EvaluateSettings(draws=0)).labels}
    assert rows["x"].best_threshold == 0.5  # the lowest score of all: nobody knows what comes below
    assert rows["x"].figures["best_f1"].value == pytest.approx(4 / 6)
    assert rows["z"].best_threshold is None
    material = Material({A: [event(0, 1)]}, {A: [event(0, 1, score=0.8), event(5, 6, score=0.4)]})
    assert evaluate(material, EvaluateSettings(draws=0)).overall.best_threshold == pytest.approx(0.6)


def test_labels_may_have_thresholds_of_their_own() -> None:
    told = evaluate(two_labels(), EvaluateSettings(draws=0, threshold=0.65, thresholds={"x": 0.5}))
    assert [row.counts for row in told.labels] == [Counts(2, 1, 1), Counts(1, 0, 0), Counts(0, 0, 0)]
    assert told.overall.counts == Counts(3, 1, 1)
    assert told.overall.threshold is None
    assert [row.threshold for row in told.labels] == [0.5, 0.65, 0.65]


def test_without_scores_there_are_only_figures_at_the_threshold() -> None:
    material = Material({A: [event(0, 1)]}, {A: [event(0, 1), event(5, 6)]}, seconds={A: 3600.0})
    told = evaluate(material)
    assert told.overall.counts == Counts(1, 1, 0)
    assert told.overall.best_threshold is None
    names = set(told.overall.figures)
    assert {"precision", "recall", "f1", "onset_median_s", "coverage_f1"} <= names
    assert not any(name.startswith(("best", "average", "recall_at", "clip", "psds")) for name in names)


def test_a_detector_that_finds_nothing_has_every_figure_of_one_that_finds_too_little() -> None:
    reference, seconds = {A: [event(0, 1, "x"), event(5, 6, "y")], B: [event(2, 3, "x")]}, {A: 1800.0, B: 1800.0}
    nothing = evaluate(Material(reference, {}, seconds=seconds))
    little = evaluate(Material(reference, {A: [event(9, 10, "x", 0.5)]}, seconds=seconds), EvaluateSettings(draws=0))
    for row, other in zip((nothing.overall, *nothing.labels), (little.overall, *little.labels), strict=True):
        assert set(row.figures) == set(other.figures)
        none = ("precision", "recall", "f1", "best_f1", "average_precision", "recall_at_100_per_hour", "psds1", "psds2")
        assert [row.figures[name].value for name in none] == [None, 0, 0, 0, 0, 0, 0, 0]
        assert (row.best_threshold, row.least_score) == (None, None)
    x, y = nothing.labels
    assert (y.figures["clip_average_precision"].value, y.figures["clip_auroc"].value) == (0.5, 0.5)
    assert x.figures["clip_auroc"].value is None  # x is in every recording
    assert nothing.mean["average_precision"].value == 0


def test_recordings_without_events_count_as_time_and_as_clips() -> None:
    short = Material({A: [event(0, 1)]}, {A: [event(5, 6, score=0.9), event(0, 1, score=0.8)]}, seconds={A: 360.0})
    long = Material(short.reference, short.estimated, seconds={A: 360.0, B: 3240.0})
    assert evaluate(short).overall.figures["recall_at_1_per_hour"].value == 0
    assert evaluate(long).overall.figures["recall_at_1_per_hour"].value == 1
    assert evaluate(short).overall.figures["clip_auroc"].value is None
    assert evaluate(long).overall.figures["clip_auroc"].value == 1
    assert evaluate(long).hours == 1


def test_a_detection_on_doubt_neither_rewards_nor_punishes_in_figures_by_recording() -> None:
    # 8 of the 20 s in A lie in doubt: an IoU of 0.4, and less than half.
    reference, doubt = {A: [event(50, 51)], B: []}, {A: [(0.0, 8.0)]}
    material = Material(reference, {A: [event(0, 20, score=0.9)], B: [event(5, 6, score=0.5)]}, doubt)
    aurocs = [
        evaluate(material, EvaluateSettings(iou=iou, draws=0)).overall.figures["clip_auroc"].value
        for iou in (0.3, 0.4, 0.5)
    ]
    assert aurocs == [0.0, 0.0, 1.0]


def test_nothing_at_all_can_be_evaluated() -> None:
    told = evaluate(Material({A: []}, {A: []}, seconds={A: 3600.0}))
    assert told.overall.counts == Counts()
    assert told.labels == ()
    assert told.overall.figures["recall"] == Figure(None)
    assert evaluate(Material({}, {})).hours is None


def test_average_precision_is_told_at_several_ious_and_never_rises_with_them() -> None:
    material = Material({A: [event(0, 10), event(20, 30)]}, {A: [event(2, 10, score=0.9), event(26, 36, score=0.8)]})
    figures = evaluate(material, EvaluateSettings(iou=0.2, draws=0)).overall.figures
    values = [figures[f"average_precision_iou_{iou}"].value for iou in ("0.1", "0.2", "0.3", "0.5", "0.7")]
    assert values == [1.0, 1.0, 0.5, 0.5, 0.5]
    assert figures["average_precision"].value == 1.0


@pytest.mark.parametrize(("iou", "is_enough"), [(0.2, True), (0.25, True), (0.26, False), (0.5, False)])
def test_hits_are_those_of_the_iou_that_is_asked_for_in_every_figure(iou: float, is_enough: bool) -> None:
    # Both detections have an IoU of 0.25, the first with the event, the second with the span of doubt.
    found = [event(6, 8, score=0.8), event(20, 28, score=0.9)]
    material = Material({A: [event(0, 8)]}, {A: found}, {A: [(20.0, 22.0)]}, {A: 3600.0})
    told = evaluate(material, EvaluateSettings(iou=iou, draws=0))
    assert told.overall.counts == (Counts(1, 0, 0) if is_enough else Counts(0, 2, 1))
    assert told.overall.best_threshold == (0.8 if is_enough else None)
    assert told.overall.figures["onset_bias_s"].value == (6.0 if is_enough else None)
    misses, false_alarms = told.matched.misses.tolist(), told.matched.false_alarms.tolist()
    assert (misses, false_alarms) == (([], []) if is_enough else ([0], [0, 1]))


@pytest.mark.parametrize(("iou", "is_doubtful"), [(0.2, True), (0.5, False)])
def test_doubt_is_that_of_the_iou_that_is_asked_for_where_detections_are_not_paired(
    iou: float, is_doubtful: bool
) -> None:
    found = [event(0, 8, score=0.8), event(20, 28, score=0.9)]
    material = Material({A: [event(0, 8)]}, {A: found}, {A: [(20.0, 22.0)]}, {A: 3600.0})
    figures = evaluate(material, EvaluateSettings(iou=iou, draws=0)).overall.figures
    assert figures["coverage_precision"].value == (1.0 if is_doubtful else 0.5)
    assert figures["psds1"].value == pytest.approx(1.0 if is_doubtful else 0.99)


def test_the_psds_of_a_label_is_its_own_whatever_labels_without_annotations_come_before() -> None:
    reference = {A: [event(0, 1, "b"), event(5, 6, "d")]}
    found = [event(9, 10, "a", 0.9), event(0, 1, "b", 0.8), event(9, 10, "c", 0.9)]
    told = evaluate(Material(reference, {A: found}, seconds={A: 3600.0}), EvaluateSettings(draws=0))
    assert {row.label: row.figures["psds1"].value for row in told.labels} == {"a": None, "b": 1.0, "c": None, "d": 0.0}


def test_recall_is_told_at_one_ten_and_a_hundred_false_alarms_per_hour_unless_other_rates_are_given() -> None:
    told = [
        [name for name in evaluate(two_labels(), some).overall.figures if name.startswith("recall_at")]
        for some in (EvaluateSettings(draws=0), EvaluateSettings(draws=0, rates=(0.5,)))
    ]
    assert told == [[f"recall_at_{rate}_per_hour" for rate in (1, 10, 100)], ["recall_at_0.5_per_hour"]]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"iou": 0.0}, "iou: 0: must be above 0"),
        ({"other_ious": (0.3, 1.2)}, "other_ious: 1.2: must be"),
        ({"least_used": -1.0}, "least_used: -1: must be"),
        ({"threshold": 1.5}, "threshold: 1.5: must be from 0 to 1"),
        ({"thresholds": {"x": float("nan")}}, "threshold of x: nan"),
        ({"draws": -1}, "draws: -1: must be 0 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        EvaluateSettings(**wrong)  # type: ignore[arg-type]
