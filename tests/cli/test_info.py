"""`detector info` prints one row for each recording, in text, CSV and JSON alike, and one for each folder."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector.cli import commands
from detector.cli.info import duration
from detector.survey.recording import COLUMNS
from tests.recorders import wav


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with recordings of two sites and a broken one."""
    monkeypatch.chdir(tmp_path)
    for site in ("A", "B"):
        Path("rec", site).mkdir(parents=True)
        for minute in range(0, 50, 10):
            wav(Path("rec", site, f"{site}_20210315_14{minute:02d}33.wav"))
    Path("rec", "B", "broken.wav").write_bytes(b"RIFF and no more")


def info(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(commands, ["info", *words], input=text)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_text_csv_and_json_have_the_same_rows_and_a_broken_file_gives_exit_code_1() -> None:
    text = info("rec")
    table = info("rec", "--csv")
    whole = json.loads(info("rec", "--json").stdout)
    assert (text.exit_code, table.exit_code) == (1, 1)
    names = [row["recording"] for row in rows(table.stdout)]
    assert names == [row["recording"] for row in whole["recordings"]]
    assert names == [line.split("  ")[0].strip() for line in text.stdout.split("\n\n")[0].splitlines()[1:]]
    assert len(names) == 11
    assert rows(table.stdout)[0]["start_time"] == whole["recordings"][0]["start_time"] == "2021-03-15T14:00:33.000"
    assert table.stdout.splitlines()[0] == ",".join(COLUMNS)
    assert rows(table.stdout)[-1]["faults"] == whole["recordings"][-1]["faults"][0] != ""


def test_each_folder_is_summed_up_with_its_duty_cycle() -> None:
    summary = info("rec").stdout.split("\n\n")[1]
    assert sum("1 s every 10 min" in line for line in summary.splitlines()) == 2
    _, second = json.loads(info("rec", "--json").stdout)["folders"]
    assert (second["folder"], second["recordings"], second["failed"], second["gaps"]) == ("rec/B", 6, 1, 0)
    assert (second["on_s"], second["every_s"]) == (1, 600)


def test_a_zone_that_is_given_is_in_the_start_and_one_that_is_missing_on_standard_error() -> None:
    missing = info("rec/A")
    assert missing.exit_code == 0
    assert "--timezone" in missing.stderr
    given = info("rec/A", "--timezone", "+10:00", "--csv")
    assert given.stderr == ""
    assert {row["start_time"][-6:] for row in rows(given.stdout)} == {"+10:00"}


def test_a_list_comes_from_standard_input() -> None:
    listed = "rec/A/A_20210315_140033.wav\nrec/B/B_20210315_141033.wav\n"
    assert [row["recording"] for row in rows(info("-", "--csv", text=listed).stdout)] == listed.split()
    nul = info("-0", "-", "--csv", text=listed.replace("\n", "\0"))
    assert len(rows(nul.stdout)) == 2


def test_files_are_written_beside_the_text() -> None:
    done = info("--csv", "out.csv", "rec", "--json", "out.json")
    assert done.stdout == info("rec").stdout
    assert Path("out.csv").read_text() == info("rec", "--csv").stdout
    assert Path("out.json").read_text() + "\n" == info("rec", "--json").stdout
    again = info("rec", "--csv", "out.csv")
    assert "out.csv" in str(again.exception)
    assert info("rec/A", "--csv", "out.csv", "--force").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rec", "--json", "--csv"], "--json"),
        (["none"], "none"),
        (["rec", "--timezone", "Mars"], "'Mars'"),
        (["rec", "--limit", "rate=0"], "'rate=0'"),
        (["rec", "--csv=out.txt"], "out.txt"),
        (["rec", "--csv", "no/out.csv"], "no/out.csv"),
    ],
)
def test_wrong_usage_names_the_value_and_prints_no_data(words: list[str], said: str) -> None:
    done = info(*words)
    assert said in done.stderr + str(done.exception)
    assert getattr(done.exception, "exit_code", done.exit_code) == 2
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(300, "5 min"), (3595, "59 min 55 s"), (7200, "2 h"), (90061, "1 d 1 h"), (86460, "1 d"), (0.25, "0.25 s")],
)
def test_a_length_of_time_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_real_recordings_are_listed(data: Path) -> None:
    done = info(str(data / "boobook" / "positive"), "--csv", "--timezone", "Australia/Brisbane")
    assert (done.exit_code, done.stderr) == (0, "")
    assert {(row["sample_rate_hz"], row["seconds"], row["start_time"][-6:]) for row in rows(done.stdout)} == {
        ("24000", "30.000", "+10:00")
    }
