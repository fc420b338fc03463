"""Maps of scores rise and can be turned round."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from detector.operating.calibration import Isotonic, Platt
from detector.operating.points import OperatingPoint

MAPS = [
    Platt(slope=1.0, offset=0.0),
    Platt(slope=0.3, offset=-2.0),
    Platt(slope=2.5, offset=1.0),
    Isotonic(score=(0.0, 0.2, 0.999, 1.0), probability=(0.01, 0.1, 0.9, 0.91)),
]
one_of = st.sampled_from(MAPS)
scores = st.floats(0, 1)


def raw(made: Platt | Isotonic, probability: float) -> float:
    """Return the raw score that stands for a probability."""
    return OperatingPoint(name="x", threshold=probability, calibration=made).raw_threshold


@given(one_of, scores, scores)
def test_a_higher_score_is_never_less_likely_and_a_clearly_higher_one_more_likely(
    made: Platt | Isotonic, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    below, above = made(np.array([low, high])).tolist()
    assert below <= above
    assert below < above or high - low < 1e-9


@given(one_of, scores)
def test_the_inverse_of_a_probability_is_its_score(made: Platt | Isotonic, score: float) -> None:
    assert raw(made, float(made(np.array(score)))) == pytest.approx(score, abs=1e-6)


def test_slope_one_and_offset_nothing_change_nothing_but_the_ends() -> None:
    scores = np.linspace(0, 1, 101)
    assert MAPS[0](scores) == pytest.approx(scores, abs=2e-6)


@pytest.mark.parametrize("made", MAPS)
def test_probabilities_that_no_score_stands_for_are_below_all_or_out_of_reach(made: Platt | Isotonic) -> None:
    lowest, highest = made(np.array([0.0, 1.0])).tolist()
    assert raw(made, 0.0) == raw(made, lowest / 2) == raw(made, lowest) == 0.0
    assert raw(made, (1 + highest) / 2) == math.inf
    assert raw(made, highest) <= 1.0


@pytest.mark.parametrize(
    ("score", "probability", "told"),
    [
        ((0.0, 0.5), (0.1, 0.2), "must begin with 0 and end with 1"),
        ((0.0, 1.0), (0.2, 0.2), "probability: must rise"),
        ((0.0, 0.6, 0.5, 1.0), (0.1, 0.2, 0.3, 0.4), "score: must rise"),
        ((0.0, 1.0), (0.1, 0.2, 0.3), "score and probability"),
        ((0.0, 1.0), (0.5, 1.5), "probability: must rise from value to value, from 0 to 1"),
    ],
)
def test_a_map_that_cannot_be_turned_round_is_refused(
    score: tuple[float, ...], probability: tuple[float, ...], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        Isotonic(score=score, probability=probability)
    with pytest.raises(ValidationError, match="greater than 0"):
        Platt(slope=0.0, offset=0.0)
