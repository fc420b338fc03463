"""`detector scan` as its users call it: tables, messages, exit codes."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from detector.cli import main
from detector.model import Model, Operating, OperatingPoint, save_model
from detector.recipe import parse_recipe
from detector.scanning.outcome import Scanned
from detector.scanning.scanner import Scanner

RATE = 8000
COLUMNS = ["recording", "channel", "start_s", "end_s", "low_hz", "high_hz", "label", "score", "start_time"]
RECIPE = """
audio = { sample_rate = 8000 }
window = { duration = 1.0 }
frontend = { kind = "linear", n_fft = 256, hop_length = 80, fmin = 1500, fmax = 2500 }
labels = { names = ["tone, 2 kHz"] }
[network]
stage = [{ kind = "conv1d", filters = 1, kernel = 1, activation = "sigmoid" }]
dense = { units = [], per = "frame" }
"""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Keep torch to one thread: networks this small only wait for the others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a model that hears 2 kHz at more than 10 dB."""
    folder = tmp_path_factory.mktemp("model")
    made = Model(parse_recipe(RECIPE, "test"), operating=Operating(label=(OperatingPoint(name="tone, 2 kHz"),)))
    with torch.no_grad():
        for parameter in made.network.parameters():
            parameter.zero_()
        loud, dense = made.network.trunk.stages[1].convolution, made.network.head.dense[-1]
        loud.weight[0, 16] = 2.0
        loud.bias.fill_(-20.0)
        dense.weight.fill_(20.0)
        dense.bias.fill_(-10.0)
    save_model(made, folder)
    return folder


def recording(path: Path, *tones: tuple[float, float], seconds: float = 4.0) -> Path:
    """Write quiet noise with tones of 2 kHz."""
    times = np.arange(round(seconds * RATE)) / RATE
    sound = np.random.default_rng(len(path.name)).normal(0, 0.003, len(times))
    for start, end in tones:
        sound += 0.3 * np.sin(2 * np.pi * 2000 * times) * ((times >= start) & (times < end))
    soundfile.write(path, sound, RATE)
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder of recordings, and work beside it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rec").mkdir()
    recording(tmp_path / "rec" / "b_20240511_053000.wav", (1.0, 2.0), (3.0, 3.5))
    recording(tmp_path / "rec" / "a.wav", (0.0, 0.5))
    recording(tmp_path / "rec" / "c.flac")
    return tmp_path


NOTE = "detector: engine: shared, one pass of the trunk for all windows; a window every 0.5 s\n"

Run = Callable[..., tuple[int, list[list[str]], str]]


@pytest.fixture
def run(model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `detector scan` with the model; give exit code, table and messages."""

    def scan(*arguments: str | Path, use: str | Path | None = model) -> tuple[int, list[list[str]], str]:
        chosen = () if use is None else ("-m", use)
        monkeypatch.setattr(sys, "argv", ["detector", "scan", *map(str, arguments), *map(str, chosen)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), list(csv.reader(io.StringIO(printed.out))), printed.err

    return scan


def read(path: str | Path) -> list[list[str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_detections_go_to_standard_output_by_recording_then_time(folder: Path, run: Run) -> None:
    code, (header, *rows), messages = run("rec", "--timezone", "+10:00")
    assert code == 0
    assert header == COLUMNS
    assert [row[0] for row in rows] == ["rec/a.wav", "rec/b_20240511_053000.wav", "rec/b_20240511_053000.wav"]
    spans = np.array([[float(row[2]), float(row[3])] for row in rows])
    assert spans == pytest.approx(np.array([(0.0, 0.5), (1.0, 2.0), (3.0, 3.5)]), abs=0.02)
    assert {tuple(row[4:7]) for row in rows} == {("", "", "tone, 2 kHz")}
    assert [row[8] for row in rows] == ["", *(f"2024-05-11T05:30:0{row[2]}+10:00" for row in rows[1:])]
    timeless, count = messages.removeprefix(NOTE).splitlines()
    assert "2 recordings" in timeless
    assert "--time-pattern" in timeless
    assert count == "detector: 3 recordings, 0.00 h scanned, 3 detections, 0 failed"


@pytest.mark.parametrize(("outputs", "drawn"), [((), False), (("-o", "d.csv"), True)])
def test_a_bar_is_drawn_on_a_terminal_unless_the_table_goes_there(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, outputs: tuple[str, ...], drawn: bool
) -> None:
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)
    assert ("of 3 recordings" in run("rec", *outputs)[2]) == drawn


def test_tables_are_written_into_files(folder: Path, run: Run) -> None:
    code, printed, _ = run("rec", "-o", "d.csv", "--scores", "s.csv", "--effort", "e.csv")
    assert (code, printed) == (0, [])
    assert len(read("d.csv")) == 4
    scores = read("s.csv")
    assert scores[0] == ["recording", "channel", "start_s", "end_s", "tone, 2 kHz"]
    assert len(scores) == 1 + 3 * 401
    effort = read("e.csv")
    assert ",".join(effort[0]) == "recording,channel,status,seconds,scanned_s,start_time,time_source,detail"
    assert [row[:5] for row in effort[1:]] == [
        [f"rec/{name}", "mix", "ok", "4.000", "4.000"] for name in ("a.wav", "b_20240511_053000.wav", "c.flac")
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["d.csv", "e.csv", "rec", "s.csv"]


def test_a_list_on_standard_input_stands_where_the_dash_stands(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording(folder / "first.wav", (1.0, 2.0))
    recording(folder / "with a space.wav", (1.0, 2.0))
    monkeypatch.setattr(sys, "stdin", io.StringIO("rec/b_20240511_053000.wav\r\n\nwith a space.wav\n"))
    code, rows, _ = run("first.wav", "-", "rec/a.wav")
    assert code == 0
    assert [row[0] for row in rows[1:]] == [
        "first.wav", "rec/b_20240511_053000.wav", "rec/b_20240511_053000.wav", "with a space.wav", "rec/a.wav",
    ]  # fmt: skip


def test_a_broken_recording_is_named_and_costs_only_itself(folder: Path, run: Run) -> None:
    (folder / "rec" / "aa.wav").touch()
    (folder / "rec" / "ab.wav").write_text("not audio")
    soundfile.write(folder / "rec" / "ac.wav", np.zeros(RATE), RATE)
    code, rows, messages = run("rec", "missing.wav", "--effort", "e.csv")
    assert code == 1
    assert len(rows) == 4
    lines = messages.removeprefix(NOTE).splitlines()
    assert lines[0] == "detector: rec/aa.wav: is an empty file (0 bytes)"
    assert lines[1].startswith("detector: rec/ab.wav: is not audio that can be read")
    assert lines[2] == "detector: rec/ac.wav: silent"
    assert lines[3].startswith("detector: missing.wav: cannot be read: No such file")
    assert "--time-pattern" in lines[4]
    assert "--timezone" in lines[5]
    assert lines[6] == "detector: 7 recordings, 0.00 h scanned, 3 detections, 3 failed"
    effort = {row[0]: row[1:] for row in read("e.csv")}
    assert effort["rec/aa.wav"][1:4] == ["failed", "", "0.000"]
    assert effort["rec/aa.wav"][-1] == "rec/aa.wav: is an empty file (0 bytes)"
    assert effort["rec/ac.wav"][:2] == ["mix", "silent"]
    assert effort["missing.wav"][1] == "failed"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing argument 'RECORDINGS...'"),
        (("none.wav",), "detector: no recordings to scan: none.wav: no such file or folder"),
        (("rec", "--threshold", "1.1"), "1.1 is not in the range 0<=x<=1"),
        (("rec", "--threshold", "nan"), "nan is not a finite number"),
        (("rec", "--hop", "0"), "0.0 is not in the range x>0"),
        (("rec", "--hop", "inf"), "inf is not a finite number"),
        (
            ("rec", "--hop", "1.5"),
            "detector: --hop: 1.5: leaves out parts of a recording; allowed: at most 1 s",
        ),
        (("rec", "--timezone", "+25:00"), "'+25:00' is neither an offset such as +10:00"),
        (("rec", "--timezone", "Mars/Olympus"), "'Mars/Olympus' is neither an offset such as +10:00"),
        (("rec", "--time-pattern", "%Y%m%d"), "detector: --time-pattern: '%Y%m%d': does not give an hour"),
        (("rec", "--time-pattern", "%Y%Q"), "detector: --time-pattern: '%Y%Q': '%Q' is no known"),
        (
            ("rec", "--device", "cuda"),
            "detector: --device: cuda: is not available on this machine; allowed: auto, cpu",
        ),
        (("rec", "-o", "x.csv", "--effort", "./x.csv"), "detector: x.csv: is named for two outputs"),
        (("rec", "--scores", "none/x.csv"), "detector: none/x.csv: there is no folder none"),
    ],
)
def test_wrong_usage_is_told_in_one_line_before_anything_is_written(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    code, rows, messages = run(*arguments)
    assert (code, rows) == (2, [])
    assert message in messages.splitlines()[-1]
    assert [path.name for path in folder.iterdir()] == ["rec"]


def test_a_recipe_that_is_not_trained_is_no_model(folder: Path, run: Run) -> None:
    code, _, messages = run("rec", use="small-cnn")
    assert code == 2
    assert "small-cnn: has no weights.safetensors" in messages
    assert run("rec", use="no-such-model")[0] == 2


@pytest.mark.parametrize(
    ("zone", "offset"), [("Z", "+00:00"), ("-0330", "-03:30"), ("+05", "+05:00"), ("Australia/Brisbane", "+10:00")]
)
def test_a_zone_is_an_offset_or_a_name(folder: Path, run: Run, zone: str, offset: str) -> None:
    _, rows, _ = run("rec/b_20240511_053000.wav", "--timezone", zone)
    assert rows[1][8].endswith(offset)


def test_a_time_without_a_zone_is_written_as_local_time_and_the_option_for_the_zone_is_named(
    folder: Path, run: Run
) -> None:
    _, rows, messages = run("rec", "--effort", "e.csv")
    assert [row[8] for row in rows[1:]] == ["", *(f"2024-05-11T05:30:0{row[2]}" for row in rows[2:])]
    effort = {row[0]: row[5:7] for row in read("e.csv")[1:]}
    assert effort["rec/b_20240511_053000.wav"] == ["2024-05-11T05:30:00.000", "filename, no zone"]
    assert effort["rec/a.wav"] == ["", ""]
    (line,) = (line for line in messages.splitlines() if "zone" in line)
    assert "1 recording:" in line
    assert "--timezone" in line
    assert "rec/b_20240511_053000.wav" in line
    assert "zone" not in run("rec", "--timezone", "Z")[2]


def test_a_pattern_says_where_the_time_stands_in_names(folder: Path, run: Run) -> None:
    recording(folder / "SITE_24132-0530.wav", (1.0, 2.0))
    options = ("--time-pattern", "SITE_%y%j-%H%M", "--timezone", "Z")
    _, rows, messages = run("SITE_24132-0530.wav", "rec/a.wav", *options)
    assert rows[1][8] == f"2024-05-11T05:30:0{rows[1][2]}+00:00"
    (line,) = (line for line in messages.splitlines() if "--time-pattern" in line)
    assert "1 recording:" in line
    assert "rec/a.wav" in line


def test_a_call_goes_on_into_the_next_file_of_a_continuous_deployment(folder: Path, run: Run) -> None:
    recording(folder / "rec" / "b_20240511_053004.wav", (0.0, 1.5))
    recording(folder / "rec" / "b_20240511_053000.wav", (3.0, 4.0))
    code, (_, *apart), messages = run("rec")
    assert (code, len([row for row in apart if "b_2" in row[0]])) == (0, 2)
    assert "--continuous" not in messages
    code, (_, *rows), messages = run("rec", "--continuous", "--effort", "effort.csv")
    ((name, _, start, end, *_, start_time),) = [row for row in rows if "b_2" in row[0]]
    assert (code, name) == (0, "rec/b_20240511_053000.wav")
    assert (float(start), float(end)) == pytest.approx((3.0, 5.5), abs=0.3)
    assert start_time.startswith("2024-05-11T05:30:0")
    assert "--continuous: 1 of 4 recordings" in messages
    effort = list(csv.reader((folder / "effort.csv").open()))
    assert [(row[0], row[2], row[3]) for row in effort[2:4]] == [
        ("rec/b_20240511_053000.wav", "ok", "4.000"),
        ("rec/b_20240511_053004.wav", "ok", "4.000"),
    ]
    assert [row for row in rows if "b_2" not in row[0]] == [row for row in apart if "b_2" not in row[0]]


def test_recordings_that_do_not_follow_one_another_are_said_not_to(folder: Path, run: Run) -> None:
    _, _, messages = run("rec", "--continuous")
    assert "--continuous: 0 of 3 recordings" in messages
    assert "start times" in messages


def test_an_output_that_exists_is_replaced_only_with_force(folder: Path, run: Run) -> None:
    Path("d.csv").write_text("mine", encoding="utf-8")
    assert run("rec", "-o", "d.csv")[0] == 2
    assert Path("d.csv").read_text(encoding="utf-8") == "mine"
    assert run("rec", "-o", "d.csv", "--force")[0] == 0
    assert len(read("d.csv")) == 4


def test_an_interrupted_scan_leaves_nothing_and_ends_with_130(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_all = Scanner.scan_all

    def interrupted(self: Scanner, *rest: Any) -> Iterator[Scanned]:
        for n, scanned in enumerate(scan_all(self, *rest)):
            if n == 1:
                assert any(".part" in other.name for other in folder.iterdir())
                raise KeyboardInterrupt
            yield scanned

    monkeypatch.setattr(Scanner, "scan_all", interrupted)
    code, _, messages = run("rec", "-o", "d.csv", "--scores", "s.csv", "--effort", "e.csv")
    note, explanation, ending = messages.splitlines()
    assert (code, f"{note}\n", ending) == (130, NOTE, "detector: interrupted")
    assert "d.csv was not written" in explanation
    assert [path.name for path in folder.iterdir()] == ["rec"]


def test_detections_are_handed_on_as_recordings_finish(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    scan_all, seen = Scanner.scan_all, []

    def watched(self: Scanner, *rest: Any) -> Iterator[Scanned]:
        for scanned in scan_all(self, *rest):
            yield scanned
            (part,) = (other for other in folder.iterdir() if "d.csv" in other.name)
            seen.append(len(read(part)))

    monkeypatch.setattr(Scanner, "scan_all", watched)
    run("rec", "-o", "d.csv")
    assert seen == [2, 4, 4]


def test_a_closed_pipe_ends_quietly(folder: Path, model: Path) -> None:
    command = [sys.executable, "-m", "detector", "scan", "rec", "-m", str(model)]
    source = Path(__file__).resolve().parents[2]
    scan = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(source)},
    )
    assert scan.stdout is not None
    scan.stdout.close()
    assert scan.stderr is not None
    messages = scan.stderr.read()
    assert scan.wait() == 0
    assert messages == NOTE
    assert [path.name for path in folder.iterdir()] == ["rec"]


MEASURE = """
import resource, sys
from pathlib import Path
import torch
from detector.model import load_model
from detector.scanning.scanner import Scanner
torch.set_num_threads(1)
scanner = Scanner(load_model(Path(sys.argv[1])))
for path in sys.argv[2:]:
    assert scanner.scan(Path(path)).effort[0].status == "ok"
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss has other units elsewhere")
def test_memory_does_not_grow_with_the_recording(tmp_path: Path, model: Path) -> None:
    rng = np.random.default_rng(0)
    for name, minutes in (("short.wav", 2), ("long.wav", 30)):
        soundfile.write(tmp_path / name, rng.integers(-100, 100, minutes * 60 * RATE, dtype=np.int16), RATE)
    source = Path(__file__).resolve().parents[2]
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, model, tmp_path / "short.wav", tmp_path / "long.wav"],
        check=True, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(source)},
    )  # fmt: skip
    short, long = map(int, measured.stdout.split())
    samples_kib = 28 * 60 * RATE * 4 / 1024  # what the longer one has more, as float32: 51 MiB
    assert long - short < samples_kib / 4


def test_every_real_recording_is_accounted_for(data: Path, run: Run, tmp_path: Path) -> None:
    code, rows, messages = run(data / "formats", "--effort", tmp_path / "e.csv")
    effort = {Path(row[0]).name: row for row in read(tmp_path / "e.csv")[1:]}
    assert code == 0
    assert len(effort) == 17
    assert {row[0] for row in rows[1:]} <= {row[0] for row in effort.values()}
    assert effort["empty_2c.wav"][2] == "empty"
    assert "empty_2c.wav" in messages
    assert effort["stereo.wav"][2] == "short"
    assert effort["audiomoth_gps.wav"][5:7] == ["2024-05-28T10:00:00.000+00:00", "opensoundscape"]
    copies = [row for name, row in effort.items() if name.startswith("soundscape")]
    assert {tuple(row[2:5]) for row in copies} == {("ok", "120.000", "120.000")}


def test_a_table_never_takes_the_place_of_a_recording(folder: Path, run: Run) -> None:
    before = (folder / "rec" / "a.wav").read_bytes()
    (folder / "link.csv").symlink_to(folder / "rec" / "a.wav")
    for option in ("-o", "--scores", "--effort"):
        for output in ("rec/a.wav", "link.csv"):
            code, _, messages = run("rec", option, output, "--force")
            assert code == 2
            assert f"{output}" in messages
            assert "recording" in messages
    assert (folder / "rec" / "a.wav").read_bytes() == before


def test_a_name_that_no_file_can_have_costs_only_itself(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("x\0y.wav\n" + "n" * 5000 + "\nrec/a.wav\n"))
    code, (_, *rows), messages = run("-")
    assert code == 1
    assert [row[0] for row in rows] == ["rec/a.wav"]
    assert "1 failed" not in messages
    assert "2 failed" in messages
