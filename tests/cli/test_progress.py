"""Bars and lines on standard error: bars only on a terminal, and not beside a table; lines with flags, made visible."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import click
import pytest

from detector.cli import commands
from detector.cli.progress import BY_RECORDING, Bars
from detector.errors import Parameter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def work_through(bars: Bars) -> None:
    with bars.begin(2, "recording", "training recordings") as work:
        work.advance(0.5)
        bars.say("a line")
        work.advance(1.5)


def on_terminal(monkeypatch: pytest.MonkeyPatch, bars: Bars, working: Callable[[Bars], None] = work_through) -> str:
    """Work with a terminal in the place of standard error; give what was written on it."""
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        working(bars)
    return terminal.getvalue()


def test_on_a_terminal_a_bar_is_drawn_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = on_terminal(monkeypatch, Bars())
    assert "training recordings" in drawn
    assert "0/2" in drawn
    assert "detector: a line\n" in drawn
    assert drawn.split("\r")[-1].strip() == ""


def test_items_are_counted_in_whole_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(bars: Bars) -> None:
        for _ in bars.through("ab", 2, "batch"):
            bars.say("a line")  # below it, the bar is drawn anew

    assert " 1/2 " in on_terminal(monkeypatch, Bars(), whole)


def test_recordings_are_counted_in_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "0.0 of 2 recordings" in on_terminal(monkeypatch, Bars(form=BY_RECORDING))


def test_beside_a_table_only_lines_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    assert on_terminal(monkeypatch, Bars(hidden=True)) == "detector: a line\n"


def test_without_a_terminal_only_lines_are_written(capsys: pytest.CaptureFixture[str]) -> None:
    work_through(Bars(prefix=""))
    assert capsys.readouterr() == ("", "a line\n")


def test_a_line_shows_flags_and_no_commands_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    root = click.Context(commands, info_name="detector")
    root.invoked_subcommand = "scan"
    with root, click.Context(commands.commands["scan"], parent=root):
        Bars().say(f"a\x1b[2J.wav: {Parameter('hop_s')} is long")
    assert capsys.readouterr().err == "detector: a\\x1b[2J.wav: --hop is long\n"
