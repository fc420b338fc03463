"""Splits: by recording, site or table, never by clip; each gets what it needs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from detector.errors import ConfigurationError
from detector.events import Event
from detector.extraction.sources import Source
from detector.extraction.splits import shared_groups, split_by_group, split_by_table

FRACTIONS = (0.7, 0.15, 0.15)


def sources(n: int, *, with_calls: bool = True, sites: int | None = None, prefix: str = "r") -> list[Source]:
    calls = [(Event(0.0, 1.0, "a"), None)] if with_calls else []
    return [Source(Path(f"/x/{prefix}{k}.wav"), list(calls), group=f"{prefix}{k % (sites or n)}") for k in range(n)]


def test_a_site_stays_in_one_split_even_where_only_some_of_its_recordings_have_calls() -> None:
    mixed = [*sources(20, sites=5, prefix="s"), *sources(20, with_calls=False, sites=5, prefix="s")]
    split_by_group(mixed, FRACTIONS, 0)
    assert {source.split for source in mixed} == {"train", "validation", "test"}
    assert shared_groups(mixed) == []


def test_groups_with_calls_and_without_are_shared_out_apart() -> None:
    mixed = [*sources(10), *sources(10, with_calls=False, prefix="quiet")]
    split_by_group(mixed, FRACTIONS, 0)
    for part in (mixed[:10], mixed[10:]):
        assert Counter(source.split for source in part) == {"train": 6, "validation": 2, "test": 2}


def test_the_seed_alone_decides() -> None:
    def drawn(seed: int) -> list[str]:
        found = sources(30)
        split_by_group(found, FRACTIONS, seed)
        return [source.split for source in found]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


@pytest.mark.parametrize(("n", "splits"), [(1, ["train"]), (2, ["train", "validation"])])
def test_where_there_are_few_groups_training_comes_first(n: int, splits: list[str]) -> None:
    found = sources(n)
    split_by_group(found, FRACTIONS, 0)
    assert sorted(source.split for source in found) == splits


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "splits.csv"
    path.write_text(text)
    return path


def test_a_table_gives_splits_by_path_then_by_stem(tmp_path: Path) -> None:
    found = [Source(Path(f"/data/{name}")) for name in ("a/1.wav", "b/1.wav", "c/2.flac", "c/3.wav")]
    notes = split_by_table(
        found, table(tmp_path, "recording,split\na/1.wav,train\nb\\1.wav, val\n2.wav,test\nelse.wav,train\n")
    )
    assert [source.split for source in found] == ["train", "validation", "test", ""]
    (note,) = notes
    assert note.startswith(f"{tmp_path}/splits.csv: ")
    assert "1 recordings" in note
    assert note.endswith("/data/c/3.wav")


@pytest.mark.parametrize("names", [("a/1.wav", "b/1.wav"), ("1.flac", "1.flac")])
def test_a_table_that_names_a_recording_twice_with_two_splits_gives_none(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    found = [Source(Path("/data/c/1.flac"))]
    notes = split_by_table(found, table(tmp_path, f"recording,split\n{names[0]},train\n{names[1]},test\n"))
    assert found[0].split == ""
    assert len(notes) == 1


def test_a_table_may_be_tab_separated(tmp_path: Path) -> None:
    found = [Source(Path("/data/1.wav"))]
    assert split_by_table(found, table(tmp_path, "recording\tsplit\n1.wav\tvalid\n")) == []
    assert found[0].split == "validation"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("recording,part\na.wav,train\n", r"no column split; it has recording, part"),
        ("recording,split\na.wav,dev\n", r"names the split 'dev'; allowed: train, validation, test"),
        ("", r"is empty"),
        ("recording,split\na.wav,train,x\n", r"row 1: "),
    ],
)
def test_a_table_that_cannot_be_used_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^`split`: .*splits\.csv: {told}"):
        split_by_table([], table(tmp_path, text))


def test_a_site_in_two_splits_is_told() -> None:
    one, other, unused = sources(3, sites=1)
    one.split, other.split, unused.split = "train", "test", ""
    (note,) = shared_groups([one, other, unused])
    assert note.startswith("r0: ")
    assert "test and train" in note


@pytest.mark.parametrize("column", ["recording", "filename", "File", "Begin Path", "file_name"])
def test_a_table_names_recordings_as_annotations_do(tmp_path: Path, column: str) -> None:
    found = [Source(Path("/data/1.wav"))]
    assert split_by_table(found, table(tmp_path, f"fold,{column},Split\n3,1.wav,test\n")) == []
    assert found[0].split == "test"
