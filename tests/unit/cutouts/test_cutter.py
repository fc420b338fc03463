"""Folders of clips: whole, with a table that leads back, and never in the place of recordings."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detector.cutouts import Cutting, cut_rows
from detector.cutouts.cut import Cutout, cut_recording
from detector.errors import OutputError, RecordingError
from detector.events import Event
from detector.place import Place
from detector.tables.detection import Detection
from tests.made import Heard
from tests.recorders import wav

RATE = 8000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with two recordings."""
    monkeypatch.chdir(tmp_path)
    for site in "ab":
        Path(site).mkdir()
        wav(Path(site) / "x.wav", samples=np.ones(5 * RATE, np.int16))
    return tmp_path


def row(recording: str, start_s: float, score: float | None = 0.5, label: str = "owl") -> Detection:
    return Detection(recording, "0", Event(start_s, start_s + 0.5, label, score=score))


def table(folder: str = "clips") -> list[dict[str, str]]:
    with Path(folder, "detections.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def files(folder: str = "clips") -> set[str]:
    return {path.name for path in Path(folder).iterdir()} - {"detections.csv"}


def test_the_table_leads_from_each_clip_to_its_recording() -> None:
    rows = [row("a/x.wav", 1), row("b/x.wav", 1), row("b/x.wav", 2, None), row("a/x.wav", 3, 0.9, "a/b")]
    assert cut_rows(rows, Cutting(Path("clips")), force=False).n_clips == 4
    assert [(cells["recording"], cells["start_s"], cells["clip"]) for cells in table()] == [
        ("a/x.wav", "1.000", "owl_0.5000_x_1.000.wav"),
        ("a/x.wav", "3.000", "a_b_0.9000_x_3.000.wav"),
        ("b/x.wav", "1.000", "owl_0.5000_x_1.000-2.wav"),
        ("b/x.wav", "2.000", "owl_x_2.000.wav"),
    ]
    assert files() == {cells["clip"] for cells in table()}


def test_the_best_are_cut_recording_by_recording() -> None:
    rows = [row("a/x.wav", n / 2, score) for n, score in enumerate([0.1, 0.9, 0.3, 0.8])]
    rows += [row("b/x.wav", 0, 0.85), row("b/x.wav", 1, 0.2, "frog")]
    heard = Heard()
    cutter = cut_rows(rows, Cutting(Path("clips"), best=2), force=False, progress=heard)
    assert (cutter.n_clips, cutter.n_missing, heard.lines) == (3, 0, [])
    assert [cells["score"] for cells in table()] == ["0.9000", "0.8500", "0.2000"]


def test_a_recording_that_cannot_be_read_is_named_once_and_the_others_are_cut() -> None:
    heard = Heard()
    rows = [row("gone.wav", 1), row("gone.wav", 2), row("a/x.wav", 1), row("b/x.wav", 99)]
    cutter = cut_rows(rows, Cutting(Path("clips")), force=False, progress=heard)
    assert (cutter.n_clips, cutter.n_missing) == (1, 3)
    assert sum("gone.wav" in line for line in heard.lines) == 1
    assert sum("b/x.wav" in line for line in heard.lines) == 1
    assert "3 clips of 2 recordings" in heard.lines[-1]
    assert [cells["recording"] for cells in table()] == ["a/x.wav"]


def test_many_recordings_that_are_gone_are_counted() -> None:
    heard = Heard()
    rows = [row("a/x.wav", 1), *(row(f"gone{n}.wav", 1) for n in range(50))]
    cut_rows(rows, Cutting(Path("clips")), force=False, progress=heard)
    assert sum("gone" in line for line in heard.lines) == 20
    assert "50 clips of 50 recordings" in heard.lines[-1]


def test_without_any_clip_no_folder_appears() -> None:
    with pytest.raises(RecordingError, match="clips"):
        cut_rows([row("gone.wav", 1)], Cutting(Path("clips")), force=False)
    assert not Path("clips").exists()
    cut_rows([], Cutting(Path("clips")), force=False)
    assert files() == set()


def test_force_replaces_clips_but_never_recordings_nor_a_clip_s_neighbour() -> None:
    cutting = Cutting(Path("clips"))
    cut_rows([row("a/x.wav", 1)], cutting, force=False)
    with pytest.raises(OutputError, match="clips"):
        cutting.check(force=False)
    cut_rows([row("a/x.wav", 2)], cutting, force=True)
    assert files() == {"owl_0.5000_x_2.000.wav"}
    Path("a/detections.csv").write_text("recording,start_s,end_s,label\nx.wav,1,2,owl\n")
    for name in ("a", "b"):
        with pytest.raises(OutputError, match=name):
            Cutting(Path(name)).check(force=True)
    wav(Path("clips/mine.wav"))
    with pytest.raises(OutputError, match="clips"):
        cutting.check(force=True)


def test_a_full_disk_names_the_folder_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("detector.cutouts.wav.WavWriter.append", full)
    with pytest.raises(OutputError, match=r"^clips: .*No space left"):
        cut_rows([row("a/x.wav", 1)], Cutting(Path("clips")), force=False)
    assert sorted(path.name for path in Path().iterdir()) == ["a", "b"]


def test_a_bug_in_one_recording_costs_its_clips_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(recording: Place, *rest: Any) -> list[Cutout]:
        if str(recording) == "a/x.wav":
            raise ZeroDivisionError("division by zero")
        return cut_recording(recording, *rest)

    monkeypatch.setattr("detector.cutouts.cutter.cut_recording", failing)
    heard = Heard()
    cutter = cut_rows([row("a/x.wav", 1), row("b/x.wav", 1)], Cutting(Path("clips")), force=False, progress=heard)
    assert (cutter.n_clips, cutter.n_missing, len(cutter.bugs)) == (1, 1, 1)
    assert "a/x.wav" in heard.lines[0]
    assert [cells["recording"] for cells in table()] == ["b/x.wav"]
