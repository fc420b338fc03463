"""Every script of the lecture runs by itself, prints, draws, is short, and names what it cannot use."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from .scripts import LECTURE, SCRIPTS, script


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_prints_numbers_and_draws_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "drawn.png"
    monkeypatch.setattr(sys, "argv", [name, "--plot", str(picture)])
    script(name).main()
    assert any(character.isdigit() for character in capsys.readouterr().out)
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 150_000  # it lies in the repository


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_under_60_lines(name: str) -> None:
    assert len((LECTURE / f"{name}.py").read_text(encoding="utf-8").splitlines()) < 60


def test_a_script_runs_by_itself_from_anywhere(tmp_path: Path) -> None:
    command = [sys.executable, LECTURE / "11_keras_network.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "3,904,577,000" in done.stdout


@pytest.mark.parametrize(
    ("option", "value"),
    [("--recording", "nothing.flac"), ("--recording", __file__), ("--plot", "drawn.txt"), ("--plot", "nothing/a.png")],
)
def test_a_file_that_cannot_be_used_is_named_without_a_traceback(
    option: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["06_pooling", option, value])
    with pytest.raises(SystemExit) as ended:
        script("06_pooling").main()
    assert ended.value.code not in (0, None)
    assert value in f"{ended.value.code} {capsys.readouterr().err}"


def test_a_recording_too_short_for_a_lesson_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = tmp_path / "short.wav"
    soundfile.write(short, np.zeros(24000), 24000)
    monkeypatch.setattr(sys, "argv", ["02_several_kernels", "--recording", str(short)])
    with pytest.raises(SystemExit, match=re.escape(str(short))):
        script("02_several_kernels").main()
