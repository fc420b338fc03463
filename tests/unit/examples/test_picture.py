"""The picture of README: a box for each detection, and one line for a fault."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
RECORDING = ROOT / "examples" / "recordings" / "roof_20240512_060000Z.flac"
TABLE = f"""recording,start_s,end_s,low_hz,high_hz,label,score
{RECORDING},1.0,2.0,,,call,0.91
elsewhere/{RECORDING.name},3.0,4.0,500,1500,owl,0.82
examples/recordings/pond.flac,5.0,6.0,,,frog,0.73
"""


def draw(*arguments: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a user would."""
    command = [sys.executable, ROOT / "examples" / "picture.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_detection_of_the_recording_and_no_other_is_drawn_with_label_and_score(tmp_path: Path) -> None:
    table = tmp_path / "detections.csv"
    table.write_text(TABLE, encoding="utf-8")
    picture = tmp_path / "picture.svg"
    done = draw(RECORDING, table, picture)
    assert done.returncode == 0, done.stderr
    drawn = picture.read_text(encoding="utf-8")  # texts are kept as comments
    assert [text in drawn for text in ("<!-- call", "0.91", "<!-- owl", "0.82")] == [True] * 4
    assert "frog" not in drawn


def test_a_missing_recording_is_one_line_that_names_it(tmp_path: Path) -> None:
    table = tmp_path / "detections.csv"
    table.write_text(TABLE, encoding="utf-8")
    done = draw(tmp_path / "none.flac", table, tmp_path / "picture.png")
    assert done.returncode == 2
    assert "none.flac" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "picture.png").exists()


def test_the_picture_of_the_readme_is_small() -> None:
    assert (ROOT / "docs" / "pictures" / "detections.png").stat().st_size < 150_000
