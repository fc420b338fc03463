"""The example pipelines run as they are written; only the number of epochs is cut down."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COLUMNS = "recording,channel,start_s,end_s,low_hz,high_hz,label,score,start_time"

pytestmark = pytest.mark.slow


def pipeline(script: str, *arguments: Path, recipe: Path) -> None:
    """Run a script with the commands of this environment first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [EXAMPLES / script, *arguments],
        env=os.environ | {"PATH": path, "RECIPE": str(recipe)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def shortened(name: str, folder: Path) -> Path:
    """Copy an example's recipe with a single epoch."""
    text = (EXAMPLES / "recipes" / f"{name}.toml").read_text(encoding="utf-8")
    short = re.sub(r"(?m)^epochs = \d+$", "epochs = 1", text)
    assert short != text
    path = folder / f"{name}.toml"
    path.write_text(short, encoding="utf-8")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def check(work: Path, n_recordings: int) -> None:
    """Check what every pipeline leaves behind."""
    with (work / "detections.csv").open(encoding="utf-8") as file:
        assert file.readline().strip() == COLUMNS
    effort = rows(work / "effort.csv")
    assert len(effort) == n_recordings
    assert {row["status"] for row in effort} <= {"ok", "short"}
    assert {path.name for path in (work / "model").iterdir()} >= {
        "recipe.toml", "weights.safetensors", "checksums.txt", "operating.toml", "provenance.toml", "README.md",
        "training.csv", "curves.png",
    }  # fmt: skip


def test_the_quick_start_finds_calls_in_the_made_recordings(tmp_path: Path) -> None:
    text = (EXAMPLES / "recipes" / "quick-start.toml").read_text(encoding="utf-8")
    recipe = tmp_path / "quick-start.toml"
    recipe.write_text(re.sub(r"(?m)^epochs = \d+$", "epochs = 8", text), encoding="utf-8")
    pipeline("quick-start.sh", tmp_path / "work", recipe=recipe)
    check(tmp_path / "work", len(list((EXAMPLES / "recordings").glob("*.flac"))))
    found = rows(tmp_path / "work" / "detections.csv")
    assert {row["label"] for row in found} == {"call"}
    assert (tmp_path / "work" / "clips.png").read_bytes().startswith(b"\x89PNG")


def test_zebra_finch(data: Path, tmp_path: Path) -> None:
    pipeline("zebra-finch.sh", data, tmp_path / "work", recipe=shortened("zebra-finch", tmp_path))
    check(tmp_path / "work", 14)
    assert {row["label"] for row in rows(tmp_path / "work" / "detections.csv")} == {"syllable"}


def test_boobook_with_its_empty_annotation_column(data: Path, tmp_path: Path) -> None:
    pipeline("boobook.sh", data, tmp_path / "work", recipe=shortened("boobook", tmp_path))
    check(tmp_path / "work", 37)
    clips = rows(tmp_path / "work" / "clips" / "clips.csv")
    sites: dict[str, set[str]] = {}
    for clip in clips:
        sites.setdefault(clip["group"], set()).add(clip["split"])
    assert all(len(splits) == 1 for splits in sites.values())
    assert {clip["kind"] for clip in clips} == {"call", "background", "confusing"}


def test_esc10(data: Path, tmp_path: Path) -> None:
    pipeline("esc10.sh", data, tmp_path / "work", recipe=shortened("esc10", tmp_path))
    check(tmp_path / "work", 80)
    scores = rows(tmp_path / "work" / "scores.csv")
    assert len({row["recording"] for row in scores}) == 80


def test_an_archive_is_named_by_find_and_counted_by_awk(tmp_path: Path) -> None:
    pipeline("archive.sh", EXAMPLES / "recordings", tmp_path / "work", recipe=tmp_path)
    found = rows(tmp_path / "work" / "detections.csv")
    counts = [line.split("\t") for line in (tmp_path / "work" / "counts.tsv").read_text(encoding="utf-8").splitlines()]
    assert {recording: int(n) for n, recording in counts} == dict(Counter(row["recording"] for row in found))
    assert [int(n) for n, _ in counts] == sorted((int(n) for n, _ in counts), reverse=True)
    assert len(rows(tmp_path / "work" / "effort.csv")) == len(list((EXAMPLES / "recordings").glob("*.flac")))
