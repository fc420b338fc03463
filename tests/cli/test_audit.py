"""`detector audit`: exit codes, what is kept, and from a scan to recall as the documents tell it."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from detector.audio.files import find_recordings
from detector.cli import main
from detector.events import Span, overlap_s
from detector.place import paths_of
from detector.tables import ReadOptions, read_annotations
from detector.tables.effort import COLUMNS as EFFORT
from tests.architecture.test_documents import blocks, lines_of

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: object) -> int:
    """Run the command line in this process; give its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["detector", *map(str, arguments)])
        with pytest.raises(SystemExit) as done:
            main()
    return done.value.code if isinstance(done.value.code, int) else 0


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Write 40 detections and what was scanned; give the folder."""
    with (tmp_path / "detections.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["recording", "channel", "start_s", "end_s", "label", "score"])
        writer.writerows(["a.wav", "mix", 3 * n, 3 * n + 1, "owl", f"{0.5 + n / 100:.2f}"] for n in range(40))
    effort = [",".join(EFFORT), "a.wav,mix,ok,150.000,150.000,,,", "b.wav,mix,ok,60.000,60.000,,,"]
    (tmp_path / "effort.csv").write_text("\n".join(effort) + "\n", encoding="utf-8")
    return tmp_path


def fill(sample: Path, verdict: str) -> None:
    sample.write_text(re.sub(r"(?m)^(.*,owl),,", rf"\1,{verdict},", sample.read_text()))


def test_a_sample_is_drawn_byte_for_byte_the_same_and_told_on_standard_error(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["audit", given / "detections.csv", "-n", 20, "--background", 6, "--effort", given / "effort.csv"]
    assert run(*arguments) == 0
    printed, told = capsys.readouterr()
    (line,) = told.splitlines()
    assert re.fullmatch(r"detector: owl: 20 of 40 .*\b4 .*; 6 of 49 .*", line)
    assert run(*arguments, "-o", given / "sample.csv") == 0
    assert capsys.readouterr().out == ""
    assert (given / "sample.csv").read_text(encoding="utf-8") == printed
    assert run(*arguments, "--seed", 1) == 0
    assert capsys.readouterr().out != printed


def test_background_that_is_not_there_is_told_of_each_label(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    detections = given / "detections.csv"
    detections.write_text(detections.read_text() + "a.wav,mix,0,150,frog,0.9\n")
    (given / "effort.csv").write_text(",".join(EFFORT) + "\na.wav,mix,ok,150,150,,,\nb.wav,mix,failed,60,0,,,\n")
    arguments = ["-n", 20, "--background", 6, "--effort", given / "effort.csv", "-o", given / "sample.csv"]
    assert run("audit", detections, *arguments) == 0
    frogs, no_background, owls = capsys.readouterr().err.splitlines()
    assert frogs.startswith("detector: frog: 1 of 1 ")
    assert re.match(r"detector: frog: no background", no_background)
    assert re.fullmatch(r"detector: owl: 20 of 40 .*; 6 of 43 .*", owls)


def test_verdicts_become_figures_as_text_as_json_and_as_a_picture(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample, curve = given / "sample.csv", given / "curve.png"
    assert run("audit", given / "detections.csv", "-n", 50, "-o", sample) == 0
    fill(sample, "yes")
    capsys.readouterr()
    assert run("audit", given / "detections.csv", "--verdicts", sample, "--plot", curve) == 0
    text = capsys.readouterr().out
    assert "owl: 40 detections, 40 drawn, 40 checked" in text
    assert "true detections   40 (40 to 40)" in text
    assert "precision is 0.9 or more from 0.5000; its lower limit from 0.5000" in text
    assert curve.read_bytes().startswith(b"\x89PNG")
    assert run("audit", given / "detections.csv", "--verdicts", sample, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["labels"][0]["precision"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert found["labels"][0]["recall"] is None


def test_curve_is_plot_and_json_may_have_a_file(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdicts = ["audit", given / "detections.csv", "--verdicts", given / "sample.csv"]
    assert run("audit", given / "detections.csv", "-n", 50, "-o", given / "sample.csv") == 0
    fill(given / "sample.csv", "yes")
    capsys.readouterr()
    assert run(*verdicts, "--json") == 0
    printed = capsys.readouterr().out
    assert run(*verdicts, "--plot", given / "new.png", "--json", given / "out.json") == 0
    new = capsys.readouterr()
    assert run(*verdicts, "--curve", given / "old.png") == 0
    old = capsys.readouterr()
    assert (given / "old.png").read_bytes() == (given / "new.png").read_bytes()
    assert old.out == new.out
    assert old.err == f"detector: --curve is now --plot; the old name works in this version only\n{new.err}"
    assert (given / "out.json").read_text() + "\n" == printed
    capsys.readouterr()
    assert run("audit", given / "detections.csv", "--curve", given / "no.png") == 2
    assert "--plot needs --verdicts" in capsys.readouterr().err


def test_tables_for_raven_are_written_and_read(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample, folder = given / "sample.csv", given / "tables"
    assert run("audit", given / "detections.csv", "-n", 50, "-o", sample, "--raven", folder) == 0
    (table,) = folder.iterdir()
    table.write_text(table.read_text().replace("\t\tD", "\tno\tD"))
    assert run("audit", given / "detections.csv", "--verdicts", sample, "--raven", folder) == 0
    assert "true detections   0 (0 to 0)" in capsys.readouterr().out


def test_nothing_is_overwritten_without_force_and_no_input_with_it(
    given: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detections, sample = given / "detections.csv", given / "sample.csv"
    assert run("audit", detections, "-o", sample) == 0
    before = sample.read_bytes()
    assert run("audit", detections, "-o", sample, "--seed", 1) == 2
    assert "exists already; choose another name, or --force" in capsys.readouterr().err
    assert run("audit", detections, "-o", sample, "--seed", 1, "--raven", given) == 2
    assert sample.read_bytes() == before
    assert run("audit", detections, "-o", sample, "--seed", 1, "--force") == 0
    assert sample.read_bytes() != before
    assert run("audit", detections, "-o", detections, "--force") == 2
    assert "is read by this command" in capsys.readouterr().err
    assert detections.read_text().startswith("recording")


def test_where_one_output_cannot_be_written_none_is(given: Path) -> None:
    (given / "tables").mkdir()
    assert run("audit", given / "detections.csv", "-o", given / "sample.csv", "--raven", given / "tables") == 2
    assert sorted(path.name for path in given.iterdir()) == ["detections.csv", "effort.csv", "tables"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--background", "5"], "--background needs --effort"),
        (["--json"], "--json needs --verdicts"),
        (["--verdicts", "detections.csv", "-n", "5"], "-n cannot be used with --verdicts"),
        (["--verdicts", "detections.csv"], "detections.csv: no column id; it has recording, channel"),
        (["--label", "frog"], "--label: frog: is not in detections.csv; allowed: owl"),
        (["--label", "owl", "--effort", "detections.csv"], "detections.csv: no column scanned_s"),
        (["-n", "0"], "0 is not in the range x>=1"),
    ],
)
def test_bad_input_is_exit_code_2_and_a_line_that_names_it(
    given: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    monkeypatch.chdir(given)
    assert run("audit", "detections.csv", *arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recording,start_s,end_s,label,score\n", "has no detections; there is nothing to audit"),
        ("recording,start_s,end_s,label\na.wav,1,2,owl\n", "row 1: has no score from 0 to 1"),
    ],
)
def test_detections_that_cannot_be_audited_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    path = tmp_path / "detections.csv"
    path.write_text(text, encoding="utf-8")
    assert run("audit", path) == 2
    assert capsys.readouterr().err == f"detector: {path}{', ' if told.startswith('row') else ': '}{told}\n".replace(
        "0 to 1", "0 to 1, and the strata need one"
    )


def test_the_picture_is_of_the_kind_that_its_ending_says(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample, curve = given / "sample.csv", given / "curve.pdf"
    assert run("audit", given / "detections.csv", "-n", 50, "-o", sample) == 0
    fill(sample, "yes")
    assert run("audit", given / "detections.csv", "--verdicts", sample, "--plot", curve) == 0
    assert curve.read_bytes().startswith(b"%PDF")
    capsys.readouterr()
    other = given / "curve.eps"
    assert run("audit", given / "detections.csv", "--verdicts", sample, "--plot", other) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == (
        "",
        f"detector: --plot: {other}: has the wrong ending; allowed: .png, .svg, .pdf\n",
    )


def test_rows_that_cannot_be_read_are_told_and_left_out(given: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = given / "detections.csv"
    path.write_text(path.read_text() + "a.wav,mix,9,3,owl,0.5\n")
    assert run("audit", path, "-o", given / "sample.csv") == 0
    assert f"{path}, row 41: end_s 3 is not after start_s 9" in capsys.readouterr().err


def calls_of(tables: Path, label: str) -> dict[str, list[Span]]:
    """Read the annotated calls of every recording in a folder."""
    found = read_annotations(tables, paths_of(find_recordings([tables])), ReadOptions(label=label))
    calls: dict[str, list[Span]] = {}
    for row in found.annotations:
        calls.setdefault(str(row.recording), []).append(row.event.span)
    return calls


def meets(span: Span, others: Iterable[Span]) -> bool:
    return any(overlap_s(span, other) > 0 for other in others)


def test_from_a_scan_to_recall_as_the_document_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    document = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")
    lines = [line for block in blocks(document.split("## What to write")[0]) for line in lines_of(block)]
    scan, sample, verdicts = (line.split()[1:] for line in lines)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    assert run(*scan) == 0
    assert run(*sample) == 0
    n_right, n_missed = check(Path("sample.csv"), rows_of(Path("to-audit.csv")), Path("examples/recordings"))
    capsys.readouterr()
    assert run(*verdicts) == 0
    printed = capsys.readouterr().out
    for pattern in (r"call: \d+ detections, \d+ drawn", r"of \d+ windows, \d+ s of \d+ s without a detection"):
        assert re.findall(pattern, printed) == re.findall(pattern, document)  # scores are those of a processor
    assert run(*verdicts, "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)["labels"]
    truths = {"precision": n_right / found["detections"], "true_detections": n_right}
    truths |= {"calls": n_right + n_missed, "recall": n_right / (n_right + n_missed)}
    for name, truth in truths.items():
        assert found[name]["low"] <= truth <= found[name]["high"], name
    assert n_missed == 1
    told = " ".join(document.split())
    assert f"the truth is {n_right} true detections, a precision of {truths['precision']:.3f}, one missed call" in told
    assert f"a recall of {truths['recall']:.3f}." in told


def check(sample: Path, detections: list[dict[str, str]], recordings: Path) -> tuple[int, int]:
    """Fill in a sample from annotations, as a person would; give how many detections are right and calls missed."""
    calls, found = calls_of(recordings, "call"), [(row["recording"], span_of(row)) for row in detections]
    right = [meets(span, calls.get(recording, [])) for recording, span in found]
    missed = [
        (recording, call[0])
        for recording, spans in calls.items()
        for call in spans
        if not meets(call, [span for name, span in found if name == recording])
    ]
    rows = rows_of(sample)
    for row in rows:
        start_s, end_s = span_of(row)
        begin = [start for name, start in missed if name == row["recording"] and start_s <= start < end_s]
        of_detection = row["id"].startswith("D") and right[int(row["id"][1:]) - 1]
        row["verdict"] = str(len(begin)) if row["stratum"] == "background" else "yes" if of_detection else "no"
    with sample.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return sum(right), len(missed)


def span_of(row: dict[str, str]) -> Span:
    return float(row["start_s"]), float(row["end_s"])
