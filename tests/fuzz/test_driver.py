"""The fuzzers' own laws: what an input takes for itself is its fault, what piled up before it is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.fuzz import __main__ as driver
from tests.fuzz import memory, one
from tests.fuzz.target import MOST_MEMORY, Target, attempt

ROUND = MOST_MEMORY // 5
UNTOLD = pytest.mark.skipif(memory.resident() == 0, reason="nobody tells the memory of a process")


def target(run: Callable[[bytes, Path], None]) -> Target:
    return Target("none", lambda: (b"seed",), run, lambda data, _: data)


@UNTOLD
def test_memory_that_an_input_took_and_gave_back_is_found(tmp_path: Path) -> None:
    def run(data: bytes, folder: Path) -> None:
        np.ones(MOST_MEMORY + ROUND, np.uint8)

    found = attempt(target(run), b"", tmp_path)
    assert found is not None
    assert found.name.startswith("TooLargeError")


@UNTOLD
def test_memory_that_piled_up_is_no_fault_of_an_input(tmp_path: Path) -> None:
    piled: list[np.ndarray] = []

    def run(data: bytes, folder: Path) -> None:
        piled.append(np.ones(ROUND, np.uint8))

    assert all(attempt(target(run), b"", tmp_path) is None for _ in range(7))
    assert sum(each.size for each in piled) > MOST_MEMORY


@UNTOLD
def test_a_full_process_ends_with_all_its_inputs_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(one.os, "_exit", ended.append)
    monkeypatch.setattr(one.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(one, "_FULL", 1 << 50)  # this process may have grown before
    session = one.Session(target(lambda data, folder: None), tmp_path)
    for _ in range(5):
        session(b"")
    assert not ended
    monkeypatch.setattr(one, "_FULL", 0)
    session(b"")
    assert ended == [0]
    assert (tmp_path / "runs").read_text(encoding="ascii") == "6"


def test_a_process_that_ended_early_is_followed_by_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def run(name: str, seconds: float, folder: Path, seed: int, scratch: str) -> int:
        seeds.append(seed)
        (folder / "runs").write_text("100", encoding="ascii")
        time.sleep(0.3)
        return 0

    monkeypatch.setattr(driver, "_run", run)
    n_runs, n_found = driver.fuzz("tables", 1.8, tmp_path, seed=1)
    assert len(seeds) > 1
    assert seeds == sorted(set(seeds))
    assert (n_runs, n_found) == (100 * len(seeds), 0)


def test_each_process_that_dies_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(name: str, seconds: float, folder: Path, seed: int, scratch: str) -> int:
        (folder / ("oom-1" if seed == 1 else "log")).touch()
        (folder / "log").touch()
        time.sleep(0.3)
        return 71 if seed < 3 else 0

    monkeypatch.setattr(driver, "_run", run)
    assert driver.fuzz("tables", 2.2, tmp_path, seed=1)[1] == 2  # one with libFuzzer's input, one without
