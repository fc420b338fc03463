from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.classification import binary_auroc, binary_average_precision

from detector.evaluation.chain import Chain
from detector.evaluation.clip_level import ClipStatistic, rank_clips
from detector.evaluation.field import field_of_parts
from detector.evaluation.material import LabelEvents
from detector.evaluation.ranking import rank

from .conftest import SCORES, event


def clips(rows: list[tuple[bool, list[float]]]) -> list[LabelEvents]:
    return [
        LabelEvents(n, (event(0, 1),) if there else (), tuple(event(2, 3, score=score) for score in scores))
        for n, (there, scores) in enumerate(rows)
    ]


def figures(parts: list[LabelEvents], least_iou: float) -> list[float]:
    (clips_of_label,) = rank_clips(field_of_parts(parts), [rank(parts, least_iou, 0.0)])
    figures: list[float] = ClipStatistic(Chain((clips_of_label,)))(np.ones(len(parts)))[:, 0].tolist()
    return figures


def told(parts: list[LabelEvents]) -> list[float]:
    return figures(parts, 0.3)


@settings(deadline=None)
@given(rows=st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from(SCORES), max_size=3)), min_size=1, max_size=9))
def test_clips_are_ranked_by_their_highest_score_as_torchmetrics_ranks_them(
    rows: list[tuple[bool, list[float]]],
) -> None:
    precision, auroc = told(clips(rows))
    there = torch.tensor([int(one) for one, _ in rows])
    if there.all() or not there.any():
        assert np.isnan([precision, auroc]).all()
        return
    highest = torch.tensor([max(scores, default=0.0) for _, scores in rows])
    assert precision == pytest.approx(float(binary_average_precision(highest, there)), abs=1e-6)
    assert auroc == pytest.approx(float(binary_auroc(highest, there)), abs=1e-6)


def test_a_clip_with_nothing_but_doubt_is_left_out() -> None:
    rows = clips([(True, []), (False, [0.2]), (False, [])])  # without the label, the last ties with the first
    doubtful = [*rows[:2], LabelEvents(2, (), (event(2, 3, score=0.9),), ((0.0, 9.0),))]
    assert told(doubtful) == told(rows[:2]) == [0.5, 0.0]
    assert told(rows) == pytest.approx([1 / 3, 1 / 4])


def test_a_detection_on_doubt_raises_no_clip() -> None:
    missed, doubt = (event(0, 1),), ((30.0, 31.0),)
    others = [LabelEvents(1, (), (event(5, 6, score=0.5),)), LabelEvents(2, (), ())]
    without = told([LabelEvents(0, missed, (), doubt), *others])
    assert without == pytest.approx([1 / 3, 1 / 4])
    assert told([LabelEvents(0, missed, (event(30, 31, score=0.9),), doubt), *others]) == without
    assert told([LabelEvents(0, missed, (event(30, 31, score=0.9),)), *others]) == [1.0, 1.0]


def test_a_hit_on_doubt_raises_its_clip_and_what_lies_beside_it_on_doubt_does_not() -> None:
    other = LabelEvents(1, (), (event(5, 6, score=0.5),))
    call, doubt = (event(30, 31),), ((29.0, 32.0),)
    assert told([LabelEvents(0, call, (event(30, 31, score=0.9),), doubt), other]) == [1.0, 1.0]
    beside = (event(29, 30, score=0.9), event(30, 31, score=0.4))
    assert told([LabelEvents(0, call, beside, doubt), other]) == [0.5, 0.0]


def test_a_detection_lies_on_doubt_at_the_overlap_that_is_asked_for() -> None:
    # 8 of 20 s lie in doubt: an IoU of 0.4, and less than half.
    parts = [LabelEvents(0, (event(50, 51),), (event(0, 20, score=0.9),), ((0.0, 8.0),)), LabelEvents(1, (), ())]
    auroc = [figures(parts, iou)[1] for iou in (0.4, 0.41)]
    assert auroc == [0.5, 1.0]
