"""What a terminal would take for a command is shown as an escape."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis.strategies import text

from detector.terminal import visible


@given(text())
def test_text_becomes_one_line_without_commands(value: str) -> None:
    shown = visible(value)
    assert len(shown.splitlines()) <= 1
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown)
    assert visible(shown) == shown


@pytest.mark.parametrize("name", ["a b.wav", "größe.wav", "鳥/é.flac", "C:\\x\\y.wav", "\"'.wav", "\U0001f426.mp3"])
def test_a_usual_name_is_shown_as_it_is(name: str) -> None:
    assert visible(name) == name


def test_bytes_that_are_no_text_are_shown_as_escapes() -> None:
    assert visible(os.fsdecode(b"\x9b31m.wav")) == r"\udc9b31m.wav"
