"""Runs outlive what surrounds them, and serve other commands, as real processes show."""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from detector.cli import commands
from detector.errors import DetectorError
from tests.made import link_recordings

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "recordings").glob("*.flac"))
TABLES = ("detections.csv", "effort.csv")
SLOW = """
import sys, time
from pathlib import Path
from detector.cli import main
from detector.scanning.parts import PartScorer
score = PartScorer.score
def slow(self, part, *rest):
    scores = score(self, part, *rest)
    Path("begun").touch()
    while not Path("go").exists():
        time.sleep(0.02)
    return scores
PartScorer.score = slow
main()
"""  # a scan whose parts last until there is a file `go`
VANISHING = """
import sys
from pathlib import Path
from detector.cli import main
from detector.scanning.parts import PartScorer
score = PartScorer.score
def vanishing(self, part, *rest):
    scores = score(self, part, *rest)
    if Path("rec").exists():
        Path("rec").rename("unmounted")
    return scores
PartScorer.score = vanishing
main()
"""  # the folder of recordings vanishes after the first part


def make_recordings(folder: Path) -> None:
    """Link four recordings into a folder, and write a broken one."""
    link_recordings(folder, {f"rec/{path.name}": path for path in EXAMPLES[:4]})
    (folder / "rec" / "broken.wav").write_bytes(b"RIFF and no more")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with recordings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    make_recordings(tmp_path)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the tables of a scan that keeps no run."""
    folder = tmp_path_factory.mktemp("scan")
    make_recordings(folder)
    command = [sys.executable, "-m", "detector", "scan", "rec", "-o", TABLES[0], "--effort", TABLES[1]]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True).returncode == 1
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.fixture
def slow() -> Iterator[subprocess.Popen[str]]:
    """Start a scan into a run, and wait until it has begun to scan."""
    command = [sys.executable, "-c", SLOW, "scan", "rec", "--run", "run", "--workers", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_for("begun", process)
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def wait_for(name: str, process: subprocess.Popen[str]) -> None:
    while not Path(name).exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def detector(*arguments: str, code: int | None = 0, program: str | None = None) -> list[str]:
    """Run the program; check its exit code, and return the lines that it said."""
    start = ["-m", "detector"] if program is None else ["-c", program]
    command = [sys.executable, *start, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, done.stderr
    return done.stderr.splitlines()


def written_bytes(name: str) -> int:
    """Return how much a run has written of results and of parts."""
    return sum(path.stat().st_size for path in Path(name).glob("*.jsonl"))


def in_process(*arguments: str, code: int = 0) -> str:
    """Run a command in this process, which saves the import of torch; return what it said."""
    done = CliRunner().invoke(commands, arguments)
    if isinstance(done.exception, DetectorError):
        assert done.exception.exit_code == code
        return str(done.exception)
    assert done.exit_code == code, done.output
    return done.output


def of_run(name: str = "run") -> dict[str, bytes]:
    return {table: Path(name, table).read_bytes() for table in TABLES}


def test_a_run_that_is_killed_again_and_again_ends_with_the_tables_of_one_scan(tables: dict[str, bytes]) -> None:
    generator = random.Random(0)
    command = [sys.executable, "-m", "detector", "scan", "rec", "--run", "run"]
    for _ in range(4):
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        before = written_bytes("run")
        while written_bytes("run") == before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(generator.uniform(0.0, 0.1))
        process.kill()
        process.wait()
    detector("scan", "rec", "--run", "run", code=1)
    assert of_run() == tables


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_within_five_seconds_and_names_the_command_that_goes_on(
    slow: subprocess.Popen[str], number: signal.Signals, tables: dict[str, bytes]
) -> None:
    slow.send_signal(number)
    start = time.monotonic()
    messages = slow.communicate()[1].splitlines()
    assert time.monotonic() - start < 5
    assert slow.returncode == 128 + number
    (line,) = (line for line in messages if "detector scan rec --run run" in line)
    words = shlex.split(line[line.index("detector scan") :])
    detector(*words[1:], code=1)
    assert of_run() == tables


def test_a_signal_while_the_model_is_loaded_names_the_command_too(tables: dict[str, bytes]) -> None:
    command = [sys.executable, "-m", "detector", "scan", "rec", "--run", "run"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for("run/lock", process)
    process.send_signal(signal.SIGTERM)
    messages = process.communicate()[1].splitlines()
    assert process.returncode == 143
    assert any("detector scan rec --run run" in line for line in messages)
    detector("scan", "rec", "--run", "run", code=1)
    assert of_run() == tables


def test_a_second_process_is_refused_at_once_and_the_first_goes_on(
    slow: subprocess.Popen[str], tables: dict[str, bytes]
) -> None:
    start = time.monotonic()
    messages = detector("scan", "rec", "--run", "run", code=2)
    assert time.monotonic() - start < 5
    assert f"run: process {slow.pid} on" in messages[-1]
    Path("go").touch()
    slow.communicate()
    assert slow.returncode == 1
    assert of_run() == tables


def test_a_full_disk_is_one_line_and_the_run_goes_on_when_there_is_room(tables: dict[str, bytes]) -> None:
    command = f"ulimit -f 2; exec {shlex.quote(sys.executable)} -m detector scan rec --run run"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be written: File too large" in done.stderr
    assert "detector scan rec --run run" in done.stderr
    assert "Traceback" not in done.stderr
    detector("scan", "rec", "--run", "run", code=1)
    assert of_run() == tables


def test_recordings_that_vanish_fail_and_are_scanned_when_they_are_back(tables: dict[str, bytes]) -> None:
    messages = detector("scan", "rec", "--run", "run", "--workers", "1", code=1, program=VANISHING)
    assert sum("cannot be read: No such file" in line for line in messages) >= 3
    Path("unmounted").rename("rec")
    detector("scan", "rec", "--run", "run", code=1)
    assert of_run() == tables


@pytest.mark.parametrize("run", ["/proc/run", "file", "file/run"])
def test_a_run_that_cannot_be_made_is_one_line(run: str) -> None:
    Path("file").touch()
    messages = detector("scan", "rec", "--run", run, code=2)
    assert run in messages[-1]
    assert not any("Traceback" in line for line in messages)


def test_a_stopped_scan_without_a_run_leaves_no_file_and_says_so() -> None:
    command = [sys.executable, "-c", SLOW, "scan", "rec", "-o", "d.csv", "--effort", "e.csv"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    wait_for("begun", process)
    process.send_signal(signal.SIGINT)
    messages = process.communicate()[1].splitlines()
    assert process.returncode == 130
    assert any("d.csv" in line and "not written" in line for line in messages)
    assert {path.name for path in Path().iterdir()} == {"rec", "begun"}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--shard", "1/2"], "--run"),
        (["--keep-scores", "none"], "--run"),
        (["--run", "run", "-o", "d.csv"], "detector detect"),
        (["--run", "run", "--effort", "e.csv"], "--effort"),
        (["--run", "run", "--force"], "--force"),
        (["--run", "run", "--shard", "3/2"], "I/N"),
        (["--run", "run", "--continuous"], "`scan.keep_scores` none"),
        (["--run", "run", "--continuous", "--keep-scores", "none", "--shard", "1/2"], "`scan.shard`"),
    ],
)
def test_options_that_do_not_go_together_are_refused(arguments: list[str], named: str) -> None:
    assert named in in_process("scan", "rec", *arguments, code=2)
    assert not Path("run").exists()


def test_shards_merge_and_a_missing_one_is_named(tables: dict[str, bytes]) -> None:
    for number in (1, 2, 3):
        shard = f"{number}/3"
        in_process("scan", "rec", "--run", f"run-{number}", "--shard", shard, code=1 if number == 1 else 0)
    assert "2/3" in in_process("merge", "run-1", "run-3", "-o", "merged", code=2)
    assert not Path("merged").exists()
    in_process("merge", "run-1", "run-3", "run-2", "-o", "merged", code=1)
    assert of_run("merged") == tables
    in_process("detect", "run-1", "run-2", "run-3", "-o", "d.csv", code=1)
    assert Path("d.csv").read_bytes() == tables["detections.csv"]


def test_tune_evaluate_and_audit_accept_a_run_in_the_place_of_recordings_and_tables() -> None:
    Path("rec/broken.wav").unlink()
    in_process("scan", "rec", "--run", "run")
    in_process("scan", "rec", "-o", "d.csv", "--effort", "e.csv")
    annotations = str(ROOT / "examples" / "recordings")
    rename = ["--rename", "*=call"]
    for source, output in (("rec", "fresh"), ("run", "stored")):
        in_process("tune", "call-activity", annotations, source, *rename, "-o", output)
    assert Path("fresh/operating.toml").read_bytes() == Path("stored/operating.toml").read_bytes()
    in_process("evaluate", "d.csv", "run", "--effort", "run", "--json", "c.json")
    assert json.loads(Path("c.json").read_text(encoding="utf-8"))["labels"]
    in_process("audit", "run", "-n", "3", "--background", "2", "-o", "a.csv")
    in_process("audit", "d.csv", "-n", "3", "--background", "2", "--effort", "e.csv", "-o", "b.csv")
    assert Path("a.csv").read_bytes() == Path("b.csv").read_bytes()
    in_process("detect", "run", "-m", "stored", "-o", "tuned.csv")
    in_process("scan", "rec", "-m", "stored", "-o", "scanned.csv")
    assert Path("tuned.csv").read_bytes() == Path("scanned.csv").read_bytes()


def test_a_run_is_evaluated_with_its_stored_scores_whatever_its_threshold() -> None:
    Path("rec/broken.wav").unlink()
    annotations = str(ROOT / "examples" / "recordings")
    figures = {}
    for threshold in ("0.3", "0.9999"):
        in_process("scan", "rec", "--run", threshold, "--threshold", threshold)
        tables = (f"{threshold}/detections.csv", "--effort", f"{threshold}/effort.csv")
        for name, given in (("run", (threshold,)), ("tables", tables)):
            in_process("evaluate", *given, annotations, "--rename", "*=call", "--json", "a.json", "--force")
            figures[name, threshold] = json.loads(Path("a.json").read_text(encoding="utf-8"))["labels"]["call"]
        for count in ("hits", "false_alarms", "misses"):
            assert figures["run", threshold][count] == figures["tables", threshold][count]
    assert figures["run", "0.3"]["hits"] != figures["run", "0.9999"]["hits"]
    assert (
        figures["run", "0.3"]["figures"]["average_precision"]
        == figures["run", "0.9999"]["figures"]["average_precision"]
    )
    assert (
        figures["tables", "0.3"]["figures"]["average_precision"]
        != figures["tables", "0.9999"]["figures"]["average_precision"]
    )


def test_an_unfinished_run_is_no_table(slow: subprocess.Popen[str]) -> None:
    slow.kill()
    slow.wait()
    for command in (["evaluate", "run", "rec"], ["audit", "run"]):
        assert "run: this run is not finished" in in_process(*command, code=2)


def test_a_finished_run_is_resumed_without_its_model_being_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("rec/broken.wav").unlink()
    detector("scan", "rec", "--run", "run")
    shutil.copytree("run", "copy")
    program = "import sys\nsys.modules['torch'] = None\nfrom detector.cli import main\nmain()"
    messages = detector("scan", "rec", "--run", "run", program=program)
    assert "4 of 4" in messages[0]
    assert of_run() == of_run("copy")
