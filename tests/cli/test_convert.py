"""`detector convert`: there and back, what it says, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_train import run

HEADER = "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time\n"
ROWS = (
    "x/2021-03-15T14-22-33_000.wav,0,1.500,2.000,100.0,200.0,owl,0.5000,2021-03-15T14:22:34.500+00:00\n"
    "x/2021-03-15T14-22-33_000.wav,0,3.000,4.250,,,frog,,2021-03-15T14:22:36.000+00:00\n"
)
NAMES = {"jsonl": "a.jsonl", "parquet": "a.parquet", "tethys": "a.xml", "raven": "a.selections.txt", "csv": "b.csv"}


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(HEADER + ROWS)
    return tmp_path / "a.csv"


@pytest.mark.parametrize(("name", "path"), [*NAMES.items(), ("kaleidoscope", "c.csv"), ("biodcase", "d.csv")])
def test_a_table_comes_back_with_what_the_format_holds(
    name: str, path: str, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("convert", table, "-o", path, *(() if name in NAMES else ("--format", name))) == 0
    messages = capsys.readouterr().err.splitlines()
    assert run("convert", path, "-o", "back.csv") == 0
    back = Path("back.csv").read_text()
    loses = {"raven": ["start_time"], "biodcase": ["channel", "band", "score"]}.get(name, [])
    assert (back == HEADER + ROWS) == (not loses)
    lines = [line for line in messages if "no place" in line]
    assert len(lines) == bool(loses)
    assert all(field in lines[0] for field in loses)
    for line, row in zip(back.splitlines()[1:], ROWS.splitlines(), strict=True):
        assert line.split(",")[0] == row.split(",")[0]
        assert line.split(",")[2:4] == row.split(",")[2:4]
        assert line.split(",")[6] == row.split(",")[6]


def test_rows_that_cannot_be_written_make_exit_code_1_and_a_line_with_their_number(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table.write_text(HEADER + ROWS + "a.wav,0,1,2,,,owl,,\na.wav,0,9,8,,,owl,,\n")
    assert run("convert", table, "--format", "biodcase") == 1
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 3
    assert any("left out 1 row" in line for line in err.splitlines())
    assert any("a.csv, row 4" in line for line in err.splitlines())


def test_faults_of_many_rows_are_counted(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table.write_text(HEADER + ROWS + "a.wav,0,9,8,,,owl,,\n" * 50)
    assert run("convert", table, "-o", "b.csv") == 1
    lines = capsys.readouterr().err.splitlines()
    assert sum("a.csv, row " in line for line in lines) == 20
    assert any("30 more" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.csv", "-o", "a.csv", "--force"], "a.csv"),
        (["a.csv", "--format", "audacity"], "audacity"),
        (["a.csv", "--format", "word"], "word"),
        (["a.csv", "--from", "parquet"], "a.csv"),
        (["a.csv", "--from", "tethys"], "a.csv"),
        (["a.csv", "--from", "kaleidoscope"], "in_file"),
        (["none.csv"], "none.csv"),
        (["a.csv", "-o", "no/a.jsonl"], "no/a.jsonl"),
        (["a.csv", "--effort", "a.csv"], "scanned_s"),
        ([], "TABLES"),
    ],
)
def test_wrong_usage_is_one_line_and_nothing_is_written(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("convert", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err
    assert [path.name for path in Path().iterdir()] == ["a.csv"]


def test_an_existing_table_is_kept_unless_force_is_given() -> None:
    Path("b.jsonl").write_text("kept")
    assert run("convert", "a.csv", "-o", "b.jsonl") == 2
    assert Path("b.jsonl").read_text() == "kept"
    assert run("convert", "a.csv", "-o", "b.jsonl", "--force") == 0
    assert Path("b.jsonl").read_text().count("\n") == 2
