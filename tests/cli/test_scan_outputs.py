"""The tables of `detector scan` outlive what surrounds it: closed pipes, full disks, kills, other scans."""

from __future__ import annotations

import csv
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made import link_recordings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "recordings"
RECORDINGS = [f"rec/{name}.flac" for name in ("a", "b")]
SCAN = f"{shlex.quote(sys.executable)} -m detector scan rec"
PAUSED = """
import sys, time
from pathlib import Path
from detector.cli import main
from detector.scanning.scanner import Scanner
scan_all = Scanner.scan_all
def paused(self, *rest):
    for scanned in scan_all(self, *rest):
        yield scanned
        Path("paused").touch()
        while not Path("go").exists():
            time.sleep(0.02)
Scanner.scan_all = paused
main()
"""  # a scan that waits after its first recording


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with two recordings: one with calls, one without."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    sources = (EXAMPLES / f"{name}.flac" for name in ("pond_20240511_213000Z", "empty_20240517_030000Z"))
    link_recordings(tmp_path, dict(zip(RECORDINGS, sources)))
    return tmp_path


@pytest.fixture
def paused() -> Iterator[subprocess.Popen[str]]:
    """Start a scan that has written a part of its tables and waits for a file `go`."""
    arguments = ["scan", "rec", "-o", "d.csv", "--effort", "e.csv"]
    process = subprocess.Popen([sys.executable, "-c", PAUSED, *arguments], stderr=subprocess.PIPE, text=True)
    try:
        while not Path("paused").exists():
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def bash(line: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)


def recordings_of(path: str) -> list[str]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return [row["recording"] for row in csv.DictReader(file)]


def names() -> set[str]:
    return {path.name for path in Path().iterdir()} - {"rec", "paused", "go"}


def lines(done: subprocess.CompletedProcess[str]) -> list[str]:
    return done.stderr.splitlines()


@pytest.mark.parametrize("redirection", ["2> >(exit 0)", "2>&-", "2>/dev/full", ">&- 2>&-", "> >(exit 0)", "| true"])
def test_a_closed_pipe_costs_no_table_that_goes_to_a_file(redirection: str) -> None:
    done = bash(f"{SCAN} -o d.csv --effort e.csv --scores s.csv {redirection}")
    assert done.returncode == 0
    assert recordings_of("e.csv") == RECORDINGS
    assert set(recordings_of("d.csv")) == {"rec/a.flac"}
    assert names() == {"d.csv", "e.csv", "s.csv"}


def test_a_reader_that_has_seen_enough_costs_no_table_that_goes_to_a_file() -> None:
    done = bash(f"set -o pipefail; {SCAN} none.wav --effort e.csv | head -1")
    assert done.returncode == 1  # as without `head`: a recording is missing
    assert recordings_of("e.csv") == [*RECORDINGS, "none.wav"]
    assert done.stdout.startswith("recording,")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_full_disk_behind_standard_output_is_told_in_one_line_and_nothing_appears() -> None:
    done = bash(f"{SCAN} --effort e.csv >/dev/full")
    assert done.returncode == 2
    assert ["standard output" in line for line in lines(done)] == [False, True]
    assert names() == set()


def test_a_file_that_grows_too_large_is_told_in_one_line_and_leaves_none_of_the_tables() -> None:
    done = bash(f"ulimit -f 1; trap '' XFSZ; {SCAN} -o d.csv --effort e.csv --scores s.csv")
    assert done.returncode == 2
    assert "s.csv" in lines(done)[-1]
    assert names() == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_and_has_its_exit_code(paused: subprocess.Popen[str], number: signal.Signals) -> None:
    assert len(names()) == 2
    paused.send_signal(number)
    time.sleep(0.2)  # for the signal to arrive before the scan goes on
    Path("go").touch()
    messages = paused.communicate()[1].splitlines()
    assert paused.returncode == 128 + number
    assert [line for line in messages if "terminated" in line or "interrupted" in line] == messages[-1:]
    assert names() == set()


def test_nohup_keeps_a_scan_running() -> None:
    command = ["nohup", sys.executable, "-c", PAUSED, "scan", "rec", "-o", "d.csv"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    while not Path("paused").exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    Path("go").touch()
    process.communicate()
    assert process.returncode == 0
    assert names() == {"d.csv"}


@pytest.mark.slow
def test_what_a_killed_scan_left_never_blocks_the_next_one_and_is_removed(paused: subprocess.Popen[str]) -> None:
    paused.kill()
    paused.wait()
    left = names()
    assert len(left) == 2
    others = {".d.csv.gz.0123456789abcdef.part", ".dd.csv.0123456789abcdef.part", ".d.csv.part", "d.csv.mine.part"}
    for name in others:
        Path(name).touch()
    Path("go").touch()
    # In a container, the number of the process may be the same again.
    number = "import os; os.getpid = lambda: 4711; " + PAUSED
    for name in ("d.csv", "e.csv"):
        Path(f".{name}.4711.part").touch()
    command = [sys.executable, "-c", number, "scan", "rec", "-o", "d.csv", "--effort", "e.csv"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert names() == {"d.csv", "e.csv", *others}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", ["-o d.csv", "-o x.csv --effort ./e.csv", "-o d.csv --force", "-o rec/../d.csv"])
def test_a_second_scan_into_an_output_is_refused_at_its_start_and_the_first_is_undisturbed(
    paused: subprocess.Popen[str], arguments: str
) -> None:
    second = bash(f"{SCAN} {arguments}")
    assert second.returncode == 2
    assert len(lines(second)) == 1
    assert "another process is writing it" in second.stderr
    Path("go").touch()
    paused.communicate()
    assert paused.returncode == 0
    assert names() == {"d.csv", "e.csv"}
    assert recordings_of("e.csv") == RECORDINGS


@pytest.mark.slow
def test_of_two_scans_that_start_together_one_writes_the_output() -> None:
    command = [sys.executable, "-c", PAUSED, "scan", "rec", "-o", "d.csv", "--effort", "e.csv"]
    scans = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(2)]
    while all(scan.poll() is None for scan in scans):
        time.sleep(0.02)
    Path("go").touch()
    assert sorted(scan.wait() for scan in scans) == [0, 2]
    assert names() == {"d.csv", "e.csv"}


def test_a_new_table_has_the_permissions_that_the_umask_gives() -> None:
    assert bash(f"umask 027; {SCAN} -o d.csv").returncode == 0
    assert Path("d.csv").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("option", ["-o", "--effort", "--scores"])
def test_a_dash_is_no_file(option: str) -> None:
    done = subprocess.run(
        f"{SCAN} {option} -",
        shell=True,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "'-'" in done.stderr
    assert not Path("-").exists()
