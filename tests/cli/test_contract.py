"""The command line is a contract: exit codes, one line for an error, a quiet end, a quick start, examples in help."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from detector import cli
from detector.cli import commands
from detector.errors import DetectorError, OutputError, RecordingError

HEAVY = ["torch", "numpy", "pandas", "librosa", "soundfile", "pydantic", "scipy", "matplotlib", "tqdm"]


def run(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "detector", *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True, check=False
    )


def test_help_lists_the_commands_on_standard_output() -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    listed = done.stdout.split("Commands:")[1]
    assert {line.split()[0] for line in listed.splitlines() if line.strip()} >= {
        "recipe",
        "describe",
        "extract",
        "train",
        "scan",
    }


def test_what_a_command_is_for_fits_its_line_of_80_columns() -> None:
    done = CliRunner().invoke(commands, ["--help"], terminal_width=80)
    listed = done.stdout.split("Commands:")[1].split("\n")[1:-1]
    assert len(listed) == len(commands.commands)  # a line each
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], *([name, "--help"] for name in commands.commands)])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        f"import sys; sys.argv = ['detector', *{arguments!r}]; from detector.cli import main\n"
        "try: main()\n"
        f"finally: print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("name", list(commands.commands))
def test_every_command_has_a_summary_and_examples_in_its_help(name: str) -> None:
    done = CliRunner().invoke(commands, [name, "--help"])
    assert done.exit_code == 0
    assert "Examples:" in done.stdout
    assert done.stdout.split("Examples:")[1].lstrip().startswith(f"detector {name}")
    summary = commands.commands[name].get_short_help_str(limit=200)
    assert summary.endswith(".")


@pytest.mark.parametrize("name", list(commands.commands))
def test_every_option_says_what_it_does_or_what_it_may_be(name: str) -> None:
    options = [parameter for parameter in commands.commands[name].params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help and not isinstance(option.type, click.Choice)] == []


OUTPUTS = [
    (name, parameter)
    for name, command in commands.commands.items()
    for parameter in command.params
    if isinstance(parameter, click.Option) and isinstance(parameter.type, click.Path) and not parameter.type.exists
]


@pytest.mark.parametrize(("name", "option"), OUTPUTS, ids=[f"{name} {option.opts[-1]}" for name, option in OUTPUTS])
def test_an_output_is_never_named_like_an_option(name: str, option: click.Option) -> None:
    context = click.Context(commands.commands[name])
    with pytest.raises(click.BadParameter, match="--engine") as caught:
        option.type.convert("--engine", option, context)
    assert (caught.value.exit_code, caught.value.param) == (2, option)
    assert option.type.convert("./--engine", option, context) == Path("--engine")


@pytest.mark.parametrize(("name", "option"), OUTPUTS, ids=[f"{name} {option.opts[-1]}" for name, option in OUTPUTS])
def test_no_output_takes_the_place_of_a_recording(tmp_path: Path, name: str, option: click.Option) -> None:
    recording = tmp_path / "calls.FLAC"
    recording.touch()
    with pytest.raises(click.BadParameter, match=r"calls\.FLAC"):
        option.type.convert(str(recording), option, click.Context(commands.commands[name]))


def test_an_option_that_swallows_another_is_wrong_usage_and_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(commands, ["scan", "a.wav", "--scores", "--engine", "shared"])
    assert (done.exit_code, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert "--scores" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", list(commands.commands))
def test_an_unknown_option_is_wrong_usage(name: str) -> None:
    done = CliRunner().invoke(commands, [name, "--colour"])
    assert done.exit_code == 2
    assert "No such option" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("arguments", [["--colour"], ["nothing"], ["describe"], ["describe", "a", "b"]])
def test_wrong_usage_exits_with_two_and_leaves_standard_output_empty(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error: " in done.stderr


def test_an_error_is_one_line_on_standard_error(tmp_path: Path) -> None:
    done = run("describe", str(tmp_path / "no.toml"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"detector: {tmp_path / 'no.toml'}: no such file\n"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """Add a command that raises what the test puts into the list."""
    raised: list[BaseException] = []

    @click.command("fail")
    def fail() -> None:
        raise raised[0]

    monkeypatch.setattr(sys, "argv", ["detector", "fail"])
    commands.add_command(fail)
    yield raised
    del commands.commands["fail"]


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (OutputError("x.csv: exists"), 2, "detector: x.csv: exists\n"),
        (RecordingError("a.wav: is empty"), 1, "detector: a.wav: is empty\n"),
        (KeyboardInterrupt(), 130, "detector: interrupted\n"),
        (click.Abort(), 130, "detector: interrupted\n"),
        (SystemExit(1), 1, ""),
        (click.exceptions.Exit(1), 1, ""),
    ],
)
def test_what_ends_a_command_decides_the_exit_code(
    failing: list[BaseException],
    error: BaseException,
    code: int,
    shown: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing.append(error)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == code
    assert capsys.readouterr().err == shown


def test_a_bug_has_an_exit_code_of_its_own_and_keeps_its_traceback(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    for error in (ZeroDivisionError("a bug"), FileNotFoundError(2, "a bug")):
        failing[:] = [error]
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 70
        *shown, last = capsys.readouterr().err.splitlines()
        assert any(line.startswith("Traceback") for line in shown)
        assert "a bug" in shown[-1]
        assert "report" in last


@pytest.mark.parametrize(
    "error", [OutputError("\x1b[31m\u202e\r\n.wav: no"), click.UsageError("\x1b[31m\u202e\r\n.wav: no")]
)
def test_what_commands_a_terminal_is_shown_as_an_escape(
    failing: list[BaseException], error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(error)
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err.splitlines()[-1].endswith(r"\x1b[31m\u202e\r\n.wav: no")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_command_as_ctrl_c_does_with_an_exit_code_of_its_own(
    failing: list[BaseException], number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned = []

    def wait() -> None:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            signal.raise_signal(number)  # a second one does not break into the clean-up
            cleaned.append(True)
            raise

    monkeypatch.setattr(commands.commands["fail"], "callback", wait)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, cleaned) == (128 + number, [True])
    assert signal.getsignal(number) is signal.SIG_DFL


IMPORTING = """
import signal, sys
from pathlib import Path
from detector.cli import commands, main
from detector.outputs import new_file
Path("signals.py").write_text("import signal; signal.raise_signal(signal.SIGTERM); print('imported')")
def work(**_):
    if sys.argv[2] == "holding":
        with new_file(Path("output"), force=False):
            import signals
            signal.pause()
    import signals
sys.path.insert(0, "")
commands.commands["recipe"].callback = work
main()
"""


@pytest.mark.parametrize("holding", [True, False])
def test_a_signal_never_breaks_off_an_import_and_ends_the_command_all_the_same(tmp_path: Path, holding: bool) -> None:
    command = [sys.executable, "-c", IMPORTING, "recipe", "holding" if holding else "nothing"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (143, "imported\n" if holding else "")
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("*output*"))


def test_a_signal_that_was_lost_can_be_sent_again(
    failing: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose() -> None:
        with suppress(KeyboardInterrupt):  # as Python does where it comes while an object is deleted
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("detector.interruption.TOGETHER_S", 0.0)
    monkeypatch.setattr(commands.commands["fail"], "callback", lose)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 143


def test_a_signal_that_is_ignored_stays_so(failing: list[BaseException], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands.commands["fail"], "callback", lambda: signal.raise_signal(signal.SIGHUP))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nohup
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_every_error_that_is_shown_has_an_exit_code_of_the_contract() -> None:
    kinds = [DetectorError, *DetectorError.__subclasses__()]
    assert {kind.exit_code for kind in kinds} <= {1, 2}


@pytest.mark.parametrize(
    "arguments", [["recipe", "small-cnn"], ["recipe", "--schema"], ["describe", "lenet"], ["--help"]]
)
def test_a_closed_pipe_ends_quietly(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(*arguments, stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_full_disk_behind_standard_output_is_told_in_one_line_and_behind_standard_error_not_at_all() -> None:
    def redirected(line: str) -> tuple[int, int, int]:
        command = ["bash", "-c", f"{sys.executable} -m detector recipe {line}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.count("\n"), done.stderr.count("\n")

    _, n_lines, _ = redirected("small-cnn")
    assert redirected("small-cnn >/dev/full") == (2, 0, 1)
    assert redirected("none 2>/dev/full") == (2, 0, 0)
    assert redirected("small-cnn 2>/dev/full") == redirected("small-cnn 2>&-") == (0, n_lines, 0)


def test_the_first_line_can_be_taken_by_head() -> None:
    line = f"set -o pipefail; {sys.executable} -m detector recipe small-cnn | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[audio]\n", "")
