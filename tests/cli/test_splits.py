"""`--split TABLE --of NAME`: commands work on the recordings of one split, whatever the table calls its columns."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector.cli import commands
from detector.errors import DetectorError
from tests.made import sound, write_sound

NAMES = ("a", "b", "c")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go into a folder with three recordings and a table of their splits."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        write_sound(Path(f"rec/{name}.wav"), sound(1.5), rate=16000)
    Path("splits.csv").write_text("Begin Path,split\nC:\\data\\a.wav,test\nb.flac,train\nc.wav,test\ngone.wav,test\n")


def run(*words: str) -> Result:
    return CliRunner().invoke(commands, list(words))


def scanned(table: str) -> list[str]:
    with Path(table).open(encoding="utf-8", newline="") as stream:
        return [Path(row["recording"]).stem for row in csv.DictReader(stream)]


def test_only_the_recordings_of_the_split_are_scanned_and_the_numbers_are_said() -> None:
    done = run("scan", "rec", "--split", "splits.csv", "--of", "test", "--effort", "effort.csv")
    assert done.exit_code == 0, done.output
    assert scanned("effort.csv") == ["a", "c"]
    (line,) = [line for line in done.stderr.splitlines() if "splits.csv" in line]
    assert "2 of 3 recordings" in line
    assert "1 more" in line


def test_a_run_is_of_the_split_and_goes_on_with_the_same_command() -> None:
    words = ("scan", "rec", "--split", "splits.csv", "--of", "train", "--run", "run")
    for _ in range(2):
        assert run(*words).exit_code == 0
        assert scanned("run/effort.csv") == ["b"]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--split", "splits.csv"], "--of"),
        (["--of", "test"], "--split"),
        (["--split", "splits.csv", "--of", "dev"], "--of"),
        (["--split", "splits.csv", "--of", "validation"], "splits.csv: gives the split validation to none"),
        (["--split", "rec/a.wav", "--of", "test"], "rec/a.wav: line"),
        (["--split", "none.csv", "--of", "test"], "none.csv"),
    ],
)
def test_a_split_that_cannot_be_taken_is_one_line(words: list[str], named: str) -> None:
    done = run("scan", "rec", *words)
    fault = str(done.exception) if isinstance(done.exception, DetectorError) else done.stderr.splitlines()[-1]
    assert getattr(done.exception, "exit_code", done.exit_code) == 2
    assert named in fault
    assert len(fault.splitlines()) == 1
