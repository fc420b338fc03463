"""The card of a tuned model says where its thresholds come from, once, and nothing against it."""

from __future__ import annotations

import pytest

from detector.operating.curve import Curve
from detector.operating.points import Evidence, Operating, OperatingPoint, Tuned
from detector.training.card import CAUTION, CHOSEN, NOT_CHOSEN
from detector.tuning.card import HEADING, tuned_card

CURVE = Curve(threshold=(0.7,), hits=(9,), false_alarms=(1,), events=10, hours=0.5)


def operating(target: str) -> Operating:
    evidence = Evidence(threshold=0.7, figure=0.9, low=0.6, high=0.98, target=target, borne_out=False)
    tuned = Tuned(target=target, recordings=3, hours=0.5, events=10, iou=0.3, hop_s=0.5, data="0123456789ab")
    owl = OperatingPoint(name="owl", threshold=0.7, curve=CURVE, evidence=evidence)
    return Operating(tuned=tuned, label=(owl, OperatingPoint(name="frog")))


@pytest.mark.parametrize("chosen", [CHOSEN, NOT_CHOSEN])
def test_what_training_said_of_thresholds_is_no_longer_said(chosen: str) -> None:
    card = f"# my-owl\n\n## Figures\n\n{chosen}{CAUTION.format(what='frames')}\n"
    made = tuned_card(card, operating("p=0.9"))
    assert chosen not in made
    assert "Those of `operating.toml` are of `detector tune`" in made or "are of `detector tune` (below)" in made
    assert CAUTION.format(what="frames") in made
    assert f"{HEADING}\n\n`operating.toml` holds what `detector tune` chose on 2" in made
    assert "for a precision of 0.9 at an IoU of 0.3: on 3 recordings, 0.5 h, 10 annotated events (data 0123" in made
    assert "| owl | 0.7 | a precision of 0.9 | 0.9 (0.6 to 0.98) | no |\n| frog | 0.5 | not tuned | | |\n" in made


def test_a_second_tuning_takes_the_place_of_the_first_and_leaves_other_sections() -> None:
    card = f"# my-owl\n\n{CHOSEN}\n"
    first = tuned_card(card, operating("p=0.9"))
    mined = f"{first}\n## Hard-negative mining\n\nRounds.\n"
    second = tuned_card(mined, operating("fa=2/h"))
    assert second.count(HEADING) == 1
    assert "a precision of 0.9" not in second
    assert "2 false alarms per hour" in second
    assert "## Hard-negative mining\n\nRounds.\n" in second
    assert tuned_card(second, operating("fa=2/h")) == second
