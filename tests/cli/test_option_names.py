"""Options of one purpose have one name; `--json [FILE]` takes no argument for its file, wherever it stands."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from detector.cli import commands
from detector.cli.command import Command
from detector.cli.json_option import STANDARD_OUTPUT

OPTIONS = [
    (name, option)
    for name, command in commands.commands.items()
    for option in command.params
    if isinstance(option, click.Option)
]
OLD_NAMES = [
    (name, old)
    for name, command in commands.commands.items()
    if isinstance(command, Command)
    for old in command.renamed
]


def test_options_of_one_purpose_have_one_name() -> None:
    pictures = {option.opts[-1] for _, option in OPTIONS if ".svg" in (option.help or "")}
    assert pictures == {"--plot"}
    objects = {(option.opts[-1], option.metavar) for _, option in OPTIONS if "JSON object" in (option.help or "")}
    assert objects == {("--json", "[FILE]")}
    assert {tuple(option.opts) for _, option in OPTIONS if option.name == "model"} == {("-m", "--model")}


def test_every_command_with_json_reads_its_file_by_the_same_rule() -> None:
    with_json = [name for name, option in OPTIONS if option.name == "json_path"]
    assert with_json == ["describe", "info", "tune", "evaluate", "summary", "benchmark", "audit"]
    assert all(isinstance(commands.commands[name], Command) for name in with_json)


@pytest.mark.parametrize(("name", "old"), OLD_NAMES)
def test_an_old_name_is_not_in_the_help_and_gives_way_to_one_that_is(name: str, old: str) -> None:
    command = commands.commands[name]
    assert isinstance(command, Command)
    words = CliRunner().invoke(commands, [name, "--help"]).stdout.split()
    assert old not in words
    assert command.renamed[old] in words


@pytest.fixture
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write detections and annotations into the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("found.csv").write_text("recording,channel,start_s,end_s,label,score\na.wav,mix,0,1,owl,0.9\n")
    Path("calls.csv").write_text("recording,start_s,end_s,label\na.wav,0.1,1,owl\na.wav,5,6,owl\n")
    return tmp_path


def evaluate(*words: str) -> Result:
    return CliRunner().invoke(commands, ["evaluate", *words])


ORDERS = [
    tuple(word for part in parts for word in part)
    for parts in permutations([("found.csv",), ("calls.csv",), ("--draws", "0"), ("JSON",)])
    if parts.index(("found.csv",)) < parts.index(("calls.csv",))
]


def with_json(order: tuple[str, ...], *spelling: str) -> list[str]:
    """Put --json where it belongs in an order of words."""
    place = order.index("JSON")
    return [*order[:place], *spelling, *order[place + 1 :]]


@pytest.mark.parametrize("order", ORDERS, ids=" ".join)
def test_json_means_the_same_wherever_it_stands(tables: Path, order: tuple[str, ...]) -> None:
    text = evaluate("found.csv", "calls.csv", "--draws", "0").stdout
    printed = evaluate(*with_json(order, "--json"))
    assert (printed.exit_code, json.loads(printed.stdout)["overall"]["hits"]) == (0, 1)
    assert sorted(path.name for path in tables.iterdir()) == ["calls.csv", "found.csv"]
    for spelling in (["--json", "out.json"], ["--json=out.json"]):
        written = evaluate(*with_json(order, *spelling), "--force")
        assert (written.exit_code, written.stdout) == (0, text)
        assert Path("out.json").read_text() + "\n" == printed.stdout


def test_the_last_json_counts(tables: Path) -> None:
    both = evaluate("--json", "out.json", "found.csv", "calls.csv", "--json")
    assert json.loads(both.stdout)["overall"]["hits"] == 1
    assert not Path("out.json").exists()


def test_an_option_after_json_is_no_file(tables: Path) -> None:
    done = evaluate("found.csv", "calls.csv", "--json", "--label", "--json", "--draws", "0")
    assert "labels" in json.loads(done.stdout)
    assert evaluate("found.csv", "--json", "--colour.json").exit_code == 2


def test_after_two_hyphens_every_word_is_an_argument(tables: Path) -> None:
    Path("--json").write_bytes(Path("calls.csv").read_bytes())
    done = evaluate("--draws", "0", "--format", "csv", "--", "found.csv", "--json")
    assert done.stdout == evaluate("found.csv", "calls.csv", "--draws", "0", "--format", "csv").stdout


@pytest.mark.parametrize(
    "words",
    [
        ["--json=out.csv"],
        ["--json", "out.csv"],
        ["--json", "x" * 300 + ".csv"],
        ["--json="],
        ["--json=--engine"],
        ["--json=no/out.json"],
    ],
)
def test_what_cannot_be_the_file_of_json_is_refused_and_nothing_is_written(tables: Path, words: list[str]) -> None:
    done = evaluate("found.csv", "calls.csv", *words)
    assert "--json" in done.stderr or "no/out.json" in str(done.exception)
    assert getattr(done.exception, "exit_code", done.exit_code) == 2
    assert done.stdout == ""
    assert sorted(path.name for path in tables.iterdir()) == ["calls.csv", "found.csv"]


def test_the_file_of_json_is_not_replaced_without_force_nor_is_it_that_of_another_output(tables: Path) -> None:
    Path("out.json").write_text("kept")
    assert "exists already" in str(evaluate("found.csv", "calls.csv", "--json", "out.json").exception)
    twice = evaluate("found.csv", "calls.csv", "--json", "new.json", "--errors", "./new.json")
    assert (twice.exit_code, "--errors and --json must be two files" in twice.stderr) == (2, True)
    assert Path("out.json").read_text() == "kept"
    assert not Path("new.json").exists()


def test_a_folder_called_as_standard_output_is_in_nobodys_way(tables: Path) -> None:
    STANDARD_OUTPUT.mkdir()
    assert evaluate("found.csv", "calls.csv", "--json").stdout.startswith("{")


@pytest.mark.parametrize("spelling", [["--curves", "old.png"], ["--curves=old.png"]])
def test_an_old_name_draws_the_same_and_says_the_new_one_in_a_line(tables: Path, spelling: list[str]) -> None:
    new = evaluate("found.csv", "--plot", "new.png", "calls.csv")
    old = evaluate("found.csv", *spelling, "calls.csv")
    assert Path("old.png").read_bytes() == Path("new.png").read_bytes()
    assert old.stdout == new.stdout
    line, rest = old.stderr.split("\n", 1)
    assert line == "detector: --curves is now --plot; the old name works in this version only"
    assert rest == new.stderr


def test_an_old_name_keeps_messages_and_values_right(tables: Path) -> None:
    assert "--plot" in evaluate("found.csv", "calls.csv", "--curves").stderr.splitlines()[-1]
    label = evaluate("found.csv", "calls.csv", "--label", "--curves", "--draws", "0")
    assert (label.exit_code, "--plot" in label.stderr) == (0, False)
