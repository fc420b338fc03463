"""`detector evaluate` compares tables and says what it left out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from detector.cli import commands
from detector.errors import ConfigurationError, DetectorError, ParameterError

ROOT = Path(__file__).resolve().parents[2]
DETECTIONS = "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"
EFFORT = "recording,channel,status,seconds,scanned_s,start_time,time_source,detail\n"


@pytest.fixture
def tables(tmp_path: Path) -> list[str]:
    """Write detections, annotations and effort: two hits, a false alarm, a miss, in 0.1 h."""
    (tmp_path / "found.csv").write_text(
        DETECTIONS + "a.wav,mix,0,1,,,owl,0.9,\na.wav,mix,5,6,,,owl,0.7,\nb.wav,mix,2,3,,,owl,0.6,\n"
    )
    (tmp_path / "calls.csv").write_text(
        "recording,start_s,end_s,label\na.wav,0.1,1,owl\nb.wav,2,3,owl\nb.wav,8,9,owl\nb.wav,20,21,UNK\n"
    )
    (tmp_path / "effort.csv").write_text(EFFORT + "a.wav,mix,ok,180,180,,,\nb.wav,mix,ok,180,180,,,\n")
    return [str(tmp_path / "found.csv"), str(tmp_path / "calls.csv"), "--effort", str(tmp_path / "effort.csv")]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands, ["evaluate", *arguments])


def test_figures_go_to_standard_output_and_doubts_to_standard_error(tables: list[str]) -> None:
    done = run(*tables, "--uncertain-label", "UNK")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("2 recordings, 0.1 h\n")
    assert "owl       3      3     2      1       1" in done.stdout
    assert re.search(r"detector: 0\.1 h .* too short .*\b1 false alarms per hour", done.stderr)


def test_json_is_one_object(tables: list[str]) -> None:
    done = run(*tables, "--uncertain-label", "UNK", "--json", "--draws", "0", "--threshold", "0.65")
    told = json.loads(done.stdout)
    assert (told["overall"]["hits"], told["overall"]["false_alarms"], told["overall"]["misses"]) == (1, 1, 2)
    assert told["overall"]["figures"]["recall_at_10_per_hour"]["value"] == pytest.approx(2 / 3)
    assert told["hours"] == pytest.approx(0.1)


def test_a_threshold_may_be_a_labels(tables: list[str]) -> None:
    told = json.loads(run(*tables, "--json", "--draws", "0", "--threshold", "0.95", "--threshold", "owl=0.8").stdout)
    assert told["labels"]["owl"]["threshold"] == 0.8
    assert told["labels"]["owl"]["hits"] == 1


def as_json(*arguments: str) -> dict[str, Any]:
    done = run(*arguments, "--json", "--draws", "0")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("arguments", "figure", "without", "there"),
    [
        (["--group", r"\.wav$"], lambda found: found["groups"], 2, 1),
        (["--only-label", "owl"], lambda found: list(found["labels"]), ["UNK", "owl"], ["owl"]),
        (["--background-label", "UNK"], lambda found: found["overall"]["reference"], 4, 3),
    ],
)
def test_what_is_compared_is_what_options_say(
    tables: list[str], arguments: list[str], figure: Callable[[dict[str, Any]], Any], without: object, there: object
) -> None:
    assert figure(as_json(*tables)) == without
    assert figure(as_json(*tables, *arguments)) == there


def test_intervals_are_of_deployments_where_these_are_told(tables: list[str]) -> None:
    assert "bootstrap over 2 recordings" in run(*tables).stdout
    assert "bootstrap over 2 deployments" in run(*tables, "--group", "^[ab]").stdout


def test_deployments_may_be_folders(tables: list[str]) -> None:
    for name in tables[:2] + tables[-1:]:
        text = Path(name).read_text()
        Path(name).write_text(text.replace("a.wav", "rec/site1/x/a.wav").replace("b.wav", "rec/site2/b.wav"))
    assert as_json(*tables, "--group", "^([^/]+)/")["groups"] == 2
    assert as_json(*tables, "--group", "^(site)[0-9]/")["groups"] == 1
    assert as_json(*tables, "--group", "^[ab]")["groups"] == 2


def test_recordings_without_annotations_may_be_left_out(tables: list[str]) -> None:
    effort = Path(tables[-1])
    effort.write_text(effort.read_text() + "c.wav,mix,ok,180,180,,,\n")
    every, only = as_json(*tables), as_json(*tables, "--annotated-only")
    assert [(one["recordings"], one["hours"]) for one in (every, only)] == [(3, 0.15), (2, 0.1)]


@pytest.mark.parametrize(
    ("name", "header", "cells", "arguments"),
    [
        ("calls.csv", "", "", ["--label", "owl"]),
        ("calls.csv", ",label,species", ",7,owl", ["--label-column", "species"]),
        ("calls.txt", ",label", ",owl", ["--format", "csv"]),
    ],
)
def test_annotations_are_read_as_options_say(
    tmp_path: Path, name: str, header: str, cells: str, arguments: list[str]
) -> None:
    found, calls = tmp_path / "found.csv", tmp_path / name
    found.write_text(DETECTIONS + "a.wav,mix,0,1,,,owl,0.9,\n")
    calls.write_text(f"recording,start_s,end_s{header}\na.wav,0,1{cells}\na.wav,5,6{cells}\n")
    both = (str(found), str(calls))
    without = run(*both, "--json", "--draws", "0")
    assert without.exception or json.loads(without.stdout)["overall"]["hits"] == 0
    row = as_json(*both, *arguments)["labels"]["owl"]
    assert (row["hits"], row["misses"]) == (1, 1)


def test_a_label_is_that_of_detections_without_one_too(tables: list[str], tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_text("recording,start_s,end_s,score\na.wav,0.1,1,0.9\n")
    assert as_json(*tables, "--label", "owl")["labels"]["owl"]["hits"] == 1


def test_hits_overlap_as_much_as_is_asked_for(tables: list[str]) -> None:
    rows = [run(*tables, "--json", "--draws", "0", "--iou", iou).stdout for iou in ("0.9", "0.95")]
    assert [json.loads(row)["labels"]["owl"]["hits"] for row in rows] == [2, 1]  # 0-1 and 0.1-1 share 0.9


def test_coverage_is_the_share_of_calls_then_that_of_detections(tables: list[str], tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_text(DETECTIONS + "a.wav,mix,0.1,0.6,,,owl,0.9,\n")  # covers 5/9 of a call
    for shares, recall in (("0.5,0.9", 1 / 3), ("0.9,0.5", 0)):
        done = run(*tables, "--uncertain-label", "UNK", "--json", "--draws", "0", "--coverage", shares)
        figures = json.loads(done.stdout)["overall"]["figures"]
        assert figures["coverage_recall"]["value"] == pytest.approx(recall)
        assert figures["coverage_precision"]["value"] == 1


def test_the_same_command_prints_the_same_bytes(tables: list[str]) -> None:
    assert run(*tables).stdout == run(*tables).stdout
    few = (*tables, "--draws", "5")
    assert run(*few).stdout != run(*few, "--seed", "1").stdout


def test_errors_and_curves_are_written_and_never_replaced_without_force(tables: list[str], tmp_path: Path) -> None:
    outputs = ["--errors", str(tmp_path / "errors.txt"), "--plot", str(tmp_path / "curves.png")]
    assert run(*tables, "--uncertain-label", "UNK", *outputs).exit_code == 0
    lines = (tmp_path / "errors.txt").read_text().splitlines()
    assert [(line.split("\t")[7], line.split("\t")[-1]) for line in lines[1:]] == [
        ("a.wav", "false alarm"),
        ("b.wav", "miss"),
    ]
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    again = run(*tables, *outputs)
    assert isinstance(again.exception, DetectorError)
    assert again.exception.exit_code == 2
    assert "exists already" in str(again.exception)
    assert again.stdout == ""
    assert run(*tables, *outputs, "--force").exit_code == 0


def test_curves_are_of_the_kind_that_their_ending_says(tables: list[str], tmp_path: Path) -> None:
    for ending, start in ((".pdf", b"%PDF"), (".SVG", b"<?xml")):
        curves = tmp_path / f"curves{ending}"
        assert run(*tables, "--draws", "0", "--plot", str(curves)).exit_code == 0
        assert curves.read_bytes().startswith(start)
    refused = run(*tables, "--plot", "curves.eps")
    assert isinstance(refused.exception, ParameterError)
    assert (refused.exception.parameter, refused.exception.value) == ("plot", Path("curves.eps"))
    assert refused.exception.allowed == ".png, .svg, .pdf"


def test_errors_of_tables_without_recordings_name_no_audio_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("0.0\t1.0\towl\n5.0\t6.0\towl\n")
    (tmp_path / "hers.txt").write_text("0.1\t1.0\towl\n")
    errors = tmp_path / "errors.txt"
    both = (str(tmp_path / "mine.txt"), str(tmp_path / "hers.txt"))
    assert run(*both, "--hours", "0.5", "--errors", str(errors)).exit_code == 0
    head, row = (line.split("\t") for line in errors.read_text().splitlines())
    told = dict(zip(head, row, strict=True))
    assert (told["Begin File"], told["Begin Path"], told["File Offset (s)"]) == ("", "", "")
    assert (told["Begin Time (s)"], told["Recording"]) == ("5.000000000", str(tmp_path / "mine"))
    again = run(str(errors), str(tmp_path / "hers.txt"), "--hours", "0.5", "--json")
    assert json.loads(again.stdout)["overall"]["false_alarms"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--threshold", "owl"], "'owl' is neither a score from 0 to 1 nor LABEL=SCORE"),
        (["--threshold", "=0.5"], "'=0.5' is neither a score from 0 to 1 nor LABEL=SCORE"),
        (["--threshold", "2"], "'2' is neither"),
        (["--threshold", "fa=2/h"], "LABEL=SCORE; targets such as p=0.9 and fa=2/h are for scan"),
        (["--iou", "0"], "0 is not in the range"),
        (["--rename", "owl"], "'owl' is not OLD=NEW"),
        (["--hours", "nan"], "nan is not a finite number"),
        (["--hours", "inf"], "inf is not a finite number"),
        (["--seed", "-1"], "-1 is not in the range x>=0"),
        (["--threshold", "0.5", "--threshold", "0.8"], "is given 2 times"),
        (["--threshold", "owl=0.5", "--threshold", "owl=0.8"], "is given 2 times for owl"),
        (["--rename", "owl=a", "--rename", "owl=b"], "is given 2 times for owl"),
        (["--coverage", "0.5"], "'0.5' is not two shares"),
        (["--coverage", "0.5,2"], "'0.5,2': both must be above 0"),
    ],
)
def test_wrong_usage_says_what_is_allowed(tables: list[str], arguments: list[str], told: str) -> None:
    done = run(*tables, *arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_no_input_is_replaced_and_no_output_becomes_an_input(tables: list[str], tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    errors, curves = str(tmp_path / "errors.png"), str(tmp_path / "errors.png")
    for outputs, told in (
        (["--errors", tables[0]], "is read by this command"),
        (["--plot", tables[3]], "is read by this command"),
        (["--errors", errors, "--plot", curves], "--errors and --plot must be two files"),
    ):
        done = run(*tables, *outputs, "--force")
        assert (done.exit_code, done.stdout) == (2, "")
        assert told in done.stderr
    folder = run(tables[0], str(tmp_path), "--errors", errors)  # its rows would be annotations the next time
    assert folder.exit_code == 2
    assert "whose tables are read" in folder.stderr
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("target", ["p=0.9", "fa=0.5"])
def test_a_target_of_scan_is_no_threshold(tables: list[str], target: str) -> None:
    done = run(*tables, "--threshold", target)
    assert isinstance(done.exception, ConfigurationError)
    assert done.stdout == ""
    label = target.partition("=")[0]
    told = str(done.exception)
    assert f"no row has the label '{label}', so '{target}' is neither a score from 0 to 1 nor LABEL=SCORE" in told
    assert "are for scan" in told


def test_a_label_may_be_called_like_a_target(tables: list[str]) -> None:
    done = run(*tables, "--rename", "owl=p", "--threshold", "p=0.8", "--draws", "0", "--json")
    assert json.loads(done.stdout)["labels"]["p"]["hits"] == 1


def test_a_label_with_a_threshold_and_no_rows_and_rows_without_a_score_are_said(
    tables: list[str], tmp_path: Path
) -> None:
    (tmp_path / "found.csv").write_text(DETECTIONS + "a.wav,mix,0,1,,,owl,0.9,\na.wav,mix,5,6,,,owl,,\n")
    told = run(*tables, "--threshold", "frog=0.5", "--draws", "0").stderr
    assert "--threshold: no row has the label frog" in told
    assert "1 of the detections have no score" in told


def test_a_row_that_stands_there_twice_is_one_detection_and_said(tables: list[str], tmp_path: Path) -> None:
    found = tmp_path / "found.csv"
    found.write_text(found.read_text() + "a.wav,mix,5,6,,,owl,0.7,\na.wav,mix,5,6,,,owl,0.65,\n")
    done = run(*tables, "--json", "--draws", "0")
    assert json.loads(done.stdout)["overall"]["false_alarms"] == 2
    assert done.stderr.count("detector: 1 detection left out") == 1


def test_a_table_without_rows_is_that_of_a_detector_that_finds_nothing(tables: list[str], tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_text(DETECTIONS)
    done = run(*tables, "--json", "--plot", str(tmp_path / "curves.png"))
    figures = json.loads(done.stdout)["overall"]["figures"]
    names = ("average_precision", "best_f1", "recall_at_10_per_hour", "psds1")
    assert [figures[name]["value"] for name in names] == [0, 0, 0, 0]
    assert "no scores" not in done.stderr
    text = run(*tables)
    assert (text.exit_code, "AUROC" in text.stdout) == (0, True)


def test_detections_that_run_calls_together_are_said(tables: list[str], tmp_path: Path) -> None:
    (tmp_path / "found.csv").write_text(DETECTIONS + "a.wav,mix,0,30,,,owl,0.9,\n")
    assert "detections last 30 s, annotations" in run(*tables).stderr


def test_what_the_shipped_model_finds_is_compared_with_selection_tables(tmp_path: Path) -> None:
    recordings, found, effort = ROOT / "examples" / "recordings", tmp_path / "found.csv", tmp_path / "effort.csv"
    scan = ["scan", str(recordings), "-o", str(found), "--effort", str(effort), "--threshold", "0.3"]
    assert CliRunner().invoke(commands, scan).exit_code == 0
    done = run(str(found), str(recordings), "--effort", str(effort), "--rename", "*=call", "--json", "--draws", "20")
    told = json.loads(done.stdout)
    assert (told["recordings"], told["labels"]["call"]["reference"]) == (7, 60)
    assert "left out" not in done.stderr
    assert "free of calls" not in done.stderr  # the recording without calls has a table without rows
    assert told["overall"]["figures"]["clip_auroc"]["value"] is not None
