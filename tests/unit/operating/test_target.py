"""Targets are read as they are written."""

from __future__ import annotations

import pytest

from detector.errors import ConfigurationError
from detector.operating.target import Target, parse_target


@pytest.mark.parametrize(
    ("text", "target"),
    [("f1", Target("f1")), ("p=0.9", Target("p", 0.9)), ("fa=2/h", Target("fa", 2)), ("fa=0.5/h", Target("fa", 0.5))],
)
def test_a_target_is_read_and_written(text: str, target: Target) -> None:
    assert parse_target(text) == target
    assert str(target) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("best", "must be f1, p=PRECISION"),
        ("fa=2", "must be f1, p=PRECISION as in p=0.9, or fa=RATE/h as in fa=2/h"),
        ("p=0", "precision must be above 0 and at most 1"),
        ("p=90", "precision must be above 0 and at most 1"),
        ("p=nan", "precision must be above 0 and at most 1"),
        ("fa=-1/h", "the rate must be a number from 0"),
        ("fa=inf/h", "the rate must be a number from 0"),
        ("fa=two/h", "the rate must be a number from 0"),
    ],
)
def test_what_is_no_target_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=f"{text}.*{told}"):
        parse_target(text)
