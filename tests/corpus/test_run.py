"""The corpus measures the memory of a scan, and not that of the process that starts it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.corpus.run import Limits, _memory, _waited

GIB = 1 << 30
HELD = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="nobody tells the memory of a process")


def peak(tmp_path: Path, n_bytes: int) -> tuple[int, str]:
    """Run a program that takes so many bytes; give its peak, and which limit it exceeded."""
    program = f"import time; held = b'x' * {n_bytes}; time.sleep(0.5)"
    with (tmp_path / "out").open("wb") as out:
        ended = _waited([sys.executable, "-c", program], out.fileno(), tmp_path, Limits(60))
    return ended.memory, ended.reason


@HELD
def test_memory_of_a_scan_is_its_own(tmp_path: Path) -> None:
    held = np.ones(GIB + GIB // 4, np.uint8)
    assert peak(tmp_path, 1 << 20)[1] == ""
    assert peak(tmp_path, GIB // 2)[0] > GIB // 2
    assert peak(tmp_path, GIB + GIB // 8)[1] == "memory"
    assert held.size > GIB


@HELD
def test_no_process_has_no_memory() -> None:
    assert _memory(-1) == 0
