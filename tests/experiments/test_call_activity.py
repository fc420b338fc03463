"""The training set of the embedded model: nothing crosses splits, and its tables tell the truth."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from call_activity import (
    SECONDS,
    SPLITS,
    Cut,
    Source,
    lifted,
    loud_parts,
    main,
    make,
    plan,
    read_sources,
    silenced,
)
from soundscapes import RATE, PlacedCall

HOURS = 5 * SECONDS / 3600


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def original(path: Path) -> str:
    """Name what a source was cut from: ESC-10 numbers its freesound originals, boobook its sites."""
    if path.parts[0] == "esc10":
        return path.stem.split("-")[1]
    return "_".join(path.stem.split("_")[:-5]) if path.parts[0] == "boobook" else path.stem


@pytest.fixture(scope="module")
def sources(data: Path) -> list[Source]:
    return read_sources(data)


@pytest.fixture(scope="module")
def made(data: Path, sources: list[Source], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counter]:
    folder = tmp_path_factory.mktemp("set") / "made"
    return folder, make(data, sources, folder, HOURS, seed=5)


def test_no_source_is_in_two_splits(sources: list[Source]) -> None:
    splits: dict[str, set[str]] = {}
    for source in sources:
        splits.setdefault(original(source.path), set()).add(source.split)
    assert all(len(found) == 1 for found in splits.values())
    for kind in {source.kind for source in sources}:
        assert {source.split for source in sources if source.kind == kind} == set(SPLITS), kind


def test_cuts_lie_within_their_files_and_leave_faulty_rows_out(data: Path, sources: list[Source]) -> None:
    for source in sources:
        seconds = soundfile.info(data / source.path).duration
        for cut in source.cuts:
            assert all(0 <= start < end <= seconds + 0.02 for start, end in cut.parts), source
    assert not any("Baby" in str(source.path) or "sneeze" in str(source.path) for source in sources)
    assert not any("negative" in source.path.parts for source in sources)


def test_the_same_seed_makes_the_same_set(
    data: Path, sources: list[Source], made: tuple[Path, Counter], tmp_path: Path
) -> None:
    folder, counts = made
    assert make(data, sources, tmp_path / "again", HOURS, seed=5) == counts
    for path in (path for path in folder.rglob("*") if path.is_file()):
        again = tmp_path / "again" / path.relative_to(folder)
        assert again.read_bytes() == path.read_bytes(), path.name


def test_tables_agree_with_the_recordings(made: tuple[Path, Counter]) -> None:
    folder, counts = made
    splits = {row["recording"]: row["split"] for row in rows(folder / "splits.csv")}
    annotations = rows(folder / "annotations.csv")
    assert set(splits) == {path.relative_to(folder).as_posix() for path in folder.rglob("*.flac")}
    assert {row["recording"] for row in annotations} <= set(splits)
    assert {row["label"] for row in annotations} == {"call"}
    calls = Counter(splits[row["recording"]] for row in annotations)
    assert [calls[split] for split in SPLITS] == [counts[split, "calls"] for split in SPLITS]
    assert len(set(splits) - {row["recording"] for row in annotations}) == sum(counts[s, "empty"] for s in SPLITS) > 0
    for name in splits:
        sound, rate = soundfile.read(folder / name)
        assert (rate, len(sound)) == (RATE, RATE * SECONDS)
        own = [(float(row["start_s"]), float(row["end_s"])) for row in annotations if row["recording"] == name]
        for start, end in own:
            assert 0 <= start < end <= SECONDS
            assert sound[round(start * rate) : round(end * rate)].any()
        assert all(later[0] - sooner[1] > 0.2 for sooner, later in pairwise(own))


def test_recordings_are_made_only_from_sources_of_their_own_split(
    made: tuple[Path, Counter], sources: list[Source]
) -> None:
    folder, _ = made
    home = {source.path.as_posix(): source.split for source in sources}
    split = {row["recording"]: row["split"] for row in rows(folder / "splits.csv")}
    used = rows(folder / "sources.csv")
    assert used
    assert all(home[row["source"]] == split[row["recording"]] for row in used)


def test_splits_are_70_15_15_and_none_is_empty() -> None:
    assert Counter(plan(1.0)) == {"train": 84, "validation": 18, "test": 18}
    assert set(plan(0.001)) == set(SPLITS)


@pytest.mark.parametrize("padding", [0.0, 0.001])
def test_loud_parts_are_found_over_noise_and_over_digital_silence(padding: float) -> None:
    rng = np.random.default_rng(1)
    clip = padding * rng.standard_normal(4 * RATE)
    bark = 0.3 * np.sin(np.arange(RATE // 4) * 0.2) * np.hanning(RATE // 4)
    for at in (1.0, 2.5):
        clip[round(at * RATE) :][: len(bark)] += bark
    clip[3 * RATE :] = 0
    found = loud_parts(clip)
    assert np.allclose(found, [(1.0, 1.25), (2.5, 2.75)], atol=0.03)


def test_a_clip_that_never_rises_over_its_floor_has_no_parts() -> None:
    noise = 0.1 * np.random.default_rng(1).standard_normal(4 * RATE)
    assert loud_parts(noise) == []
    assert loud_parts(np.zeros(4 * RATE)) == []


def test_a_lifted_call_leaves_its_background_behind(tmp_path: Path) -> None:
    noise = 0.02 * np.random.default_rng(1).standard_normal(4 * RATE)
    tone = np.zeros(4 * RATE)
    tone[2 * RATE : 3 * RATE] = 0.1 * np.sin(np.arange(RATE) * 2 * np.pi * 2000 / RATE)
    soundfile.write(tmp_path / "owl.wav", noise + tone, RATE, subtype="FLOAT")
    call = lifted(tmp_path / "owl.wav", Cut(((2.0, 3.0),), 1500, 2500))
    assert len(call) == pytest.approx(RATE, abs=600)
    hz, shape = np.fft.rfftfreq(len(call), 1 / RATE), np.abs(np.fft.rfft(call)) ** 2
    assert shape[np.abs(hz - 2000) < 200].sum() > 0.999 * shape.sum()
    assert np.mean(call**2) == pytest.approx(0.1**2 / 2, rel=0.1)


def test_digital_silence_never_falls_on_a_call() -> None:
    sound, call = np.ones(round(RATE * SECONDS), dtype=np.float32), PlacedCall(12.0, 13.0, 0, 1, "call", "")
    shares = []
    for seed in range(60):
        result = silenced(np.random.default_rng(seed), sound, [call])
        assert result[12 * RATE : 13 * RATE].all()
        shares.append(np.mean(result == 0))
    assert 0.5 < np.mean(np.array(shares) == 0) < 0.95  # most recordings stay as they are


def test_data_without_a_folder_ends_with_a_line_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "esc10").mkdir()
    with pytest.raises(SystemExit, match=r"lacks the folder zebra-finch; it must hold esc10, zebra-finch"):
        main([str(tmp_path), str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_not_written_into(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(SystemExit, match=r"exists and is not an empty folder"):
        main([str(tmp_path), str(tmp_path)])
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]
