from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "experiments" / "large_tables.py"


def test_each_kind_of_table_is_made_and_measured(tmp_path: Path) -> None:
    sizes = ("--detections", "60", "--annotations", "20", "--together", "12", "6")
    run = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), *sizes], capture_output=True, text=True, check=True
    )
    _, _, *rows = (line.strip("|").split("|") for line in run.stdout.splitlines())
    assert [row[1].strip() for row in rows] == ["60"] * 5 + ["12"]
    assert all(float(row[3]) > 0 and float(row[4]) > 0 for row in rows)
    assert len((tmp_path / "1-recording" / "detections.csv").read_text(encoding="utf-8").splitlines()) == 61


@pytest.mark.parametrize("command", ["convert", "summary"])
def test_other_commands_are_measured_on_the_same_tables(command: str) -> None:
    words = ("--command", command, "--detections", "60", "--annotations", "20", "--only", "1 recording")
    run = subprocess.run([sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=True)
    assert len(run.stdout.splitlines()) == 3
