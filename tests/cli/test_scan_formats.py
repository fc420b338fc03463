"""`detector scan --format`: every format has the same detections, and memory and messages stay as for CSV."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from detector.tables.converting import ConvertRequest, convert
from detector.tables.destination import Destination
from tests.cli.test_train import run
from tests.made import link_recordings

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "recordings"
PATHS = {
    "csv": "d.csv",
    "jsonl": "d.jsonl",
    "parquet": "d.parquet",
    "kaleidoscope": "k.csv",
    "raven": "all.txt",
    "tethys": "d.xml",
}


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with two recordings: one with calls and a time, one without either."""
    folder = tmp_path_factory.mktemp("scan")
    names = {"rec/a_20240511_213000Z.flac": "pond_20240511_213000Z", "rec/b.flac": "empty_20240517_030000Z"}
    link_recordings(folder, {name: EXAMPLES / f"{source}.flac" for name, source in names.items()})
    return folder


@pytest.fixture(autouse=True)
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def expected(folder: Path) -> list[list[str]]:
    """Scan into the table of detections; give its rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run("scan", "rec", "-o", "expected.csv") == 0
    rows = [line.split(",") for line in (folder / "expected.csv").read_text().splitlines()]
    assert len(rows) > 5
    return rows


def columns(rows: list[list[str]], *names: str) -> list[list[str]]:
    return [[row[rows[0].index(name)] for name in names] for row in rows[1:]]


def back(path: str) -> list[list[str]]:
    stream = io.StringIO()
    convert(ConvertRequest([Path(path)], Destination()), stream)
    return [line.split(",") for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("name", PATHS)
def test_every_format_has_the_same_detections(
    name: str, expected: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("scan", "rec", "--format", name, "-o", PATHS[name]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "no place" in line]
    rows = back(PATHS[name])
    assert columns(rows, "recording", "label") == columns(expected, "recording", "label")
    for one, other in zip(columns(rows, "start_s", "end_s", "score"), columns(expected, "start_s", "end_s", "score")):
        assert [float(cell) for cell in one] == pytest.approx([float(cell) for cell in other], abs=0.0006)
    assert bool(lines) == (name in ("raven", "kaleidoscope"))


def test_a_folder_has_a_table_for_each_recording(expected: list[list[str]]) -> None:
    assert run("scan", "rec", "--format", "raven", "-o", "tables") == 0
    tables = {path.name: path.read_text().splitlines() for path in Path("tables").iterdir()}
    stem = "a_20240511_213000Z"
    assert {name: len(lines) - 1 for name, lines in tables.items()} == {
        f"{stem}.Table.1.selections.txt": len(expected) - 1,
        "b.Table.1.selections.txt": 0,
    }
    header, first = (line.split("\t") for line in tables[f"{stem}.Table.1.selections.txt"][:2])
    row = dict(zip(header, first))
    assert (row["Selection"], row["Begin Time (s)"]) == ("1", row["File Offset (s)"])
    assert 0 < float(row["Low Freq (Hz)"]) < float(row["High Freq (Hz)"])  # the model gives its label no band
    assert run("scan", "rec", "--format", "raven", "-o", "tables") == 2


def test_the_ending_of_the_output_chooses_the_format(expected: list[list[str]]) -> None:
    assert run("scan", "rec", "-o", "by-ending.jsonl", "--effort", "e.csv") == 0
    assert Path("by-ending.jsonl").read_text().count("\n") == len(expected) - 1
    assert Path("e.csv").read_text().count("\n") == 3


def test_detections_that_the_format_cannot_hold_are_counted_and_make_exit_code_1(
    expected: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rec/a_20240511_213000Z.flac").rename("rec/a.flac")
    try:
        assert run("scan", "rec", "--format", "biodcase") == 1
    finally:
        Path("rec/a.flac").rename("rec/a_20240511_213000Z.flac")
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert any(f"left out {len(expected) - 1} rows" in line for line in err.splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "audacity"], "audacity"),
        (["--format", "raven", "-o", "rec"], "rec"),
        (["-o", "rec"], "rec"),
        (["-o", "x.csv", "--effort", "./x.csv"], "x.csv"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_the_scan(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("scan", "rec", *arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
