"""One process writes a run; a dead one keeps no lock, with locks of the system or without."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.errors import OutputError
from detector.runs import lock as module
from detector.runs.lock import run_lock

HOLD = """
import sys, time
from pathlib import Path
from detector.runs import lock
lock.BEAT_S = 0.05
if sys.argv[2] == "no locks":
    lock.system_lock = lambda descriptor: None
    lock.LOOK_S = 0.05
if len(sys.argv) > 3:
    lock._machine = lambda: sys.argv[3]
with lock.run_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(600)
"""


@pytest.fixture(params=["locks", "no locks", "another machine"])
def holder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Start another process that holds the lock; yield the lock file."""
    monkeypatch.setattr(module, "BEAT_S", 0.05)
    monkeypatch.setattr(module, "LOOK_S", 0.05)
    monkeypatch.setattr(module, "DEAD_S", 1.0)
    arguments = [str(tmp_path / "lock"), "locks"]
    if request.param != "locks":
        monkeypatch.setattr(module, "system_lock", lambda _descriptor: None)
        arguments[1] = "no locks"
    if request.param == "another machine":
        arguments.append("another 12345678")
    process = subprocess.Popen([sys.executable, "-c", HOLD, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "locked\n"
    request.node.process = process
    yield tmp_path / "lock"
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_at_once(holder: Path) -> None:
    start = time.monotonic()
    with pytest.raises(OutputError, match=r"process [0-9]+ on"), run_lock(holder):
        pass
    assert time.monotonic() - start < 0.9


def test_a_killed_process_keeps_no_lock(holder: Path, request: pytest.FixtureRequest) -> None:
    request.node.process.kill()
    request.node.process.wait()
    with run_lock(holder):
        pass


def test_a_lock_that_was_given_back_is_free_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "system_lock", lambda _descriptor: None)
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    for machine in ("one", "other"):
        monkeypatch.setattr(module, "_machine", lambda machine=machine: machine)
        start = time.monotonic()
        with run_lock(tmp_path / "lock"):
            assert time.monotonic() - start < 1


def test_the_number_of_a_dead_process_that_another_one_has_now_blocks_nothing(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(f"{module._machine()}\t1\tabcd\t7\n", encoding="utf-8")
    start = time.monotonic()
    with run_lock(tmp_path / "lock"):
        assert time.monotonic() - start < 1


def test_a_system_without_locks_is_known_by_its_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_descriptor: int, _operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    with run_lock(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text(encoding="utf-8").count("\t") == 3


def test_of_two_that_begin_together_without_locks_only_one_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "system_lock", lambda _descriptor: None)
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    write = module._write

    def overtaken(path: Path, text: str) -> None:
        write(path, text)
        write(path, "other 1\t1\tother\t0\n")

    monkeypatch.setattr(module, "_write", overtaken)
    with pytest.raises(OutputError, match="process 1 on other"), run_lock(tmp_path / "lock"):
        pass


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"), run_lock(tmp_path / "none" / "lock"):
        pass


def test_a_process_that_was_paused_too_long_leaves_the_lock_to_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "system_lock", lambda _descriptor: None)
    monkeypatch.setattr(module, "LOOK_S", 0.01)
    monkeypatch.setattr(module, "BEAT_S", 0.05)
    path = tmp_path / "lock"
    with run_lock(path) as lock:
        lock.check()
        path.write_text("other 1\t1\tother\t5\n", encoding="utf-8")
        time.sleep(0.5)
        with pytest.raises(OutputError, match="process 1 on other"):
            lock.check()
    assert path.read_text(encoding="utf-8") == "other 1\t1\tother\t5\n"
