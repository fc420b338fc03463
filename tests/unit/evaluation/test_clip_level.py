from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics.functional.classification import binary_auroc, binary_average_precision

from detector.evaluation.clip_level import ClipLevel, rank_clips
from detector.evaluation.material import Part

from .conftest import SCORES, event


def clips(rows: list[tuple[bool, list[float]]]) -> list[Part]:
    return [
        Part(n, (event(0, 1),) if there else (), tuple(event(2, 3, score=score) for score in scores))
        for n, (there, scores) in enumerate(rows)
    ]


@settings(deadline=None)
@given(rows=st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from(SCORES), max_size=3)), min_size=1, max_size=9))
def test_clips_are_ranked_by_their_highest_score_as_torchmetrics_ranks_them(
    rows: list[tuple[bool, list[float]]],
) -> None:
    precision, auroc = ClipLevel(rank_clips(clips(rows)))(np.ones(len(rows)))
    there = torch.tensor([int(one) for one, _ in rows])
    if there.all() or not there.any():
        assert np.isnan([precision, auroc]).all()
        return
    highest = torch.tensor([max(scores, default=0.0) for _, scores in rows])
    assert precision == pytest.approx(float(binary_average_precision(highest, there)), abs=1e-6)
    assert auroc == pytest.approx(float(binary_auroc(highest, there)), abs=1e-6)


def test_a_clip_with_nothing_but_doubt_is_left_out() -> None:
    rows = clips([(True, [0.5]), (False, [0.2]), (False, [0.9])])
    doubtful = [*rows[:2], Part(2, (), rows[2].estimated, ((0.0, 9.0),))]
    assert ClipLevel(rank_clips(doubtful))(np.ones(3)) == [1.0, 1.0]
    assert ClipLevel(rank_clips(rows))(np.ones(3)) == [0.5, 0.5]
