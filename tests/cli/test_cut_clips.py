"""`--clips` of scan, detect and convert: the same clips from all three, and refusals in one line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile

from detector.audio.reading import read_header
from tests.cli.test_train import run
from tests.made import link_recordings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recordings"
CUT = ("--clips", "clips", "--margin", "0.25")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with two recordings, a scan of them with clips, and a run."""
    folder = tmp_path_factory.mktemp("clips")
    names = {"rec/a_20240511_213000Z.flac": "pond_20240511_213000Z", "rec/b.flac": "roof_20240512_060000Z"}
    link_recordings(folder, {name: EXAMPLES / f"{source}.flac" for name, source in names.items()})
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run("scan", "rec", "-o", "d.csv", "--clips", "scan", "--margin", "0.25") == 0
        assert run("scan", "rec", "--run", "run") == 0
    return folder


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_each_detection_is_a_clip_with_the_samples_and_the_time_of_its_recording() -> None:
    table = rows("scan/detections.csv")
    assert [{**cells, "clip": ""} for cells in table] == [{**cells, "clip": ""} for cells in rows("d.csv")]
    assert len(table) > 5
    for cells in table:
        path = Path("scan", cells["clip"])
        samples, rate = soundfile.read(path, dtype="int16")
        whole = soundfile.read(cells["recording"], dtype="int16")[0]
        first = max(0, round((float(cells["start_s"]) - 0.25) * rate))
        end = min(len(whole), round((float(cells["end_s"]) + 0.25) * rate))
        np.testing.assert_array_equal(samples, whole[first:end])
        chronology = read_header(path).chronology
        assert (chronology is None) == (cells["start_time"] == "")
        if chronology is not None:
            assert str(chronology.at(float(cells["start_s"]) - first / rate)) == cells["start_time"]


@pytest.mark.parametrize("command", [("detect", "run"), ("convert", "d.csv")])
def test_a_run_and_a_table_give_the_clips_of_their_scan(command: tuple[str, ...]) -> None:
    name = command[0]
    assert run(*command, "-o", f"{name}.csv", "--clips", name, "--margin", "0.25") == 0
    assert contents(name) == contents("scan")
    assert Path(f"{name}.csv").read_bytes() == Path("d.csv").read_bytes()


@pytest.mark.parametrize("command", [("scan", "rec"), ("detect", "run"), ("convert", "d.csv")])
def test_best_cuts_the_highest_scores(command: tuple[str, ...]) -> None:
    name = f"best-{command[0]}"
    assert run(*command, "-o", f"{name}.csv", "--clips", name, "--best", "3") == 0
    scores = [float(cells["score"]) for cells in rows("d.csv")]
    assert [float(cells["score"]) for cells in rows(f"{name}/detections.csv")] == sorted(scores)[-3:]


@pytest.mark.parametrize("command", [("detect", "run"), ("convert", "d.csv")])
def test_a_recording_that_is_gone_is_named_once_and_the_exit_code_is_1(
    command: tuple[str, ...], tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    link_recordings(tmp_path, {"rec/b.flac": folder / "rec" / "b.flac"})
    monkeypatch.chdir(tmp_path)
    assert run(command[0], folder / command[1], "-o", "d.csv", "--clips", "clips") == 1
    lines = capsys.readouterr().err.splitlines()
    assert sum("rec/a_20240511_213000Z.flac" in line for line in lines) == 1
    assert {cells["recording"] for cells in rows("clips/detections.csv")} == {"rec/b.flac"}
    assert Path("d.csv").read_bytes() == (folder / "d.csv").read_bytes()


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (("scan", "rec", "--best", "3"), ["--best", "--clips"]),
        (("convert", "d.csv", "--margin", "3"), ["--margin", "--clips"]),
        (("detect", "run", *CUT, "--best", "0"), ["--best", "0"]),
        (("detect", "run", "--clips", "clips", "--margin", "nan"), ["--margin", "nan"]),
        (("detect", "run", "--clips", "clips", "--margin", "-1"), ["--margin", "-1"]),
        (("scan", "rec", *CUT, "--run", "other"), ["--run", "--clips", "detector detect other"]),
        (("scan", "rec", "--clips", "scan"), ["scan: exists already", "--force"]),
        (("scan", "rec", "--clips", "rec", "--force"), ["rec", "a folder of clips"]),
        (("scan", "scan", "--clips", "scan", "--force"), ["scan", "recordings of this scan"]),
        (("scan", "rec", "-o", "new", "--clips", "new", "--format", "raven"), ["new", "two outputs"]),
        (("convert", "d.csv", "-o", "new", "--clips", "new"), ["new", "two outputs"]),
        (("convert", "d.csv", "--clips", "d.csv"), ["--clips", "d.csv"]),
    ],
)
def test_what_cannot_be_cut_is_refused_before_anything_is_written(
    command: tuple[str, ...], named: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(Path().rglob("*"))
    assert run(*command) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert all(word in err.splitlines()[-1] for word in named), err
    assert sorted(Path().rglob("*")) == before
