"""What verdicts come to, by hand for small cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from detector.audit.answers import Answer
from detector.audit.detections import Detections
from detector.audit.estimation import audit, label_figures
from detector.audit.report import lines
from detector.audit.tables import Verdict
from detector.errors import AnnotationError
from detector.estimates.estimate import Estimate, share_of_sum, stratified
from tests.unit.audit.worlds import detections_of

SCORES = [0.1] * 10 + [0.2] * 10 + [0.9] * 20
FOUND = detections_of(SCORES)


def answer(score: float, verdict: Verdict) -> Answer:
    """Answer one of 4 drawn from 20 low scores, or of 5 drawn from 20 high ones."""
    drawn = 4 if score < 0.5 else 5
    return Answer("owl", 1 if score < 0.5 else 2, 20, drawn, drawn / 20, score, 1.0, verdict)


def window(verdict: Verdict, seconds: float = 10.0, probability: float = 0.05, drawn: int = 4) -> Answer:
    return Answer("owl", None, 90, drawn, probability, 0.0, seconds, verdict)


LOW = [answer(0.1, 1), answer(0.1, 0), answer(0.2, 0), answer(0.2, 0)]
HIGH = [answer(0.9, 1), answer(0.9, 1), answer(0.9, 1), answer(0.9, 1), answer(0.9, 0)]


def test_precision_is_weighted_by_the_size_of_strata() -> None:
    found = label_figures("owl", LOW + HIGH, FOUND)
    assert found.precision == stratified([1, 4], [4, 5], [20, 20])
    assert found.precision.value == pytest.approx(0.5 * 0.25 + 0.5 * 0.8)
    assert found.true_detections == 40 * found.precision
    assert [one.precision.value for one in found.strata if one.precision] == [0.25, 0.8]
    assert [(one.lowest, one.highest, one.detections, one.drawn, one.checked, one.yes) for one in found.strata] == [
        (0.1, 0.2, 20, 4, 4, 1), (0.9, 0.9, 20, 5, 5, 4),
    ]  # fmt: skip
    assert (found.detections, found.drawn, found.checked, found.unsure, found.unanswered) == (40, 9, 9, 0, 0)
    assert (found.background, found.calls, found.recall) == (None, None, None)


def test_precision_above_a_threshold_weighs_what_is_left_of_each_stratum() -> None:
    verdicts = LOW + HIGH + [replace(one, score=0.2) for one in LOW] + HIGH
    found = {one.score: one for one in label_figures("owl", verdicts, FOUND).thresholds}
    assert sorted(found) == [0.1, 0.2, 0.9]
    assert found[0.2].detections == 30
    assert found[0.2].checked == 16
    assert found[0.2].precision == stratified([1, 8], [6, 10], [10, 20])
    assert found[0.9].precision == stratified([8], [10], [20])
    assert found[0.9].true_detections == 20 * found[0.9].precision


def test_a_threshold_is_not_told_from_fewer_than_ten_verdicts() -> None:
    assert label_figures("owl", LOW + HIGH, FOUND).thresholds == ()


def test_the_lowest_scores_that_reach_a_precision_are_told_with_the_surer_one() -> None:
    scores = [n / 1000 for n in range(1, 401)]
    found = label_figures(
        "owl",
        [Answer("owl", 1, 400, 400, 1.0, score, 1.0, int(score > 0.1)) for score in scores],
        detections_of(scores),
    )
    assert [(one.precision, one.score, one.sure) for one in found.targets] == [
        (0.9, 0.068, 0.068), (0.95, 0.086, 0.086),
    ]  # fmt: skip
    half = [Answer("owl", 1, 400, 200, 0.5, score, 1.0, int(score > 0.1)) for score in scores[::2]]
    low = label_figures("owl", half, detections_of(scores)).targets[0]
    assert low.score is not None
    assert low.sure is not None
    assert low.score < low.sure


def test_a_target_that_no_threshold_reaches_is_none() -> None:
    answers = [answer(0.9, 0)] * 10 + [answer(0.1, 0)] * 10
    assert [(one.score, one.sure) for one in label_figures("owl", answers, FOUND).targets] == [(None, None)] * 2


def test_unsure_verdicts_are_left_out_and_bounded() -> None:
    found = label_figures(
        "owl", [*LOW, answer(0.9, 1), answer(0.9, 1), answer(0.9, 0), *[answer(0.9, "unsure")] * 2], FOUND
    )
    assert (found.checked, found.unsure, found.unanswered) == (7, 2, 0)
    assert found.precision == stratified([1, 2], [4, 3], [20, 20])
    assert found.precision_if_unsure == pytest.approx((0.125 + 0.5 * 2 / 5, 0.125 + 0.5 * 4 / 5))


def test_what_is_unanswered_or_was_deleted_is_counted() -> None:
    found = label_figures("owl", [*LOW[:3], answer(0.9, None), *HIGH[:2]], FOUND)
    assert (found.drawn, found.checked, found.unanswered) == (9, 5, 4)
    assert found.precision == stratified([1, 2], [3, 2], [20, 20])


def test_a_stratum_without_a_verdict_leaves_the_whole_unknown_and_the_scores_above_it_known() -> None:
    high = [replace(answer(0.9, 1), stratum_drawn=12)] * 12
    found = label_figures("owl", [answer(0.1, None), *high], FOUND)
    assert found.precision is None
    assert found.strata[0].precision is None
    assert [one.score for one in found.thresholds] == [0.9]
    assert "unknown" in "\n".join(lines(found))


def test_rows_of_a_whole_stratum_that_are_missing_are_refused() -> None:
    with pytest.raises(AnnotationError, match=r"owl: .*strata"):
        label_figures("owl", HIGH, FOUND)
    with pytest.raises(AnnotationError, match=r"owl: .*strata"):
        label_figures("owl", [window(1)], FOUND)


def test_missed_calls_are_counted_by_the_probability_of_their_windows() -> None:
    windows = [window(2), window(0), window(1, 5.0, 0.025), window(0)]
    found = label_figures("owl", LOW + HIGH + windows, FOUND)
    heard = found.background
    assert heard is not None
    assert heard.missed.value == pytest.approx(2 / 0.05 + 1 / 0.025)
    assert (heard.windows, heard.drawn, heard.checked, heard.calls) == (90, 4, 4, 3)
    assert heard.seconds == pytest.approx(3 * 10 / 0.05 + 5 / 0.025)
    assert heard.seconds_checked == 35.0
    right = found.true_detections
    assert right is not None
    assert found.calls == right + heard.missed
    assert found.recall == share_of_sum(right, heard.missed)


def test_windows_that_nobody_answered_are_taken_to_be_like_the_others() -> None:
    found = label_figures("owl", [*LOW, *HIGH, window(1), window(0), window(None), window("unsure")], FOUND)
    heard = found.background
    assert heard is not None
    assert heard.missed.value == pytest.approx(1 / (0.05 / 2))
    assert heard.seconds == pytest.approx(800.0)
    assert (heard.checked, heard.unsure) == (2, 1)
    assert heard.missed_if_unsure == pytest.approx((1 / (0.05 * 3 / 4), 2 / (0.05 * 3 / 4)))
    bounds = found.recall_if_unsure
    assert bounds is not None
    assert bounds[0] < bounds[1]


def test_background_that_nobody_answered_gives_no_recall() -> None:
    found = label_figures("owl", [*LOW, *HIGH, window(None)], FOUND)
    assert (found.background, found.recall) == (None, None)


def test_labels_are_estimated_apart() -> None:
    frogs = detections_of([0.5] * 3, "frog").rows
    both = Detections(Path("d"), FOUND.rows + frogs, "d")
    frog = [Answer("frog", 1, 3, 3, 1.0, 0.5, 1.0, 1)] * 3
    found = audit([*LOW, *frog, *HIGH], both)
    assert [one.label for one in found] == ["frog", "owl"]
    assert found[0].precision == Estimate(1.0, 1.0, 1.0)
    assert found[1] == label_figures("owl", LOW + HIGH, FOUND)
