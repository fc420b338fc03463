"""A message of the library names a parameter; the command line shows the flag of the command that runs."""

from __future__ import annotations

import sys

import click
import pytest

from detector import cli
from detector.cli import commands
from detector.cli.flags import flags, with_flags
from detector.errors import Parameter, ParameterError


def running(command: str) -> click.Context:
    """Make the context of the program while a command runs."""
    context = click.Context(commands, info_name="detector")
    context.invoked_subcommand = command
    return context


def test_a_parameter_becomes_the_flag_of_the_command_that_runs() -> None:
    text = f"{Parameter('hop_s')}: 2: too long; {Parameter('annotated_only')} leaves such out"
    assert with_flags(text, running("tune")) == "--hop: 2: too long; --annotated-only leaves such out"


def test_one_name_may_be_another_flag_in_another_command() -> None:
    assert with_flags(str(Parameter("background")), running("extract")) == "--background"
    assert with_flags(str(Parameter("rules.background")), running("extract")) == "--background-label"
    assert with_flags(str(Parameter("start")), running("mine")) == "--from"


def test_a_parameter_of_another_step_becomes_the_flag_of_that_command() -> None:
    text = f"give {Parameter('complete', 'extract')} or another {Parameter('seed', 'extract')} at detector extract"
    assert with_flags(text, running("train")) == "give --fully-annotated or another --seed at detector extract"


def test_what_the_command_cannot_set_stays_as_it_is() -> None:
    text = f"{Parameter('hop_s')} of `my model`"
    assert with_flags(text, running("evaluate")) == text
    assert with_flags(text) == text  # no command runs


@pytest.mark.parametrize("name", list(commands.commands))
def test_every_option_has_its_long_flag(name: str) -> None:
    command = commands.commands[name]
    known = flags(command)
    for option in command.params:
        flag = known[option.name or ""]
        expected = [name for name in option.opts if name.startswith("--")] or [*option.opts, option.human_readable_name]
        assert flag in expected


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_error_reaches_the_user_with_the_flag(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrapped: bool
) -> None:
    @click.command("fail")
    @click.option("--hop", type=float)
    def fail(hop: float) -> None:
        error = ParameterError("hop_s", hop, "is too long", "at most 1 s")
        raise click.UsageError(str(error)) if wrapped else error

    monkeypatch.setitem(commands.commands, "fail", fail)
    monkeypatch.setattr(sys, "argv", ["detector", "fail", "--hop", "2"])
    with pytest.raises(SystemExit) as done:
        cli.main()
    assert done.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(": --hop: 2: is too long; allowed: at most 1 s")
