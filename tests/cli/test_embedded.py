"""The embedded model finds the calls of the example recordings, and nothing where there is none."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from detector.cli import commands
from detector.events import Event, overlap_s
from detector.presets import DEFAULT_MODEL, shipped_folder
from detector.provenance import read_about, read_provenance
from detector.tables.formats import read_annotations

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
EXPERIMENTS = ROOT / "experiments"
RECORDINGS = EXAMPLES / "recordings"


def test_the_embedded_model_finds_the_calls_of_the_examples(tmp_path: Path) -> None:
    output = tmp_path / "detections.csv"
    commands.main(["scan", str(RECORDINGS), "-o", str(output)], standalone_mode=False)
    found: dict[str, list[Event]] = defaultdict(list)
    with output.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["recording"]].append(Event(float(row["start_s"]), float(row["end_s"]), row["label"]))
    calls = read_annotations(RECORDINGS, sorted(RECORDINGS.glob("*.flac"))).annotations
    met = [
        any(
            overlap_s(call.event.span, event.span) > 0.5 * call.event.duration_s for event in found[str(call.recording)]
        )
        for call in calls
    ]
    assert len(calls) == 60
    assert sum(met) >= 55
    assert not found[str(RECORDINGS / "empty_20240517_030000Z.flac")]
    right = [
        any(overlap_s(event.span, call.event.span) > 0 for call in calls if str(call.recording) == recording)
        for recording, events in found.items()
        for event in events
    ]
    assert sum(right) >= 0.95 * len(right)


def test_its_card_tells_what_it_is_for_and_not_for_and_its_sources() -> None:
    card = (shipped_folder() / DEFAULT_MODEL / "README.md").read_text(encoding="utf-8")
    for told in ("**For**", "**Not for**", "CC BY 3.0", "CC BY-SA 4.0", "MIT", "average precision"):
        assert told in card


def test_the_script_that_makes_it_says_the_same_of_its_purpose_and_data() -> None:
    shipped = read_provenance(shipped_folder() / DEFAULT_MODEL)
    said = read_about(EXPERIMENTS / "call-activity.toml")
    assert (said.about, said.data) == (shipped.about, shipped.data)
    assert f'--licence "{shipped.licence}"' in (EXPERIMENTS / "call-activity.sh").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_script_makes_its_training_set_and_trains_it(data: Path, tmp_path: Path) -> None:
    text = (shipped_folder() / DEFAULT_MODEL / "recipe.toml").read_text(encoding="utf-8")
    recipe = tmp_path / "short.toml"
    recipe.write_text(text.replace("epochs = 20", "epochs = 1"), encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [EXPERIMENTS / "call-activity.sh", data, tmp_path / "work"],
        env=os.environ | {"PATH": path, "RECIPE": str(recipe), "HOURS": "0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "work" / "call-activity" / "weights.safetensors").is_file()
