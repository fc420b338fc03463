"""`detector summary` prints the same rates as text, CSV and JSON, of tables and of runs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector.cli import commands
from tests.made import link_recordings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "recordings").glob("*.flac"))
DETECTIONS = "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"
EFFORT = "recording,channel,status,seconds,scanned_s,start_time,time_source,detail\n"
STARTS = ("2021-03-15T22:30:00.000+10:00", "2021-03-16T05:00:00.000+10:00")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the tables of two sites: an hour of each, with two owls and a frog."""
    monkeypatch.chdir(tmp_path)
    Path("found.csv").write_text(
        DETECTIONS + "rec/A/a.wav,0,1,2,,,owl,0.9,\nrec/A/a.wav,0,1900,1901,,,owl,0.9,\nrec/B/b.wav,0,5,6,,,frog,0.9,\n"
    )
    rows = [f"rec/{site}/{site.lower()}.wav,0,ok,3600,3600,{start},filename,\n" for site, start in zip("AB", STARTS)]
    Path("effort.csv").write_text(EFFORT + "".join(rows))


def summary(*words: str) -> Result:
    return CliRunner().invoke(commands, ["summary", *words])


TABLES = ("found.csv", "--effort", "effort.csv")


def test_text_csv_and_json_agree() -> None:
    table = list(csv.DictReader(io.StringIO(summary(*TABLES, "--csv").stdout)))
    whole = json.loads(summary(*TABLES, "--json").stdout)
    assert [(row["site"], row["hour"], row["label"], row["per_hour"]) for row in table if row["detections"] != "0"] == [
        ("A", "22", "owl", "2"),
        ("A", "23", "owl", "2"),
        ("B", "5", "frog", "1"),
    ]
    assert len(table) == 3 * 2
    assert whole["by_hour"][22] == {
        "hour": 22,
        "effort_h": 0.5,
        "labels": {"frog": {"detections": 0, "per_hour": 0}, "owl": {"detections": 1, "per_hour": 2}},
    }
    assert whole["by_hour"][0]["labels"]["owl"]["per_hour"] is None
    assert [day["day"] for day in whole["by_day"]] == ["2021-03-15", "2021-03-16"]
    lines = summary(*TABLES).stdout.splitlines()
    assert ["22", "0.5", "1", "2", "0", "0"] in [line.split() for line in lines]
    assert "UTC+10:00" in next(line for line in lines if "hour of day" in line)


def test_a_zone_moves_hours_and_days() -> None:
    whole = json.loads(summary(*TABLES, "--timezone", "Z", "--json").stdout)
    assert [hour["hour"] for hour in whole["by_hour"] if hour["effort_h"]] == [12, 13, 19]
    assert whole["zone"] == "UTC"


def test_files_are_written_beside_the_text() -> None:
    done = summary(*TABLES, "--csv", "out.csv", "--json", "out.json", "--plot", "out.png")
    assert (done.exit_code, done.stdout) == (0, summary(*TABLES).stdout)
    assert Path("out.csv").read_text() == summary(*TABLES, "--csv").stdout
    assert Path("out.json").read_text() + "\n" == summary(*TABLES, "--json").stdout
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["found.csv"], "--effort"),
        ([*TABLES, "--json", "--csv"], "--csv"),
        ([*TABLES, "--group", "("], "--group"),
        ([*TABLES, "--group", "^(Z)"], "--group"),
        ([*TABLES, "--timezone", "Mars"], "'Mars'"),
        ([*TABLES, "--plot", "a.txt"], "a.txt"),
        ([*TABLES, "--csv=effort.csv", "--force"], "effort.csv"),
        (["found.csv", "--effort", "found.csv"], "found.csv"),
        (["none.csv", "--effort", "effort.csv"], "none.csv"),
    ],
)
def test_wrong_usage_names_the_value_and_writes_nothing(words: list[str], said: str) -> None:
    before = sorted(Path().iterdir())
    done = summary(*words)
    line = done.stderr + str(done.exception)
    assert said in line or (said == "--group" and "`group`" in line)
    assert getattr(done.exception, "exit_code", done.exit_code) == 2
    assert (done.stdout, sorted(Path().iterdir())) == ("", before)


def test_rows_without_a_label_get_the_one_that_is_given() -> None:
    Path("found.csv").write_text("recording,start_s,end_s\nrec/A/a.wav,1,2\n")
    assert "`label`" in str(summary(*TABLES).exception)
    assert json.loads(summary(*TABLES, "--label", "owl", "--json").stdout)["labels"] == ["owl"]


def test_an_output_that_exists_is_kept_without_force() -> None:
    Path("a.png").write_text("mine")
    assert summary(*TABLES, "--plot", "a.png").exception is not None
    assert Path("a.png").read_text() == "mine"
    assert summary(*TABLES, "--plot", "a.png", "--force").exit_code == 0
    assert Path("a.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_gives_what_its_tables_give(tmp_path: Path) -> None:
    link_recordings(tmp_path, {f"rec/{path.name}": path for path in EXAMPLES[:3]})
    assert CliRunner().invoke(commands, ["scan", "rec", "--run", "run"]).exit_code == 0
    of_run = summary("run", "--csv")
    assert of_run.exit_code == 0
    assert of_run.stdout == summary("run/detections.csv", "--effort", "run/effort.csv", "--csv").stdout
    assert of_run.stdout == summary("run/detections.csv", "--effort", "run", "--csv").stdout
    assert {row["site"] for row in csv.DictReader(io.StringIO(of_run.stdout))} == {"rec"}


def test_several_tables_with_their_efforts_are_added_up() -> None:
    whole = summary(*TABLES, "--json").stdout
    rows, efforts = (Path(name).read_text().splitlines(keepends=True) for name in ("found.csv", "effort.csv"))
    for name, parts in (("found", (rows[:3], [rows[0], rows[3]])), ("effort", (efforts[:2], [efforts[0], efforts[2]]))):
        for n, part in enumerate(parts):
            Path(f"{name}{n}.csv").write_text("".join(part))
    each = ("--effort", "effort0.csv", "--effort", "effort1.csv")
    assert summary("found0.csv", "found1.csv", *each, "--json").stdout == whole
    assert summary("found0.csv", "found1.csv", "--effort", "effort.csv", "--json").stdout == whole
    assert summary("found.csv", "found.csv", *each, *each, "--json").stdout == whole


def test_an_output_may_be_none_of_several_inputs() -> None:
    Path("more.csv").write_text(EFFORT)
    done = summary(*TABLES, "--effort", "more.csv", "--csv=more.csv", "--force")
    assert done.exit_code == 2
    assert Path("more.csv").read_text() == EFFORT


def test_several_runs_are_added_up_each_with_its_own_effort(tmp_path: Path) -> None:
    link_recordings(tmp_path, {f"rec/{path.name}": path for path in EXAMPLES[:2]})
    for name, paths in (("one", [EXAMPLES[0]]), ("two", [EXAMPLES[1]]), ("both", EXAMPLES[:2])):
        recordings = [f"rec/{path.name}" for path in paths]
        assert CliRunner().invoke(commands, ["scan", *recordings, "--run", name]).exit_code == 0
    assert summary("one", "two", "--csv").stdout == summary("both", "--csv").stdout
    refused = summary("one", "both", "--csv")
    assert EXAMPLES[0].name in str(refused.exception)
    assert "found.csv" in summary("one", "found.csv").stderr
