"""Two checkouts are compared byte by byte: any byte of any table, and the exit code, can make them differ."""

from __future__ import annotations

from pathlib import Path

import pytest
import same_bytes

from detector.model import load_model

PROGRAM = """
import sys
from pathlib import Path
words = sys.argv[1:]
model = words[words.index("-m") + 1]
Path(words[words.index("-o") + 1]).write_text("recording,score\\na.wav,{score}\\n")
Path(words[words.index("--scores") + 1]).write_text("recording,channel,start_s,end_s,call\\na.wav,mix,0,1,0.25\\n")
threshold = words[words.index("--threshold") + 1] if "--threshold" in words else ""
Path(words[words.index("--effort") + 1]).write_text(f"model,threshold\\n{{model}},{{threshold}}\\n")
sys.exit({exit_code})
"""


def checkout(folder: Path, *, score: str = "0.9", exit_code: int = 0) -> Path:
    """Make a checkout whose program writes a detection of this score."""
    (folder / "detector").mkdir(parents=True)
    (folder / "detector" / "__init__.py").touch()
    program = PROGRAM.format(score=score, exit_code=exit_code)
    (folder / "detector" / "__main__.py").write_text(program, encoding="utf-8")
    return folder


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return checkout(tmp_path / "before")


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    (folder / "a.wav").touch()
    return folder


def results(text: str) -> dict[tuple[str, str], str]:
    """Read the result of each model and table from the output."""
    rows = [line.split(maxsplit=3) for line in text.splitlines()[1:] if "exit code" not in line]
    return {(row[0], row[1]): row[3] for row in rows}


def test_checkouts_that_write_the_same_are_the_same(
    before: Path, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = checkout(tmp_path / "after")
    assert same_bytes.main([str(before), str(after), str(recordings), "--models", "embedded", "lenet"]) == 0
    assert results(capsys.readouterr().out) == {
        (model, table): "same" for model in ("embedded", "lenet") for table in same_bytes.TABLES
    }


def test_one_byte_makes_a_table_differ(
    before: Path, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = checkout(tmp_path / "after", score="0.8")
    assert same_bytes.main([str(before), str(after), str(recordings), "--models", "embedded"]) == 1
    found = results(capsys.readouterr().out)
    assert found["embedded", "detections"].startswith("DIFFERS: line 2: ")
    assert found["embedded", "scores"] == found["embedded", "effort"] == "same"


def test_another_exit_code_is_a_difference(before: Path, recordings: Path, tmp_path: Path) -> None:
    after = checkout(tmp_path / "after", exit_code=1)
    assert same_bytes.main([str(before), str(after), str(recordings), "--models", "embedded"]) == 1


def test_a_scan_that_fails_before_cannot_be_compared(recordings: Path, tmp_path: Path) -> None:
    broken = checkout(tmp_path / "broken", exit_code=2)
    after = checkout(tmp_path / "after", exit_code=2)
    assert same_bytes.main([str(broken), str(after), str(recordings), "--models", "embedded"]) == 2


@pytest.mark.parametrize("place", ["no-checkout", "before"])
def test_places_that_cannot_be_used_are_wrong_usage(before: Path, tmp_path: Path, place: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        same_bytes.main([str(tmp_path / place), str(tmp_path / "no-recording")])
    assert stopped.value.code == 2


def test_an_untrained_model_is_made_once_and_can_be_loaded(
    before: Path, recordings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both scans read its folder, at a threshold that its own scores pass."""
    work = tmp_path / "work"
    words = [str(before), str(before), str(recordings), "--models", "lenet", "--work", str(work)]
    assert same_bytes.main(words) == 0
    folder = work / "models" / "lenet"
    first = (folder / "weights.safetensors").stat()
    assert same_bytes.main(words) == 0
    assert (folder / "weights.safetensors").stat() == first
    assert load_model(folder).labels == ("call",)
    effort = work / "scans" / "lenet" / "after" / "effort.csv"
    assert effort.read_text(encoding="utf-8").splitlines()[1] == f"{folder},0.250000"
    capsys.readouterr()
