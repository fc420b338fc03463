"""A folder of clips from anyone: what a table says is checked before anything relies on it, and told in one line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from detector.clips import open_clips
from detector.errors import ClipsError
from detector.extraction.known import read_known, write_known
from tests.made import recipe, write_clips


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = write_clips(tmp_path / "clips", recipe("pcen", labels={"names": ["low"]}))
    write_known([], made)
    return made


def refused(folder: Path) -> str:
    with pytest.raises(ClipsError) as caught:
        open_clips(folder)
    message = str(caught.value)
    assert message.startswith(f"{folder}: ")
    assert "\n" not in message
    assert len(message) < 1000
    return message


CELLS = [
    ("clips.csv", "shard", 10**12),
    ("clips.csv", "shard", -1),
    ("clips.csv", "shard", 2),
    ("clips.csv", "shard", "9" * 10_000),
    ("clips.csv", "row", 24),
    ("clips.csv", "row", "1e999"),
    ("clips.csv", "clip", 7),
    ("clips.csv", "clip", "x" * 100_000),
    ("clips.csv", "start_s", "nan"),
    ("clips.csv", "start_s", "1e999"),
    ("clips.csv", "complete", "perhaps"),
    ("clips.csv", "first_frame", -1),
    ("clips.csv", "first_frame", 2**62),
    ("clips.csv", "n_frames", 2**62),
    ("events.csv", "clip", 24),
    ("events.csv", "clip", -1),
    ("events.csv", "start_s", "1e999"),
    ("events.csv", "end_s", "nan"),
    ("events.csv", "end_s", -1),
    ("events.csv", "end_s", "9" * 10_000),
    ("events.csv", "label", "y" * 100_000),
]


@pytest.mark.parametrize(("name", "column", "value"), CELLS, ids=[f"{c[1]}-{str(c[2])[:12]}" for c in CELLS])
def test_a_value_that_cannot_be_is_refused_with_its_table(
    folder: Path, name: str, column: str, value: object, recwarn: pytest.WarningsRecorder
) -> None:
    table = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
    table.loc[3, column] = str(value)
    table.to_csv(folder / name, index=False)
    assert name in refused(folder)
    assert not recwarn.list  # a warning would be a second line


FACTS = {
    "no number": '{"low": {"count": "many"}}',
    "a strange key": '{"low": {"colour": 3}}',
    "no table": "[1, 2]",
    "no finite number": '{"low": {"count": 1, "median_s": NaN, "short_s": 1, "short_gap_s": null, "low_hz": null, '
    '"high_hz": null}}',
    "an endless number": '{"low": {"count": 1, "median_s": 1e999, "short_s": 1, "short_gap_s": null, "low_hz": null, '
    '"high_hz": null}}',
    "too deep": "[" * 100_000,
    "a very long number": '{"low": {"count": ' + "9" * 10_000 + "}}",
    "no JSON": "low",
}


@pytest.mark.parametrize("kind", FACTS)
def test_facts_of_labels_that_cannot_be_are_refused(folder: Path, kind: str) -> None:
    (folder / "labels.json").write_text(FACTS[kind], encoding="utf-8")
    assert "labels.json" in refused(folder)


ARRAYS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "another type": lambda array: array.astype(np.float16),
    "Fortran order": np.asfortranarray,
    "clips too few": lambda array: array[:-1],
    "bands too many": lambda array: np.repeat(array, 2, axis=1),
    "frames too few": lambda array: array[..., :3],
    "an axis too many": lambda array: array[None],
}


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("name", ["power-0000.npy", "state-0000.npy"])
def test_shards_that_are_not_what_the_tables_say_are_refused(folder: Path, name: str, kind: str) -> None:
    array = np.load(folder / name)
    changed = ARRAYS[kind](array)
    np.save(folder / name, changed if kind == "Fortran order" else np.ascontiguousarray(changed))
    assert name in refused(folder)


def test_a_clip_of_more_frames_than_any_recipe_makes_is_refused(folder: Path) -> None:
    shape = (24, 16, 2**26)
    np.lib.format.open_memmap(folder / "power-0000.npy", "w+", np.float32, shape)  # takes no room on disk
    assert "power-0000.npy" in refused(folder)


@pytest.mark.parametrize("row", ["a.wav,,1e999,2,,,low", "a.wav,,5,2,,,low", "a.wav,,x,2,,,low", "b.wav,,1,2,,,low"])
def test_annotations_that_cannot_be_are_refused(folder: Path, row: str) -> None:
    (folder / "recordings.csv").write_text("recording,split,group,complete\na.wav,train,a,True\n", encoding="utf-8")
    header = (folder / "annotations.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "annotations.csv").write_text(f"{header}\na.wav,,1,2,,500,low\n", encoding="utf-8")
    (source,) = read_known(folder)
    assert [(event.low_hz, event.high_hz) for event, _ in source.calls] == [(None, 500.0)]
    (folder / "annotations.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(ClipsError, match=re.escape("annotations.csv")) as caught:
        read_known(folder)
    assert "\n" not in str(caught.value)
