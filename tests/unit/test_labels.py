"""Rules for labels apply to old and new names alike."""

from __future__ import annotations

import pytest

from detector.labels import LabelRules

RULES = LabelRules(
    rename={"song": "call", "gust": "wind", "?": "maybe", "*": "other"},
    background=frozenset({"wind"}),
    uncertain=frozenset({"maybe"}),
    only=("call",),
)


@pytest.mark.parametrize(
    ("label", "call"), [("song", "call"), ("gust", None), ("wind", None), ("?", None), ("maybe", None), ("frog", None)]
)
def test_a_call_is_what_no_rule_takes_away_by_its_old_or_its_new_name(label: str, call: str | None) -> None:
    assert RULES.of_call(label) == call


def test_background_and_doubt_are_known_by_the_old_and_the_new_name() -> None:
    assert [RULES.is_background(label) for label in ("gust", "wind", "song")] == [True, True, False]
    assert [RULES.is_uncertain(label) for label in ("?", "maybe", "song")] == [True, True, False]


def test_without_rules_every_label_is_a_call_of_its_own_name() -> None:
    assert LabelRules().of_call("anything") == "anything"
    assert LabelRules(rename={"*": "call"}).of_call("anything") == "call"
