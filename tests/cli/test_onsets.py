"""Models with onset outputs on the command line: what is described, and which threshold of onsets is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from detector.cli import commands
from detector.model import save_model
from tests.unit.runs.test_onsets import bell_model, bells
from tests.unit.scanning.conftest import tone_model, written


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go into a folder with a recording of two calls that touch, and runs of models with and without onsets."""
    monkeypatch.chdir(tmp_path)
    Path("rec").mkdir()
    written(Path("rec/a.wav"), bells(3, [(1.0, 2.0)], [1.0, 1.5]))
    for name, model in (("bells", bell_model()), ("tones", tone_model("frame"))):
        Path(name).mkdir()
        save_model(model, Path(name))
        run("scan", "rec", "-m", name, "--run", f"run-{name}")


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(commands, list(words))
    assert getattr(done.exception, "exit_code", done.exit_code) == code, done.output
    return done


def test_detect_parts_calls_at_the_onsets_that_are_asked_for() -> None:
    counts = {}
    for onset in ("0", "0.9", "1"):
        run("detect", "run-bells", "--onset", onset, "-o", "found.csv", "--force")
        counts[onset] = len(Path("found.csv").read_text(encoding="utf-8").splitlines()) - 1
    assert counts == {"0": 1, "0.9": 2, "1": 1}


def test_onsets_that_the_model_has_no_outputs_for_are_refused_by_the_flag() -> None:
    words = ["detect", "run-tones", "--onset", "0.7"]
    done = subprocess.run([sys.executable, "-m", "detector", *words], capture_output=True, text=True, check=False)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 2
    assert all(word in line for word in ("--onset", "0.7", "tones", "labels.onsets"))


def test_describe_shows_the_threshold_of_onsets_where_there_is_one() -> None:
    assert "tone: parted at onsets that score 0.7 or more" in run("describe", "bells").stdout
    assert "onset" not in run("describe", "tones").stdout
