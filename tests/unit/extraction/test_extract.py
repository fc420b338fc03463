"""The use case: tables and recordings in, a folder of clips out, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import torch

from detector.audio.header import Header
from detector.audio.reading import read_header
from detector.clips import CLIPS_FOLDER, CONFUSING, SPLITS
from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.frontend.stream import PowerStream
from detector.labels import LabelRules
from detector.recipe import Recipe
from tests.made import FRONTENDS, recipe, sound, write_set, write_sound, write_table

from .conftest import run


def whole_power(path: Path, made: Recipe) -> np.ndarray:
    samples = torch.from_numpy(soundfile.read(path, dtype="float32")[0])[None]
    stream = PowerStream(band_power(made, design(made)), 1, torch.device("cpu"))
    return torch.cat([*stream.push(samples), *stream.flush()], dim=-1)[0].numpy()


@pytest.mark.parametrize("frontend", FRONTENDS)
def test_clips_hold_the_frames_of_the_recording_where_the_index_says(
    tmp_path: Path, one: tuple[Path, Path], frontend: str
) -> None:
    made = recipe(frontend)
    store, _ = run(one, tmp_path / "clips", made)
    assert CLIPS_FOLDER.is_kind_of(tmp_path / "clips")
    whole = whole_power(one[1] / "a.wav", made)
    power = store.power(np.arange(len(store)))
    assert power.shape == (len(store), made.n_bands, made.window_frames + 2 * store.margin)
    assert store.margin >= made.training.jitter * made.frame_rate
    for row, clip in zip(store.index.itertuples(), power):
        first = round(row.start_s * made.frame_rate) - store.margin + row.first_frame
        heard = slice(row.first_frame, row.first_frame + row.n_frames)
        np.testing.assert_array_equal(clip[:, heard], whole[:, first : first + row.n_frames])
    assert store.index["start_s"].min() == 0
    assert (store.index["first_frame"] > 0).any()
    assert (store.index["first_frame"] + store.index["n_frames"] < power.shape[-1]).any()


def test_the_index_tells_what_is_in_each_clip(tmp_path: Path, one: tuple[Path, Path]) -> None:
    store, _ = run(one, tmp_path / "clips")
    calls = store.index[store.index["kind"] == "call"]
    assert calls["labels"].tolist() == ["low", "high", "low"]
    assert store.recipe.labels.names == ("high", "low")
    assert set(store.index["split"]) == {"train"}
    assert store.index["complete"].all()
    events = store.events[store.events["clip"] == calls["clip"].iloc[1]].iloc[0]
    assert events["start_s"] + calls["start_s"].iloc[1] == pytest.approx(3.0)
    assert (events["end_s"] - events["start_s"], events["label"]) == (pytest.approx(0.3), "high")


def test_the_table_counts_clips_and_seconds_by_label_and_split(tmp_path: Path) -> None:
    store, report = run(write_set(tmp_path), tmp_path / "clips", fractions=(0.5, 0.25, 0.25))
    lines = [line.split() for line in report.table().splitlines()]
    assert lines[0] == ["label", "train", "clips", "s", "validation", "clips", "s", "test", "clips", "s"]
    for label, kind in (("low", "call"), ("(background)", "background")):
        counts = [((store.index["kind"] == kind) & (store.index["split"] == split)).sum() for split in SPLITS]
        assert min(counts) > 0
        assert [label, *(cell for n in counts for cell in (str(n), f"{n * 0.5:.1f}"))] in lines


def test_background_is_at_most_the_asked_multiple_of_the_calls_in_each_split(tmp_path: Path) -> None:
    given = write_set(tmp_path)
    for negatives in (0.0, 1.0):
        store, _ = run(given, tmp_path / f"{negatives}", negatives=negatives, fractions=(0.5, 0.25, 0.25))
        counts = pd.crosstab(store.index["split"], store.index["kind"])
        assert (
            counts.reindex(columns=["background"], fill_value=0)["background"].tolist()
            == (counts["call"] * int(negatives)).tolist()
        )


def test_the_seed_alone_decides(tmp_path: Path) -> None:
    given = write_set(tmp_path, n=4)
    index = [run(given, tmp_path / f"{n}", seed=seed)[0].index for n, seed in enumerate((1, 1, 2))]
    pd.testing.assert_frame_equal(index[0], index[1])
    assert not index[0].equals(index[2])


def test_recordings_without_annotations_are_not_used_and_counted(tmp_path: Path, one: tuple[Path, Path]) -> None:
    write_sound(one[1] / "b.wav", sound(2.0, seed=5))
    store, report = run(one, tmp_path / "clips")
    assert report.unused == 1
    assert set(store.index["recording"]) == {(one[1] / "a.wav").as_posix()}


def test_without_a_declaration_there_is_no_background(tmp_path: Path, one: tuple[Path, Path]) -> None:
    quiet = write_sound(tmp_path / "quiet" / "q.wav", sound(2.0, seed=5))
    store, _ = run(one, tmp_path / "clips", complete=False)
    assert set(store.index["kind"]) == {"call"}
    store, _ = run(one, tmp_path / "more", complete=False, background=(quiet.parent,))
    background = store.index[store.index["kind"] == "background"]
    assert background["recording"].tolist() == [quiet.as_posix()] * 3
    assert background["complete"].all()


def test_rows_that_cannot_be_used_keep_background_away_from_their_recording(tmp_path: Path) -> None:
    rows: list[tuple[str, object, object, str]] = [("a.wav", 1, 1.3, "low"), ("b.wav", 1, 1.3, "low")]
    for name in ("a.wav", "b.wav"):
        write_sound(tmp_path / "in" / name, sound(6.0, [(1.0, 1.3, "low")], seed=ord(name[0])))
    table = write_table(tmp_path / "t.csv", [*rows, ("a.wav", 3.3, 3.0, "low")])
    store, report = run((table, tmp_path / "in"), tmp_path / "clips")
    background = store.index[store.index["kind"] == "background"]
    assert {Path(name).name for name in background["recording"]} == {"b.wav"}
    assert any("no background is taken from it" in note for note in report.notes)
    assert any("row 3: end_s 3.0 is not after start_s 3.3" in note for note in report.notes)


def test_a_row_that_is_used_without_its_band_does_not_keep_background_away(tmp_path: Path) -> None:
    write_sound(tmp_path / "in" / "a.wav", sound(3.0, [(1.0, 1.3, "low")]))
    table = tmp_path / "t.csv"
    table.write_text("recording,start_s,end_s,label,low_hz,high_hz\na.wav,1.0,1.3,low,900,100\n")
    store, report = run((table, tmp_path / "in"), tmp_path / "clips")
    assert any("kept without its band" in note for note in report.notes)
    assert set(store.index["kind"]) == {"call", "background"}


def test_labels_the_recipe_does_not_name_are_confusing_sounds(tmp_path: Path, one: tuple[Path, Path]) -> None:
    store, report = run(one, tmp_path / "clips", recipe(labels={"names": ["low"]}))
    assert store.recipe.labels.names == ("low",)
    assert store.index[store.index["kind"] == "confusing"]["start_s"].between(2.7, 3.0).tolist() == [True]
    assert set(store.events["label"]) == {"low", CONFUSING}
    assert "label 'high': 1 annotations taken as confusing sounds, not as calls" in report.notes


def test_renamed_labels_are_the_models_and_spans_of_doubt_are_in_no_window(
    tmp_path: Path, one: tuple[Path, Path]
) -> None:
    rules = LabelRules(rename={"low": "boom"}, uncertain=frozenset({"high"}))
    store, _ = run(one, tmp_path / "clips", rules=rules)
    assert store.recipe.labels.names == ("boom",)
    assert len(store) > 5
    assert not store.index["start_s"].between(2.501, 3.299).any()


def test_each_channel_has_its_own_calls_by_the_numbers_of_raven(tmp_path: Path) -> None:
    stereo = np.stack([sound(4.0, [(1.0, 1.3, "low")], 1), sound(4.0, [(2.5, 2.8, "high")], 2)], axis=1)
    write_sound(tmp_path / "in" / "s.wav", stereo)
    header = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation\n"
    rows = ["1\tSpectrogram 1\t1\t1.0\t1.3\t900\t1100\tcall\n", "2\tSpectrogram 1\t2\t2.5\t2.8\t2400\t2600\tcall\n"]
    table = tmp_path / "s.Table.1.selections.txt"
    table.write_text(header + "".join(rows) + "3\tSpectrogram 1\t7\t0.5\t0.8\t2400\t2600\tcall\n")
    store, report = run((table, tmp_path / "in"), tmp_path / "clips", recipe(audio={"channel": "each"}))
    calls = store.index[store.index["kind"] == "call"]
    assert calls["channel"].tolist() == ["0", "1"]
    assert calls["start_s"].between([0.7, 2.2], [1.1, 2.6]).all()
    power = store.power(calls["clip"].to_numpy())
    assert [int(clip.mean(axis=1).argmax()) for clip in power] == sorted(
        int(clip.mean(axis=1).argmax()) for clip in power
    )
    assert power[0].mean(axis=1).argmax() != power[1].mean(axis=1).argmax()
    assert any("1 annotations are on channels" in note for note in report.notes)


def test_labels_of_recordings_that_are_left_out_are_not_the_models(tmp_path: Path) -> None:
    for name, label in (("a.wav", "low"), ("b.wav", "high")):
        write_sound(tmp_path / "in" / name, sound(3.0, [(1.0, 1.3, label)], ord(name[0])))
    table = write_table(tmp_path / "t.csv", [("a.wav", 1.0, 1.3, "low"), ("b.wav", 1.0, 1.3, "high")])
    split = tmp_path / "split.csv"
    split.write_text("recording,split\na.wav,train\n")
    store, _ = run((table, tmp_path / "in"), tmp_path / "clips", split=split)
    assert store.recipe.labels.names == ("low",)


def test_one_site_in_two_splits_is_told(tmp_path: Path) -> None:
    table, folder = write_set(tmp_path, n=5)
    split = tmp_path / "split.csv"
    names = sorted(path.name for path in folder.iterdir())
    split.write_text(
        "recording,split\n" + "".join(f"{n},{s}\n" for n, s in zip(names, ("train", "test", *["train"] * 3)))
    )
    _, report = run((table, folder), tmp_path / "clips", split=split, group=r"^site\d")
    (note,) = report.notes
    assert note.startswith("site0: ")
    assert "test and train" in note


def test_the_header_of_a_recording_is_read_once(
    tmp_path: Path, one: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path) -> Header:
        read.append(path)
        return read_header(path)

    for module in ("detector.extraction.sources", "detector.audio.stream"):
        monkeypatch.setattr(f"{module}.read_header", counted)
    clips, _ = run(one, tmp_path / "clips")
    assert len(clips) > 0
    assert [path.name for path in read] == ["a.wav"]
