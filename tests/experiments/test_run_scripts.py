"""The scripts that measure runs still run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "recordings"


def printed(script: str, *words: str) -> str:
    """Run a script; return what it prints."""
    command = [sys.executable, ROOT / "experiments" / script, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.mark.slow
def test_a_finished_run_is_resumed_in_seconds() -> None:
    lines = printed("run_cost.py", "resume", "--recordings", "300").splitlines()
    assert all(float(line.split(":")[1].split()[0]) < 10 for line in lines)
    assert len(lines) == 3


def test_storage_is_compared() -> None:
    assert len(printed("run_storage.py", "storage", "--records", "20").splitlines()) == 4


@pytest.mark.slow
def test_detections_are_made_from_made_scores() -> None:
    assert "6 recordings, 1.00 h" in printed("detect_speed.py", "--hours", "1")
