"""The use case where something is wrong: what is broken costs only itself, and an output is whole or not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from detector.clips import ClipWriter
from detector.errors import ClipsError, ConfigurationError, DetectorError, OutputError
from detector.extraction import extract as extract_module
from detector.labels import LabelRules
from tests.made import draw_calls, recipe, sound, write_set, write_sound, write_table

from .conftest import run


def test_a_broken_recording_costs_only_itself(tmp_path: Path) -> None:
    table, folder = write_set(tmp_path, n=3)
    broken = folder / "site1_1.wav"
    broken.write_bytes(b"RIFF no sound")
    store, report = run((table, folder), tmp_path / "clips")
    assert len(report.failed) == 1
    assert report.failed[0].startswith(f"{broken}: ")
    assert store.index["recording"].nunique() == 2


def test_a_recording_without_the_channel_of_the_recipe_costs_only_itself(tmp_path: Path) -> None:
    calls = [(1.0, 1.3, "low")]
    write_sound(tmp_path / "in" / "mono.wav", sound(3.0, calls, 1))
    write_sound(tmp_path / "in" / "stereo.wav", np.stack([sound(3.0), sound(3.0, calls, 2)], axis=1))
    table = write_table(tmp_path / "t.csv", [(f"{name}.wav", *calls[0]) for name in ("mono", "stereo")])
    store, report = run((table, tmp_path / "in"), tmp_path / "clips", recipe(audio={"channel": 1}))
    assert report.failed == [f"{tmp_path}/in/mono.wav: has no channel 1; its 1 channels count from 0"]
    assert {Path(name).name for name in store.index["recording"]} == {"stereo.wav"}


def test_calls_beyond_what_can_be_read_make_no_clips(tmp_path: Path) -> None:
    calls = [*draw_calls(7.0, ["low"], 0), (8.01, 8.2, "low"), (12.0, 12.2, "low")]  # one just beyond, one far
    path = write_sound(tmp_path / "in" / "a.wav", sound(20.0, calls))
    path.write_bytes(path.read_bytes()[: 4 * 8000 * 8])  # about 8 s
    table = write_table(tmp_path / "t.csv", [("a.wav", *call) for call in calls])
    store, report = run((table, tmp_path / "in"), tmp_path / "clips")
    starts = store.index[store.index["kind"] == "call"]["start_s"]
    assert len(starts) == len(calls) - 2
    assert (starts < 7.0).all()
    assert any("2 annotations start after its end" in note for note in report.notes)


def test_annotations_that_reach_beyond_the_end_are_cut_off_there(tmp_path: Path) -> None:
    write_sound(tmp_path / "in" / "a.wav", sound(4.0, [(3.9, 4.0, "low")]))
    table = write_table(tmp_path / "t.csv", [("a.wav", 3.9, 30.0, "low"), ("a.wav", 5.0, 6.0, "low")])
    store, report = run((table, tmp_path / "in"), tmp_path / "clips")
    calls = store.index[store.index["kind"] == "call"]
    assert len(calls) == 1
    ends = store.events["end_s"].to_numpy() + store.index["start_s"].to_numpy()[store.events["clip"]]
    assert ends.max() == pytest.approx(4.0)
    assert any("1 annotations start after its end (4.000 s)" in note for note in report.notes)


def test_an_output_that_exists_is_refused_and_untouched(tmp_path: Path, one: tuple[Path, Path]) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "mine").write_text("1")
    with pytest.raises(OutputError, match="exists already"):
        run(one, tmp_path / "clips")
    assert [path.name for path in (tmp_path / "clips").iterdir()] == ["mine"]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_midway_leaves_nothing_behind(
    tmp_path: Path, one: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(self: ClipWriter, *_: object) -> None:
        assert list(self.folder.parent.glob("clips.partial-*"))
        raise error

    monkeypatch.setattr(ClipWriter, "close", fail)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises((type(error), OutputError)):  # no room: told in one line
        run(one, tmp_path / "deep" / "clips")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"group": "^x"}, ConfigurationError, "`group`: '^x': finds nothing in the name a.wav"),
        ({"rules": LabelRules(background=frozenset({"low", "high"}))}, ClipsError, "these annotations"),
    ],
)
def test_what_cannot_be_done_leaves_nothing_behind(
    tmp_path: Path, one: tuple[Path, Path], options: dict[str, Any], error: type[DetectorError], told: str
) -> None:
    with pytest.raises(error) as caught:
        run(one, tmp_path / "clips", **options)
    assert str(caught.value).startswith(told)
    assert not list(tmp_path.glob("clips*"))


def test_clips_that_hold_what_cannot_be_read_are_left_out_and_counted(tmp_path: Path) -> None:
    calls = [(second + 0.2, second + 0.5, "low") for second in range(1, 40, 2)]
    path = tmp_path / "in" / "a.flac"
    path.parent.mkdir()
    soundfile.write(path, sound(42.0, calls), 8000)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(content[:middle] + bytes(9000) + content[middle + 9000 :])
    table = write_table(tmp_path / "t.csv", [("a.flac", *call) for call in calls])
    store, report = run((table, tmp_path / "in"), tmp_path / "clips")
    starts = store.index[store.index["kind"] == "call"]["start_s"]
    assert len(calls) // 2 < len(starts) < len(calls)
    assert any("cannot be read; left out" in note for note in report.notes)
    assert not ((starts > 19.5) & (starts < 21.0)).any()


def test_a_bug_that_one_recording_meets_costs_only_that_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, folder = write_set(tmp_path / "in", n=4)
    cut = extract_module.cut_recording

    def failing(job: Any, *rest: Any) -> None:
        if job.source.path.name == "site1_1.wav":
            raise ZeroDivisionError("a bug")
        cut(job, *rest)

    monkeypatch.setattr(extract_module, "cut_recording", failing)
    store, report = run((table, folder), tmp_path / "clips")
    assert {Path(name).name for name in store.index["recording"]} == {"site0_0.wav", "site2_2.wav", "site3_3.wav"}
    assert report.bugs == 1
    assert "site1_1.wav" in report.failed[0]
