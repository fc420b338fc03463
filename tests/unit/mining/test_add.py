"""Mined clips are clips like all others: the same power, state and margin, after those that were there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from detector.clips import open_clips
from detector.extraction.known import read_known
from detector.mining.add import MINED, add_clips, mined_starts
from detector.mining.find import Find
from tests.unit.mining.conftest import write_clips_of_recordings


def test_a_window_that_is_cut_again_has_the_same_power_and_state(tmp_path: Path) -> None:
    store = open_clips(write_clips_of_recordings(tmp_path))
    rows = store.index[store.index["kind"] == "background"]
    found = [Find(*row, 1.0) for row in rows[["recording", "channel", "start_s"]].itertuples(index=False, name=None)]
    report = add_clips(store, tmp_path / "more", found, read_known(store.folder))
    assert not report.notes
    more = open_clips(tmp_path / "more")
    added = np.arange(len(store), len(more))
    again = more.index.iloc[len(store) :]
    assert len(again) == len(rows) > 0
    columns = ["recording", "channel", "start_s", "split", "group", "complete", "first_frame", "n_frames"]
    order = rows.sort_values(["recording", "start_s"])
    pd.testing.assert_frame_equal(again[columns].reset_index(drop=True), order[columns].reset_index(drop=True))
    assert set(again["kind"]) == {MINED}
    assert np.array_equal(more.power(added), store.power(order["clip"].to_numpy()))
    states = more.state(added), store.state(order["clip"].to_numpy())
    assert states[0] is not None
    assert np.array_equal(*states)


def test_the_clips_before_are_still_there_and_nothing_of_them_is_copied(tmp_path: Path) -> None:
    store = open_clips(write_clips_of_recordings(tmp_path))
    name = store.index["recording"][0]
    add_clips(store, tmp_path / "one", [Find(name, "mix", 2.4, 1.0)], read_known(store.folder))
    one = open_clips(tmp_path / "one")
    add_clips(one, tmp_path / "two", [Find(name, "mix", 0.2, 1.0)], read_known(one.folder))
    two, all_before = open_clips(tmp_path / "two"), np.arange(len(store))
    pd.testing.assert_frame_equal(two.index.iloc[: len(store)], store.index)
    pd.testing.assert_frame_equal(two.events[two.events["clip"] < len(store)], store.events)
    assert np.array_equal(two.power(all_before), store.power(all_before))
    assert (tmp_path / "two" / "power-0000.npy").is_symlink()
    assert mined_starts(two) == {(name, "mix"): [2.4, 0.208]} or len(mined_starts(two)[name, "mix"]) == 2
    assert two.facts == store.facts
    assert read_known(tmp_path / "two") == read_known(store.folder)


def test_a_mined_window_of_columns_knows_the_calls_in_it(tmp_path: Path) -> None:
    store = open_clips(write_clips_of_recordings(tmp_path, per="frame"))
    name = store.index["recording"][0]
    add_clips(store, tmp_path / "more", [Find(name, "mix", 1.2, 1.0)], read_known(store.folder))
    more = open_clips(tmp_path / "more")
    assert more.index["labels"].iloc[-1] == "low"
    events = more.events[more.events["clip"] == len(store)]
    assert events["label"].tolist() == ["low"]
    assert abs(events["start_s"].iloc[0] + more.index["start_s"].iloc[-1] - 1.0) < 1e-6
