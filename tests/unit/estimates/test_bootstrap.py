"""Groups are drawn as one, the same for the same seed, however many at a time."""

from __future__ import annotations

import numpy as np
import pytest

from detector.estimates import bootstrap
from detector.estimates.bootstrap import draw_together, draw_weights, limits, over_groups


def test_as_many_groups_are_drawn_as_there_are_and_a_group_is_drawn_as_one() -> None:
    groups = np.array([0, 1, 1, 2, 0])
    for weights in draw_weights(groups, 50, seed=1):
        assert weights[0] == weights[4]
        assert weights[1] == weights[2]
        assert weights[0] + weights[1] + weights[3] == 3


def test_the_same_seed_draws_the_same() -> None:
    groups = np.arange(5)
    one, other, different = (np.array(list(draw_weights(groups, 20, seed))) for seed in (3, 3, 4))
    assert (one == other).all()
    assert (one != different).any()


def test_limits_leave_out_what_does_not_exist() -> None:
    drawn = np.column_stack([np.arange(101.0), np.where(np.arange(101) % 2, np.nan, 7.0), np.full(101, np.nan)])
    low, high = limits(drawn.T)
    assert (low[0], high[0], low[1], high[1]) == (2.5, 97.5, 7, 7)
    assert np.isnan([low[2], high[2]]).all()


@pytest.mark.parametrize("at_once", [1, 7, 1 << 25])
def test_draws_made_together_are_those_made_one_by_one(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = np.array([0, 2, 1, 2, 0, 3])
    monkeypatch.setattr(bootstrap, "MOST_WEIGHTS", at_once * len(groups))
    together = np.concatenate([draws.weights for draws in draw_together(groups, 20, seed=5)], axis=1)
    assert together.T.tolist() == [weights.tolist() for weights in draw_weights(groups, 20, seed=5)]


def test_one_group_has_no_bootstrap_and_groups_alike_no_width() -> None:
    counts, groups = np.array([[9.0, 10.0]] * 4), np.array([0, 0, 1, 2])
    assert over_groups(counts, groups * 0, lambda s: s[:, 0] / s[:, 1]) is None
    assert over_groups(counts, groups, lambda s: s[:, 0] / s[:, 1]) == (0.9, 0.9)
    assert over_groups(counts * 0, groups, lambda s: s[:, 0] / s[:, 1]) is None
