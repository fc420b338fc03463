"""The definitions of an event that are compared."""

from __future__ import annotations

import numpy as np
import pytest
from event_rules import RULES, figures

from detector.evaluation.material import LabelEvents
from detector.evaluation.ranking import rank
from detector.events import Event

BUMP = np.array([0.0, 0.0, 0.2, 0.9, 0.95, 0.9, 0.2, 0.0, 0.0])


@pytest.mark.parametrize("name", RULES)
def test_every_definition_finds_one_bump_in_its_place(name: str) -> None:
    ((start, end, score),) = RULES[name](BUMP)
    assert start is not None
    assert end is not None
    assert 1.0 <= start <= 3.0
    assert 5.0 <= end <= 7.0
    assert score == 0.95


def test_two_bumps_are_one_run_above_a_low_threshold_and_two_peaks() -> None:
    scores = np.array([0.0, 0.9, 0.2, 0.8, 0.0])
    assert len(RULES["runs above 0.1"](scores)) == 1
    assert len(RULES["peaks: level 0.5, depth 0.2"](scores)) == 2


def test_figures_are_those_of_a_table_ranked_by_score() -> None:
    calls = tuple(Event(10.0 * n, 10.0 * n + 1, "x") for n in range(4))
    found = (*(Event(event.start_s, event.end_s, "x", score=0.9 - n / 10) for n, event in enumerate(calls[:2])),)
    wrong = Event(95.0, 96.0, "x", score=0.85)
    ranking = rank([LabelEvents(0, calls, (*found, wrong), ())], 0.5, 0.0)
    average_precision, f1 = figures([ranking])
    assert average_precision == pytest.approx((1 / 1 + 2 / 3) / 4)
    assert f1 == pytest.approx(2 * 2 / (3 + 4))
