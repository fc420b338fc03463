"""`detector classify` names the sounds of files and spans, loses none, and `evaluate --units` reads what it wrote."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from click.testing import CliRunner, Result

from detector.cli import commands
from detector.errors import DetectorError
from detector.model import Model, Operating, OperatingPoint, save_model
from detector.operating.calibration import Platt
from detector.recipe import parse_recipe
from tests.made import Call, sound, write_sound

RECIPE = """
audio = { sample_rate = 8000 }
window = { duration = 0.5 }
frontend = { kind = "linear", n_fft = 256, hop_length = 80, fmin = 500, fmax = 3000 }
labels = { names = ["high", "low"] }
[network]
stage = [{ kind = "conv1d", filters = 2, kernel = 1, activation = "sigmoid" }]
dense = { units = [], per = "frame" }
"""
CALLS: dict[str, Sequence[Call]] = {
    "a": [(0.5, 1.0, "low")],
    "b": [(0.2, 0.6, "high"), (1.2, 1.6, "low")],
    "c": [],
    "d": [(1.0, 1.4, "high")],
}
SECONDS = 2.0


WITH_ONSETS = RECIPE.replace("labels = {", "labels = { onsets = true,")


def made_model(folder: Path, calibration: Platt | None = None, recipe: str = RECIPE) -> Path:
    """Write a model that hears tones of 2.5 and 1 kHz."""
    points = (OperatingPoint(name="high", calibration=calibration), OperatingPoint(name="low"))
    made = Model(parse_recipe(recipe, "test"), operating=Operating(label=points))
    folder.mkdir()
    with torch.no_grad():
        for parameter in made.network.parameters():
            parameter.zero_()
        loud = made.network.trunk.stages[1].convolution
        dense = made.network.head.dense[-1]
        for label, band in enumerate((64, 16)):
            loud.weight[label, band] = 1.0
            dense.weight[label, label] = 8.0
        loud.bias.fill_(-10.0)
        dense.bias.fill_(-4.0)
    save_model(made, folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(made_model(tmp_path_factory.mktemp("model") / "tones"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go into a folder with four recordings, and tables of their calls and of whole files."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for name, calls in CALLS.items():
        write_sound(Path(f"rec/{name}.wav"), sound(SECONDS, calls))
        rows += [f"{name}.wav,{start},{end},{label}" for start, end, label in calls]
    Path("calls.csv").write_text("\n".join(["recording,start_s,end_s,label", *rows, "c.wav,0.5,0.9,nothing"]) + "\n")
    whole = [f"{name}.wav,0,{SECONDS},{calls[0][2] if calls else 'nothing'}" for name, calls in CALLS.items()]
    Path("whole.csv").write_text("\n".join(["recording,start_s,end_s,label", *whole]) + "\n")


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(commands, list(words))
    assert getattr(done.exception, "exit_code", done.exit_code) == code, done.output
    return done


def table(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_file_has_a_row_with_its_labels_best_first(model: str) -> None:
    run("classify", "rec", "-m", model, "-o", "out.csv")
    rows = table("out.csv")
    assert [(Path(row["recording"]).stem, row["start_s"], row["end_s"], row["status"]) for row in rows] == [
        (name, "0", "2", "ok") for name in CALLS
    ]
    assert [row["label"] for row in rows][0::3] == ["low", "high"]
    assert all(float(row["score"]) >= float(row["score_2"]) for row in rows)
    assert float(rows[1]["score_2"]) > 0.5 > float(rows[2]["score"])


def test_the_table_opens_in_pandas_with_a_column_of_numbers_for_each_rank(model: str) -> None:
    run("classify", "rec", "-m", model, "-o", "out.csv", "--top", "1")
    frame = pd.read_csv("out.csv")
    assert frame["score"].dtype == float
    assert "label_2" not in frame
    assert list(frame[frame["score"] > 0.5]["label"].isin(["high", "low"]))


def test_the_mean_lies_below_the_highest_score(model: str) -> None:
    run("classify", "rec", "-m", model, "-o", "max.csv")
    run("classify", "rec", "-m", model, "-o", "mean.csv", "--score", "mean")
    assert all(float(mean["score"]) < float(most["score"]) for mean, most in zip(table("mean.csv"), table("max.csv")))


def test_scores_are_those_that_scan_writes(model: str, tmp_path: Path) -> None:
    calibrated = str(made_model(tmp_path / "calibrated", Platt(slope=0.5, offset=-1.0)))
    for name in (model, calibrated):
        run("scan", "rec", "-m", name, "--scores", "scores.csv", "-o", "found.csv", "--force")
        run("classify", "rec", "-m", name, "-o", "out.csv", "--force")
        highest = pd.read_csv("scores.csv").groupby("recording")[["high", "low"]].max().max(axis=1)
        assert [float(row["score"]) for row in table("out.csv")] == highest.tolist()


def test_onset_outputs_are_no_labels(model: str, tmp_path: Path) -> None:
    with_onsets = str(made_model(tmp_path / "with-onsets", recipe=WITH_ONSETS))
    for name, output in ((model, "plain.csv"), (with_onsets, "onsets.csv")):
        run("classify", "rec", "-m", name, "-o", output)
    assert table("onsets.csv") == table("plain.csv")


def test_each_span_has_a_row_with_the_times_of_the_table(model: str) -> None:
    run("classify", "rec", "-m", model, "--spans", "calls.csv", "-o", "out.csv")
    spans = [(row["recording"][4:], float(row["start_s"]), float(row["end_s"])) for row in table("out.csv")]
    assert spans == sorted((row["recording"], float(row["start_s"]), float(row["end_s"])) for row in table("calls.csv"))
    assert [row["label"] for row in table("out.csv") if "c.wav" not in row["recording"]] == [
        "low",
        "high",
        "low",
        "high",
    ]


def test_spans_of_whole_files_are_files(model: str) -> None:
    run("classify", "rec", "-m", model, "-o", "files.csv")
    run("classify", "rec", "-m", model, "--spans", "whole.csv", "-o", "spans.csv")
    assert Path("files.csv").read_bytes() == Path("spans.csv").read_bytes()


def test_no_unit_vanishes_and_the_exit_code_says_so(model: str) -> None:
    Path("rec/broken.wav").write_bytes(b"RIFF no sound")
    more = "gone.wav,0,1,x\nbroken.wav,0.25,0.5,x\na.wav,5,6,x\na.wav,3,2,x\n"
    Path("calls.csv").write_text(Path("calls.csv").read_text() + more)
    done = run("classify", "rec", "-m", model, "--spans", "calls.csv", "-o", "out.csv", code=1)
    failed = [row for row in table("out.csv") if row["status"] == "failed"]
    assert [(Path(row["recording"]).name, row["start_s"], row["label"]) for row in failed] == [
        ("a.wav", "5", ""),
        ("broken.wav", "0.25", ""),
        ("gone.wav", "0", ""),
    ]
    assert all(row["detail"] for row in failed)
    assert "calls.csv, row 9" in done.stderr  # it ends before it starts
    assert "3 failed" in done.stderr.splitlines()[-1]
    run("classify", "rec", "-m", model, "-o", "files.csv", code=1)
    assert [row["status"] for row in table("files.csv")] == ["ok", "ok", "failed", "ok", "ok"]


def test_a_row_for_each_channel(tmp_path: Path) -> None:
    made_model(tmp_path / "each", recipe=RECIPE.replace("sample_rate = 8000", 'sample_rate = 8000, channel = "each"'))
    both = sound(SECONDS)[:, None].repeat(2, axis=1)
    write_sound(Path("stereo.wav"), both)
    run("classify", "stereo.wav", "-m", "each", "-o", "out.csv")
    assert [row["channel"] for row in table("out.csv")] == ["0", "1"]


def test_workers_and_the_way_recordings_are_named_change_no_byte(model: str) -> None:
    lines = "".join(f"rec/{name}.wav\0" for name in CALLS)
    listed = CliRunner().invoke(commands, ["classify", "-0", "-", "-m", model, "--workers", "3"], input=lines)
    assert listed.exit_code == 0
    assert listed.stdout == run("classify", "rec", "-m", model, "--workers", "1").stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--spans", "empty.csv"], "empty.csv"),
        (["--spans", "others.csv"], "others.csv: has no span in any of 4 recordings"),
        (["--top", "0"], "--top"),
        (["-o", "calls.csv"], "calls.csv"),
        (["-o", "out.parquet"], "out.parquet"),
        (["--split", "calls.csv", "--of", "test"], "calls.csv"),
        (["--score", "sum"], "--score"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_nothing_is_written(model: str, words: list[str], named: str) -> None:
    Path("empty.csv").write_text("")
    Path("others.csv").write_text("recording,start_s,end_s\nx.wav,0,1\n")
    done = run("classify", "rec", "-m", model, *words, code=2)
    fault = str(done.exception) if isinstance(done.exception, DetectorError) else done.stderr.splitlines()[-1]
    assert named in fault
    assert len(fault.splitlines()) == 1
    assert done.stdout == ""


def figures(*words: str) -> dict[str, Any]:
    return json.loads(run("evaluate", *words, "--json", "--draws", "0").stdout)


def without_source(evaluation: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in evaluation.items() if key not in {"scores", "kind"}}


def test_evaluate_gives_the_same_for_files_by_classify_by_a_run_and_by_spans_of_whole_files(model: str) -> None:
    run("classify", "rec", "-m", model, "-o", "files.csv")
    run("scan", "rec", "-m", model, "--run", "run")
    wanted = ("--background-label", "nothing")
    by_table = figures("files.csv", "whole.csv", "--units", "files", *wanted)
    assert (by_table["units"], by_table["kind"]) == (4, "files")
    assert set(by_table["labels"]) == {"high", "low"}
    for words in (["run", "--units", "files"], ["run", "--units", "spans"], ["files.csv", "--units", "spans"]):
        other = figures(words[0], "whole.csv", *words[1:], *wanted)
        for label, made in by_table["labels"].items():
            for name, figure in made["figures"].items():
                assert other["labels"][label]["figures"][name]["value"] == pytest.approx(figure["value"], abs=1e-9)


def test_evaluate_reads_the_spans_that_were_classified(model: str) -> None:
    run("classify", "rec", "-m", model, "--spans", "calls.csv", "-o", "spans.csv")
    run("scan", "rec", "-m", model, "--run", "run")
    only = ("--only-label", "low", "--only-label", "high")
    by_table = figures("spans.csv", "calls.csv", "--units", "spans", *only)
    assert by_table["units"] == 5
    assert by_table["labels"]["low"]["figures"]["auroc"]["value"] == 1
    assert without_source(figures("run", "calls.csv", "--units", "spans", *only)) == without_source(by_table)


def test_evaluate_says_if_the_table_has_only_the_best_labels(model: str) -> None:
    for n_best, is_said in (("1", True), ("2", False)):
        run("classify", "rec", "-m", model, "--top", n_best, "-o", "files.csv", "--force")
        done = run("evaluate", "files.csv", "whole.csv", "--units", "files")
        assert ("count as 0" in done.stderr) == is_said


def test_a_run_without_scores_gives_those_of_its_detections_and_says_so(model: str) -> None:
    run("scan", "rec", "-m", model, "--run", "run", "--keep-scores", "none")
    done = run("evaluate", "run", "whole.csv", "--units", "files", "--background-label", "nothing")
    assert "run: keeps no scores" in done.stderr
    assert "detection" in done.stdout.splitlines()[0]
