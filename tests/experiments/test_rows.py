"""Rows of elements: gaps and overlaps are exact, annotations are where the sound is, figures count rightly."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rows
import soundfile
from hypothesis import given, settings
from hypothesis.strategies import integers, sampled_from
from neighbours.figures import TruthRow, figure, nearest, outcomes, read_truth
from neighbours.recordings import LEVELS_DB, PAIRS, SPLITS, scenes, write_set, write_split
from neighbours.sounds import CALL_S, ELEMENT_S, FEWEST, MOST, SPACINGS, VOICES, Spacing, element, row
from neighbours.valleys import valleys_of, valleys_within
from soundscapes import RATE, samples

from detector.events import Event
from detector.tables.formats import read_annotations

DECKS = {"train": 1, "validation": 1, "test": 1}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    write_set(folder, DECKS)
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@given(spacing=sampled_from(SPACINGS), seed=integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_gaps_and_overlaps_are_exact_to_a_sample(spacing: Spacing, seed: int) -> None:
    own = row(np.random.default_rng(seed), spacing)
    lengths = [end - start for start, end in own.spans]
    for (start, end), (following, _) in pairwise(own.spans):
        if spacing.kind == "gap":
            assert following - end == samples(spacing.value / 1000)
        else:
            assert 100 * (end - following) == spacing.value * (end - start)
    if spacing.kind == "gap":
        assert FEWEST <= len(lengths) <= MOST
        assert samples(ELEMENT_S[0]) <= min(lengths) <= max(lengths) <= samples(ELEMENT_S[1])
    else:
        assert samples(CALL_S[0]) - 5 <= lengths[0] == lengths[1] <= samples(CALL_S[1]) + 5


@given(spacing=sampled_from(SPACINGS), seed=integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_a_dry_row_sounds_within_its_spans_and_nowhere_else(spacing: Spacing, seed: int) -> None:
    own = row(np.random.default_rng(seed), spacing)
    inside = np.zeros(len(own.sound), dtype=bool)
    for start, end in own.spans:
        inside[start:end] = True
        edge = samples(0.016)  # longer than a pulse of a trill
        mean = np.mean(own.sound[start:end] ** 2)
        assert np.mean(own.sound[start : start + edge] ** 2) > 0.01 * mean
        assert np.mean(own.sound[end - edge : end] ** 2) > 0.01 * mean
    assert not own.sound[~inside].any()
    assert own.spans[0][0] == 0
    assert own.spans[-1][1] == len(own.sound)


@pytest.mark.parametrize("kind", VOICES)
def test_an_element_has_unit_power_and_no_pause_as_long_as_the_shortest_gap(kind: str) -> None:
    for seed in range(5):
        voice = VOICES[kind](np.random.default_rng(seed))
        for seconds in ELEMENT_S:
            sound = element(voice, samples(seconds))
            assert len(sound) == samples(seconds)
            assert np.mean(sound**2) == pytest.approx(1)
            envelope = np.convolve(sound**2, np.ones(samples(0.015)), "valid") / samples(0.015)
            assert envelope.min() > 0.01


def test_the_same_seed_makes_the_same_bytes(made: Path, tmp_path: Path) -> None:
    _, elements = write_split(tmp_path, "test", 1)
    assert contents(tmp_path / "test") == contents(made / "test" / "test")
    assert [asdict(line) for line in elements] == [
        line | {name: int(line[name]) for name in ("row", "value", "snr_db")} for line in table(made / "test.csv")
    ]


def test_no_two_recordings_are_alike_within_and_between_splits(made: Path) -> None:
    sounds = [content for name, content in contents(made).items() if name.endswith(".flac")]
    assert len(sounds) == len(set(sounds)) == 9


def test_every_split_has_each_gap_once_a_deck_and_each_overlap_twice(made: Path) -> None:
    for split in SPLITS:
        truth = read_truth(made / f"{split}.csv")
        own = [one.spacing for of_recording in truth.values() for one in of_recording]
        assert len(truth) == 3
        for spacing in SPACINGS:
            assert own.count(spacing) == (PAIRS if spacing.kind == "overlap" else 1)


def test_tables_name_the_samples_at_which_elements_begin_and_end(made: Path) -> None:
    scene = next(scenes("test", 1))
    lines = [line for line in table(made / "test.csv") if line["recording"] == "test/test-000.flac"]
    spans = [(at + start, at + end) for at, own, _ in scene.rows for start, end in own.spans]
    assert [(float(line["start_s"]) * RATE, float(line["end_s"]) * RATE) for line in lines] == [
        (pytest.approx(start, abs=1e-4), pytest.approx(end, abs=1e-4)) for start, end in spans
    ]


def test_recordings_are_louder_within_elements_than_beside_their_row(made: Path) -> None:
    for line in table(made / "test.csv"):
        if int(line["snr_db"]) < max(LEVELS_DB):
            continue
        sound, rate = soundfile.read(made / "test" / line["recording"])
        start, end = round(float(line["start_s"]) * rate), round(float(line["end_s"]) * rate)
        assert np.mean(np.diff(sound[start:end]) ** 2) > 2 * np.median(np.diff(sound) ** 2), line


def test_the_program_reads_the_tables(made: Path) -> None:
    for name in ("train.csv", "validation.csv", "test.csv", "training/elements.csv", "test/elements.csv"):
        recordings = sorted(made.rglob("*.flac"))
        annotations = read_annotations(made / name, recordings).annotations
        assert len(annotations) == len(table(made / name)) > 0
        assert all(annotation.recording in recordings for annotation in annotations)


def truth_row(spacing: Spacing, *spans: tuple[float, float]) -> TruthRow:
    return TruthRow(spacing, "sweep", 20, tuple(Event(start, end, "element") for start, end in spans))


ROWS = (
    truth_row(Spacing("gap", 100), (1.0, 1.2), (1.3, 1.5), (1.6, 1.8)),
    truth_row(Spacing("gap", 20), (4.0, 4.2), (4.22, 4.42), (4.44, 4.64)),
)


def test_each_detection_counts_for_one_row() -> None:
    found = [Event(*span, "element") for span in ((1.0, 1.2), (1.3, 1.8), (2.0, 2.1), (4.0, 4.64), (3.0, 3.1))]
    wide, close = outcomes({"a": ROWS}, {"a": found}, 0.5)
    assert wide.counts.tolist() == [1, 2, 2]
    assert close.counts.tolist() == [0, 2, 3]
    assert figure([wide, close])["f1"] == pytest.approx(2 / (2 + 4 + 5), abs=1e-4)
    assert nearest(ROWS, found[2]) == 0


def test_rows_without_detections_count_as_missed() -> None:
    wide, close = outcomes({"a": ROWS}, {}, 0.5)
    assert wide.counts.tolist() == close.counts.tolist() == [0, 0, 3]


def test_a_valley_is_the_lowest_score_between_two_peaks() -> None:
    times = np.arange(0, 2, 0.01) + 0.005
    scores = np.full(len(times), 0.1)
    for event, height in zip(ROWS[0].elements, (0.8, 0.9, 0.4)):
        scores[(times > event.start_s) & (times < event.end_s)] = height
    first, second = valleys_of(ROWS[:1], times, scores)
    assert (first.lowest, first.peak) == (0.1, 0.8)
    assert second.ratio == pytest.approx(0.25)


def test_an_element_whose_scores_rise_and_fall_once_has_no_valley_within() -> None:
    times = np.arange(0, 2, 0.01) + 0.005
    scores = np.interp(times, [1.0, 1.1, 1.2, 1.3, 1.38, 1.4, 1.42, 1.5], [0.1, 0.9, 0.1, 0.8, 0.8, 0.4, 0.8, 0.8])
    first, second, *_ = valleys_within(ROWS[:1], times, scores)
    assert first.depth == 0
    assert (second.lowest, second.peak) == (pytest.approx(0.4, abs=0.11), pytest.approx(0.8))


def test_results_of_several_models_stay_in_one_file(tmp_path: Path) -> None:
    place = tmp_path / "rows.json"
    rows.keep(place, "a", 1)
    rows.keep(place, "b", {"f1": 2})
    rows.keep(place, "a", 3)
    assert json.loads(place.read_text()) == {"a": 3, "b": {"f1": 2}}


def test_a_set_of_other_size_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "plan.txt").write_text("70,20,40\n")
    with pytest.raises(SystemExit):
        rows.main(["make", str(tmp_path), "--decks", "1,1,1"])
    assert "70,20,40" in capsys.readouterr().err
