"""One bad recording costs `detector scan` only itself, as real processes show."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.made import link_recordings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "recordings").glob("*.flac"))[:3]
BROKEN = """
import sys
from detector.cli import main
from detector.scanning.parts import PartScorer
score = PartScorer.score
def failing(self, part, *rest):
    if part.header.place.name.endswith("bad.wav"):
        raise ZeroDivisionError("a bug\\nin two lines")
    return score(self, part, *rest)
PartScorer.score = failing
main()
"""  # a program with a bug that one recording meets


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with three recordings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    link_recordings(tmp_path, {f"rec/{path.name}": path for path in EXAMPLES})
    return tmp_path


def detector(*arguments: str, program: str | None = None) -> subprocess.CompletedProcess[str]:
    start = ["-m", "detector"] if program is None else ["-c", program]
    command = [sys.executable, *start, "scan", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def read(name: str) -> list[dict[str, str]]:
    with Path(name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_bug_that_one_recording_meets_is_its_row_and_the_others_are_scanned_as_ever(workers: str) -> None:
    assert detector("rec", "-o", "before.csv").returncode == 0
    soundfile.write("rec/bad.wav", np.zeros(48000), 24000)
    tables = ["-o", "after.csv", "--effort", "e.csv", "--scores", "s.csv", "--workers", workers]
    done = detector("rec", *tables, program=BROKEN)
    assert done.returncode == 1
    assert Path("after.csv").read_bytes() == Path("before.csv").read_bytes()
    status = {Path(row["recording"]).name: row["status"] for row in read("e.csv")}
    assert status == {path.name: "ok" for path in EXAMPLES} | {"bad.wav": "failed"}
    (row,) = (row for row in read("e.csv") if row["status"] == "failed")
    assert "ZeroDivisionError: a bug" in row["detail"]
    assert "\n" not in row["detail"]
    assert "report" in done.stderr
    assert "Traceback" not in done.stderr


def test_debug_shows_where_the_program_failed() -> None:
    soundfile.write("rec/bad.wav", np.zeros(48000), 24000)
    done = detector("rec/bad.wav", str(EXAMPLES[0]), "--debug", program=BROKEN)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "in failing" in done.stderr


def test_a_damaged_recording_is_in_the_summary_and_with_strict_in_the_exit_code() -> None:
    content = EXAMPLES[0].read_bytes()
    middle = len(content) // 2
    Path("rec/damaged.flac").write_bytes(content[:middle] + bytes(2000) + content[middle + 2000 :])
    Path("rec/cut.flac").write_bytes(content[:middle])
    done = detector("rec", "--effort", "e.csv")
    assert done.returncode == 0
    assert {"1 damaged", "1 truncated", "0 failed"} <= set(done.stderr.splitlines()[-1].split(", "))
    assert detector("rec", "--strict").returncode == 1
    assert detector(*map(str, EXAMPLES), "--strict").returncode == 0
    row = next(row for row in read("e.csv") if row["status"] == "damaged")
    missing_s = float(row["seconds"]) - float(row["scanned_s"])
    assert 0 < missing_s < 1
    assert f"{missing_s:.3f} s could not be read" in row["detail"]


@pytest.mark.parametrize(
    ("limit", "code"),
    [("rate=8000", 1), ("rate=48000", 0), ("rate", 2), ("rate=x", 2), ("speed=3", 2), ("memory=0", 2), ("data=inf", 2)],
)
def test_a_limit_is_named_and_can_be_set(limit: str, code: int) -> None:
    done = detector(str(EXAMPLES[0]), "--limit", limit)
    assert done.returncode == code
    if code:
        assert limit.partition("=")[0] in done.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_pipes_and_devices_among_recordings_are_rows_and_hold_nothing_up() -> None:
    os.mkfifo("rec/pipe.wav")
    Path("rec/zero.wav").symlink_to("/dev/zero")
    start = time.monotonic()
    done = detector("rec", "--effort", "e.csv", "-o", "d.csv")
    assert time.monotonic() - start < 60
    assert done.returncode == 1
    told = {Path(row["recording"]).name: row["detail"] for row in read("e.csv") if row["status"] == "failed"}
    assert set(told) == {"pipe.wav", "zero.wav"}
    assert "named pipe" in told["pipe.wav"]
    assert "device" in told["zero.wav"]


def write_mp3(path: Path, seconds: int) -> None:
    noise = np.random.default_rng(0).standard_normal((60, 8000)) * 0.1
    with soundfile.SoundFile(path, "w", 8000, 1, format="MP3") as sound:
        for second in range(seconds):
            sound.write(noise[second % 60])


def test_what_the_decoder_of_mp3_prints_does_not_reach_standard_error() -> None:
    write_mp3(Path("rec/bad.mp3"), 60)
    content = bytearray(Path("rec/bad.mp3").read_bytes())
    for at in range(3000, len(content) - 2000, 2000):
        content[at : at + 700] = bytes(700)
    Path("rec/bad.mp3").write_bytes(content)
    done = detector("rec/bad.mp3", "--effort", "e.csv")
    assert read("e.csv")[0]["status"] == "damaged"
    assert all(line.startswith("detector: ") for line in done.stderr.splitlines())
    assert len(done.stderr.splitlines()) == 4


@pytest.mark.slow
def test_an_interrupt_ends_within_two_seconds_even_in_a_long_mp3(folder: Path) -> None:
    write_mp3(Path("rec/long.mp3"), 900)
    content = Path("rec/long.mp3").read_bytes()
    Path("rec/long.mp3").write_bytes(content * 48)  # 12 hours: streams that follow one another are one
    command = [sys.executable, "-m", "detector", "scan", "rec/long.mp3", "-o", "d.csv", "--effort", "e.csv"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    time.sleep(8)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    assert process.wait(20) == 130
    assert time.monotonic() - start < 2
    assert sorted(path.name for path in folder.iterdir()) == ["rec"]
