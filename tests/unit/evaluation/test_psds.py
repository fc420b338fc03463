from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from detector.evaluation.field import field_of
from detector.evaluation.intersection import Criteria
from detector.evaluation.material import LabelEvents, Material, Unit
from detector.evaluation.psds import PSDS1, PSDS2, PsdsOfLabels, psds

from .conftest import event

HOUR = np.array([3600.0])


def score(parts: list[LabelEvents], criteria: Criteria, seconds: np.ndarray = HOUR) -> float:
    """Give the events of each part a label of their own."""
    unit = Unit("a.wav")
    sides = [
        [replace(one, label=str(n)) for n, part in enumerate(parts) for one in side(part)]
        for side in (lambda part: part.reference, lambda part: part.estimated)
    ]
    doubt = [span for part in parts for span in part.uncertain]
    field = field_of(Material({unit: sides[0]}, {unit: sides[1]}, {unit: doubt}))
    (value,) = psds("psds", field, seconds, criteria, 0.3)(np.ones(1)).ravel().tolist()
    return float(value)


def test_a_false_alarm_before_the_hit_costs_the_share_of_the_axis_to_its_left() -> None:
    part = LabelEvents(0, (event(0, 1),), (event(5, 6, score=0.9), event(0, 1, score=0.8)))
    assert score([part], PSDS1) == pytest.approx(0.99)
    assert score([part], PSDS1, HOUR / 50) == pytest.approx(0.5)
    assert score([part], PSDS1, HOUR / 200) == 0
    assert np.isnan(score([part], PSDS1, np.array([np.nan])))


def test_both_criteria_are_met_by_exactly_their_share() -> None:
    reference = (event(0, 10),)
    assert score([LabelEvents(0, reference, (event(3, 13, score=0.5),))], PSDS1) == 1
    assert score([LabelEvents(0, reference, (event(3, 13.1, score=0.5),))], PSDS1) == 0  # too much beside the call
    assert score([LabelEvents(0, reference, (event(3.1, 10, score=0.5),))], PSDS1) == 0  # too little of the call
    assert score([LabelEvents(0, reference, (event(9, 19, score=0.5),))], PSDS2) == 1


def test_a_call_is_found_at_the_score_at_which_detections_together_cover_enough() -> None:
    found = (event(0, 4, score=0.9), event(20, 21, score=0.7), event(5, 8, score=0.6), event(8, 10, score=0.2))
    part = LabelEvents(0, (event(0, 10),), found)
    assert score([part], PSDS1) == pytest.approx(0.99)  # 0-4 and 5-8 are 70 %, after one false alarm
    assert score([replace(part, estimated=found[:2])], PSDS1) == 0


def test_a_spread_over_labels_is_punished() -> None:
    found, missed = LabelEvents(0, (event(0, 1),), (event(0, 1, score=0.5),)), LabelEvents(0, (event(5, 6),), ())
    assert score([found, missed], replace(PSDS1, alpha_st=0.0)) == pytest.approx(0.5)
    assert score([found, missed], PSDS1) == 0  # mean and standard deviation are both one half


def test_a_cross_trigger_weighs_more_the_less_there_is_of_the_other_label() -> None:
    other = LabelEvents(0, (event(20, 30),), (event(20, 30, score=0.9),))
    part = LabelEvents(0, (event(0, 1),), (event(20, 23, score=0.9), event(0, 1, score=0.8)))
    criteria = replace(PSDS2, alpha_st=0.0, e_max=1000.0)
    apart = replace(part, estimated=(event(40, 43, score=0.9), event(0, 1, score=0.8)))
    assert score([apart, other], criteria) == pytest.approx(1 - 0.5 * 1 / 1000)
    crossed = 1 + 0.5 * 3600 / 10  # one false alarm, and one cross-trigger in 10 s of the other label
    assert score([part, other], criteria) == pytest.approx(1 - 0.5 * crossed / 1000)


def test_doubt_neither_rewards_nor_punishes() -> None:
    part = LabelEvents(0, (event(0, 1),), (event(5, 6, score=0.9), event(0, 1, score=0.8)), ((5.0, 6.0),))
    assert score([part], PSDS1) == 1


def test_labels_without_reference_events_are_left_out() -> None:
    found, absent = (
        LabelEvents(0, (event(0, 1),), (event(0, 1, score=0.5),)),
        LabelEvents(0, (), (event(5, 6, score=0.9),)),
    )
    assert score([found, absent], PSDS1) == 1


def test_a_label_has_the_score_that_it_has_without_the_others() -> None:
    parts = [
        LabelEvents(
            0, (event(0, 1), event(2, 3)), (event(0, 1, score=0.8), event(5, 6, score=0.6), event(2, 3, score=0.4))
        ),
        LabelEvents(0, (event(0, 1),), (event(7, 8, score=0.9), event(0, 1, score=0.8))),
        LabelEvents(0, (event(0, 1),), ()),
    ]
    unit = Unit("a.wav")
    sides = [[replace(one, label=str(n)) for n, part in enumerate(parts) for one in part.reference]]
    sides.append([replace(one, label=str(n)) for n, part in enumerate(parts) for one in part.estimated])
    together = psds("psds", field_of(Material({unit: sides[0]}, {unit: sides[1]})), HOUR, PSDS1, 0.3)
    alone = [score([part], PSDS1) for part in parts]
    assert PsdsOfLabels(together, np.arange(3))(np.ones(1))[0].tolist() == pytest.approx(alone)
