"""`detector evaluate --units`, `--split` and `--listed-background`: which units count, and what is said about them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from detector.cli import commands
from detector.errors import DetectorError

EFFORT = "recording,channel,status,scanned_s\n"
FOUND = [
    "a.wav,0,0,1,owl,0.9",
    "a.wav,0,0.5,1.5,owl,0.8",
    "a.wav,1,0,1,fox,0.7",
    "b.wav,0,2,3,owl,0.4",
    "d.wav,0,0,1,fox,0.3",
]
CALLS = ["a.wav,0,1,owl", "a.wav,1,2,fox", "b.wav,2,3,owl", "c.wav,0,1,rain"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go into a folder with detections, annotations, effort and splits of four recordings."""
    monkeypatch.chdir(tmp_path)
    write("found.csv", "recording,channel,start_s,end_s,label,score", FOUND)
    write("calls.csv", "recording,start_s,end_s,label", CALLS)
    write(
        "effort.csv",
        EFFORT.strip(),
        ["a.wav,0,ok,10", "a.wav,1,ok,10", "b.wav,0,ok,10", "c.wav,0,ok,10", "d.wav,0,ok,10"],
    )
    write("splits.csv", "filename,split", ["a.wav,train", "b.wav,test", "c.wav,test", "d.wav,test", "e.wav,test"])


def write(name: str, header: str, rows: Sequence[str]) -> None:
    Path(name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def run(*words: str) -> Result:
    return CliRunner().invoke(commands, ["evaluate", *words])


def evaluated(*words: str) -> dict[str, Any]:
    done = run("found.csv", "calls.csv", *words, "--json", "--draws", "0")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def value(made: dict[str, Any], label: str, name: str) -> float | None:
    return made["labels"][label]["figures"][name]["value"]


RAIN = ("--background-label", "rain")


def test_a_file_has_the_highest_score_of_its_detections_and_0_without_one() -> None:
    made = evaluated("--units", "files", "--effort", "effort.csv", *RAIN)
    assert (made["units"], made["recordings"]) == (4, 4)
    assert {label: row["units"] for label, row in made["labels"].items()} == {"fox": 1, "owl": 2}
    assert value(made, "owl", "auroc") == 1
    assert value(made, "fox", "average_precision") == 1  # a.wav 0.7, d.wav 0.3


def test_a_span_has_the_highest_score_of_a_detection_that_overlaps_it() -> None:
    made = evaluated("--units", "spans", "--effort", "effort.csv", *RAIN)
    assert made["units"] == 4
    assert value(made, "owl", "auroc") == pytest.approx(3 / 4)  # owl 0.9 and 0.4; fox 0.8, by the second; rain 0
    assert value(made, "fox", "average_precision") == pytest.approx(1 / 4)  # 0.7 ends as the span begins


def test_a_span_on_a_channel_has_detections_of_that_channel_only() -> None:
    write(
        "calls.csv", "recording,channel,start_s,end_s,label", ["a.wav,1,0,1,owl", "a.wav,0,0,1,owl", "b.wav,0,5,6,fox"]
    )
    made = evaluated("--units", "spans")
    assert (made["units"], value(made, "owl", "auroc")) == (3, pytest.approx(3 / 4))


def test_the_order_of_rows_and_repeated_rows_change_nothing() -> None:
    before = evaluated("--units", "spans", *RAIN)
    rng = random.Random(1)
    for name, rows in (("found.csv", FOUND), ("calls.csv", CALLS)):
        header = Path(name).read_text().splitlines()[0]
        write(name, header, rng.sample([*rows, *rows], 2 * len(rows)))
    assert evaluated("--units", "spans", *RAIN) == before


def test_recordings_without_annotations_are_units_unless_they_are_left_out() -> None:
    words = ("--units", "files", "--effort", "effort.csv")
    assert evaluated(*words)["units"] == 4
    assert evaluated(*words, "--annotated-only")["units"] == 3


def test_uncertain_spans_are_left_out_and_said() -> None:
    done = run("found.csv", "calls.csv", "--units", "spans", "--uncertain-label", "rain")
    assert done.stdout.startswith("3 spans")
    assert any("1 unit left out" in line for line in done.stderr.splitlines())


def test_only_the_recordings_of_the_split_are_evaluated() -> None:
    for words in (("--units", "files", "--effort", "effort.csv"), ("--effort", "effort.csv"), ()):
        done = run("found.csv", "calls.csv", *words, "--split", "splits.csv", "--of", "test", "--json", "--draws", "0")
        assert json.loads(done.stdout)["recordings"] == 3
        assert sum("splits.csv" in line for line in done.stderr.splitlines()) == 1
        assert "a.wav" not in done.stderr


def test_listed_background_counts_as_annotated_in_one_line() -> None:
    write("calls.csv", "recording,start_s,end_s,label", [*CALLS, "not-in-the-split.wav,0,1,rain"])
    words = ("--units", "files", "--split", "splits.csv", "--of", "test", "--annotated-only", *RAIN)
    assert evaluated(*words)["units"] == 2
    made = run("found.csv", "calls.csv", *words, "--listed-background", "--json", "--draws", "0")
    assert json.loads(made.stdout)["units"] == 4  # e.wav, too, which no other table names
    (line,) = [line for line in made.stderr.splitlines() if "annotated background" in line]
    assert "3 recordings" in line
    assert "1 only by background rows" in line


def test_a_table_of_files_and_labels_needs_no_times() -> None:
    write("calls.csv", "file,class", ["a.wav,owl", "b.wav,fox"])
    made = evaluated("--units", "files", "--annotated-only")
    assert made["one_label"]["figures"]["accuracy"]["value"] == 0.5
    assert made["one_label"]["confusion"]["counts"] == [[0, 1, 0], [0, 1, 0]]


def test_it_is_said_if_no_unit_lacks_a_label() -> None:
    write("calls.csv", "file,class", ["a.wav,owl", "b.wav,owl"])
    words = ("found.csv", "calls.csv", "--units", "files", "--only-label", "owl")
    assert "need some without a label" in run(*words, "--annotated-only").stderr
    assert "need some without a label" not in run(*words).stderr


def test_intervals_are_of_deployments_where_these_are_given() -> None:
    words = ("--units", "files", "--effort", "effort.csv")
    assert "over 4 recordings" in run("found.csv", "calls.csv", *words).stdout
    assert "over 2 deployments" in run("found.csv", "calls.csv", *words, "--group", "^a|wav").stdout
    assert "over 1" not in run("found.csv", "calls.csv", *words, "--group", "wav").stdout


@pytest.mark.parametrize("classes", [["owl", "fox", "owl", "fox"], ["owl", "fox", "rain", ""]])
def test_the_picture_is_drawn_for_one_label_and_for_several(classes: list[str]) -> None:
    write("calls.csv", "file,class", [f"{name}.wav,{label}" for name, label in zip("abcd", classes) if label])
    done = run("found.csv", "calls.csv", "--units", "files", "--effort", "effort.csv", "--plot", "out.png")
    assert done.exit_code == 0, done.output
    assert Path("out.png").read_bytes().startswith(b"\x89PNG")
    assert run("found.csv", "calls.csv", "--units", "files", "--plot", "out.png").exception is not None


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--units", "files", "--iou", "0.5"], "--iou"),
        (["--units", "files", "--threshold", "0.5"], "--threshold"),
        (["--units", "spans", "--errors", "e.txt"], "--errors"),
        (["--units", "clips"], "--units"),
        (["--units", "spans", "--only-label", "bat"], "calls.csv"),
        (["--split", "splits.csv"], "--of"),
        (["--split", "splits.csv", "--of", "validation"], "splits.csv"),
    ],
)
def test_what_cannot_be_evaluated_is_one_line(words: list[str], named: str) -> None:
    done = run("found.csv", "calls.csv", *words)
    fault = str(done.exception) if isinstance(done.exception, DetectorError) else done.stderr.splitlines()[-1]
    assert getattr(done.exception, "exit_code", done.exit_code) == 2
    assert named in fault
    assert len(fault.splitlines()) == 1


def test_a_table_of_classify_is_not_taken_for_events() -> None:
    header = "recording,channel,start_s,end_s,start_time,status,detail,label,score"
    write("found.csv", header, ["a.wav,mix,0,10,,ok,,owl,0.9", "b.wav,mix,0,10,,ok,,owl,0.4"])
    done = run("found.csv", "calls.csv")
    assert "found.csv" in str(done.exception)
    assert evaluated("--units", "files")["units"] == 2
    assert "other spans" in str(run("found.csv", "calls.csv", "--units", "spans").exception)


@pytest.mark.parametrize("nothing", ["", "nan"])
def test_it_is_said_how_many_rows_have_no_score(nothing: str) -> None:
    write("found.csv", "recording,channel,start_s,end_s,label,score", [*FOUND[:-1], f"d.wav,0,0,1,fox,{nothing}"])
    done = run("found.csv", "calls.csv", "--units", "files", "--draws", "0", *RAIN)
    assert done.exit_code == 0, done.output
    assert sum("1 of the rows" in line for line in done.stderr.splitlines()) == 1
