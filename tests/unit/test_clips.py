"""Clips on disk: what is written is read back, in part and memory-mapped; the rule of what is in a window."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from detector.clips import (
    INDEX_COLUMNS,
    Clip,
    ClipStore,
    ClipWriter,
    LabelFacts,
    open_clips,
    window_targets,
)
from detector.clips import writer as writer_module
from detector.clips.store import OPEN_SHARDS
from detector.errors import ClipsError
from detector.recipe import Recipe
from tests.made import recipe, write_clips

N = 7
LABELLED = recipe("pcen", labels={"names": ["low"]})
FACTS = {"low": LabelFacts(3, 0.3, 0.2, None, 900.0, None)}


def drawn(made: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Draw power (clip, band, frame), with one frame of margin, and states (clip, band)."""
    rng = np.random.default_rng(0)
    power = rng.random((N, made.n_bands, made.window_frames + 2), dtype=np.float32)
    return power, rng.random((N, made.n_bands), dtype=np.float32)


def written(folder: Path, made: Recipe = LABELLED, *, slow: bool = True) -> ClipStore:
    folder.mkdir()
    writer = ClipWriter(folder, made)
    for number, (power, state) in enumerate(zip(*drawn(made))):
        events = ((0.1, 0.2, "low"), (0.0, 0.1, "")) if number % 2 else ()
        split = ("train", "test")[number % 2]
        clip = Clip(f"a/{number}.wav", "0", number / 8, "call", "low", split, "007", number > 3, 1, 5, events)
        writer.add(clip, power, state if slow else None)
    writer.close(FACTS)
    return open_clips(folder)


@pytest.fixture
def two_a_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    power, _ = drawn(LABELLED)
    monkeypatch.setattr(writer_module, "SHARD_BYTES", 2 * power[0].nbytes)


@pytest.mark.usefixtures("two_a_shard")
def test_clips_are_read_back_in_any_order_from_all_shards(tmp_path: Path) -> None:
    store = written(tmp_path / "clips")
    power, state = drawn(LABELLED)
    chosen = np.array([6, 0, 3, 3, 1])
    assert len(list((tmp_path / "clips").glob("power-*.npy"))) == 4
    assert len(store) == N
    np.testing.assert_array_equal(store.power(chosen), power[chosen])
    found = store.state(chosen)
    assert found is not None
    np.testing.assert_array_equal(found, state[chosen])


def test_shards_are_memory_mapped(tmp_path: Path) -> None:
    store = written(tmp_path / "clips")
    assert all(isinstance(store._open(path.name), np.memmap) for path in store.folder.glob("*.npy"))
    assert store._open.cache_info().maxsize == OPEN_SHARDS  # open shards do not use up the file descriptors


def test_the_tables_the_recipe_and_the_facts_are_read_back(tmp_path: Path) -> None:
    store = written(tmp_path / "clips")
    assert list(store.index.columns) == INDEX_COLUMNS
    assert store.recipe == LABELLED
    assert store.facts == FACTS
    assert store.margin == 1
    assert store.index["group"].tolist() == ["007"] * N
    assert store.index["complete"].tolist() == [False] * 4 + [True] * 3
    assert store.in_split("test").tolist() == [1, 3, 5]
    assert store.events["label"].tolist() == ["low", ""] * 3


def test_clips_of_an_earlier_version_are_read(tmp_path: Path) -> None:
    made, path = written(tmp_path / "clips").recipe, tmp_path / "clips" / "recipe.toml"
    path.write_text(path.read_text().replace("[training]", "[training]\nshift = 2\nbackground_snr = [0.0, 20.0]"))
    assert open_clips(tmp_path / "clips").recipe == made


def test_a_front_end_without_memory_stores_no_state(tmp_path: Path) -> None:
    store = written(tmp_path / "clips", slow=False)
    assert store.state(np.array([0])) is None


@pytest.mark.usefixtures("two_a_shard")
@pytest.mark.parametrize(
    "name", ["recipe.toml", "events.csv", "labels.json", "power-0001.npy", "power-0003.npy", "state-0001.npy"]
)
def test_a_folder_that_lacks_a_file_is_refused(tmp_path: Path, name: str) -> None:
    written(tmp_path / "clips")
    (tmp_path / "clips" / name).unlink()
    with pytest.raises(Exception, match=re.escape(str(tmp_path / "clips"))) as caught:
        open_clips(tmp_path / "clips")
    assert getattr(caught.value, "exit_code", None) == 2


def test_a_folder_without_an_index_is_no_folder_of_clips(tmp_path: Path) -> None:
    with pytest.raises(ClipsError, match=r"no clips\.csv"):
        open_clips(tmp_path)


def test_an_index_that_does_not_fit_the_shards_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "clips")
    index = pd.read_csv(tmp_path / "clips" / "clips.csv")
    index.iloc[:-1].to_csv(tmp_path / "clips" / "clips.csv", index=False)
    with pytest.raises(ClipsError, match=r"power-\d+\.npy has the shape"):
        open_clips(tmp_path / "clips")


def test_a_folder_without_clips_is_refused(tmp_path: Path) -> None:
    ClipWriter(tmp_path, LABELLED).close({})
    with pytest.raises(ClipsError, match="holds no clips"):
        open_clips(tmp_path)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ((0.2, 0.4), 1),  # all of the call inside
        ((-5.0, 5.0), 1),  # all of the window inside
        ((-0.1, 0.1), 1),  # just one half of the call
        ((-0.11, 0.09), -1),  # less than half of it
        ((0.5, 9.0), 1),  # one half of the window
        ((0.51, 9.0), -1),  # less than half of it
        ((1.0, 2.0), 0),  # they touch
        ((-2.0, -1.0), 0),
    ],
)
def test_half_of_the_call_or_of_the_window_makes_a_call_and_less_is_ambiguous(
    call: tuple[float, float], said: int
) -> None:
    found = window_targets(np.array([call[0]]), np.array([call[1]]), (0.0, 1.0), 0.5)
    assert found.tolist() == [said]


def test_made_clips_have_all_splits(tmp_path: Path) -> None:
    store = open_clips(write_clips(tmp_path / "clips", LABELLED))
    assert set(store.index["split"]) == {"train", "validation", "test"}
