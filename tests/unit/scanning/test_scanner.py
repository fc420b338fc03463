from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from detector.clock import STAGES
from detector.model import Model, Operating, OperatingPoint
from detector.operating.curve import Curve
from detector.operating.notes import threshold_notes
from detector.operating.target import parse_target
from detector.scanning.blocks import ScoreBlock
from detector.scanning.outcome import Scanned
from detector.scanning.results import Results, detections_of, score_rows
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.scanning.workers import AHEAD
from detector.tables.csv_table import CsvWriter, cells_of
from detector.tables.sink import Sink
from tests.scans import detected

from .conftest import KINDS, RATE, noise, random_model, short_parts, tone_model, with_tones, written


def scores_of(model: Model, recording: Path) -> tuple[Scanned, list[tuple[str, ...]]]:
    rows: list[tuple[str, ...]] = []
    scanned = detected(model, recording, take=lambda block: rows.extend(score_rows(block)))
    return scanned, rows


def numbers(rows: list[tuple[str, ...]]) -> np.ndarray:
    return np.array([[float(cell) for cell in row[2:]] for row in rows])


TONES = ((0.2, 0.7), (4.0, 4.5), (7.7, 8.2), (12.0, 16.0), (19.5, 20.0))  # farther apart than a window


@pytest.mark.parametrize(("per", "hop", "exact"), [("window", 0.25, 0.13), ("frame", None, 0.02)])
def test_tones_are_found_when_they_sound(tmp_path: Path, per: str, hop: float | None, exact: float) -> None:
    recording = written(tmp_path / "a.wav", with_tones(noise(20), *TONES))
    scanned = detected(tone_model(per), recording, Setting(hop))
    events = [event for _, event in scanned.detections]
    assert np.array([event.span for event in events]) == pytest.approx(np.array(TONES), abs=exact)
    assert {(event.label, event.low_hz, event.high_hz) for event in events} == {("tone", 1900, 2100)}
    assert all(event.score > 0.9 for event in events)


def test_a_threshold_takes_the_place_of_the_model_s_own(tmp_path: Path) -> None:
    recording = written(tmp_path / "a.wav", with_tones(noise(20), *TONES))
    model = tone_model("frame")
    low, high = ({event.span for _, event in detected(model, recording, threshold=t).detections} for t in (0.0, 0.9))
    assert high <= low
    model.operating = Operating(label=(OperatingPoint(name="tone", threshold=1.0),))
    assert len(detected(model, recording).detections) == 0
    assert len(detected(model, recording, threshold=0.9).detections) == len(TONES)


def test_the_model_s_operating_point_decides_what_is_joined_and_dropped(tmp_path: Path) -> None:
    recording = written(tmp_path / "a.wav", with_tones(noise(9), (1.0, 2.0), (2.1, 3.0), (5.0, 5.3)))
    model = tone_model("frame")
    model.operating = Operating(label=(OperatingPoint(name="tone", gap_s=0.2, shortest_s=0.5),))
    spans = [event.span for _, event in detected(model, recording).detections]
    assert np.array(spans) == pytest.approx(np.array([(1.0, 3.0)]), abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_scores_move_with_the_sound(tmp_path: Path, kind: str) -> None:
    model = random_model(kind)
    settled = 4.0  # s: slow means have forgotten the beginning
    grid = Scanner(model).layout.grid
    hop = grid.hop * model.recipe.hop_length
    sound = noise(8.0, 1)
    one = numbers(scores_of(model, written(tmp_path / "one.wav", sound))[1])
    two = numbers(scores_of(model, written(tmp_path / "two.wav", np.concatenate([noise(1, 2)[:hop], sound])))[1])
    shift = 1 if grid.columns is None else grid.hop // grid.columns.step
    inner = (one[:, 0] > settled) & (one[:, 1] < 7.0)
    assert inner.sum() > 3
    assert np.ptp(one[:, 2:]) > 0.001
    assert np.abs(two[shift:][: len(one)][inner, 2:] - one[inner, 2:]).max() < 1e-5


def test_columns_tile_a_recording(tmp_path: Path) -> None:
    for seconds in (0.0101, 0.5, 3.333):
        rows = numbers(scores_of(random_model("frame"), written(tmp_path / "a.wav", noise(seconds)))[1])
        assert rows[0, 0] == 0.0
        assert rows[-1, 1] == pytest.approx(seconds, abs=0.001)
        assert np.array_equal(rows[1:, 0], rows[:-1, 1])


def test_a_channel_scores_what_it_scores_alone(tmp_path: Path) -> None:
    left, right = noise(5, 1), with_tones(noise(5, 2), (1.0, 1.5), (3.0, 4.0))
    both = written(tmp_path / "both.wav", np.stack([left, right], axis=1))
    for make in (lambda: tone_model(channel='"each"'), lambda: random_model("pcen", '"each"')):
        model = make()
        together, rows = scores_of(model, both)
        assert [row[1] for row in rows[:4]] == ["0", "1", "0", "1"]
        assert [effort.channel for effort in together.effort] == ["0", "1"]
        for channel, sound in (("0", left), ("1", right)):
            alone, alone_rows = scores_of(model, written(tmp_path / "alone.wav", sound))
            assert [row[2:] for row in rows if row[1] == channel] == [row[2:] for row in alone_rows]
            assert [event for at, event in together.detections if at == channel] == [
                event for _, event in alone.detections
            ]


def test_detections_stand_in_order_of_time_whatever_their_channel(tmp_path: Path) -> None:
    left, right = with_tones(noise(6), (1.0, 1.5), (4.0, 4.5)), with_tones(noise(6), (2.5, 3.0), (5.0, 5.5))
    both = written(tmp_path / "both.wav", np.stack([left, right], axis=1))
    scanned = detected(tone_model("frame", channel='"each"'), both)
    assert [channel for channel, _ in scanned.detections] == ["0", "1", "0", "1"]


def test_a_silent_channel_beside_another_is_said_to_be_silent(tmp_path: Path) -> None:
    both = written(tmp_path / "both.wav", np.stack([noise(3), np.zeros(3 * RATE)], axis=1))
    scanned = detected(tone_model(channel='"each"'), both)
    assert [(effort.channel, effort.status) for effort in scanned.effort] == [("0", "ok"), ("1", "silent")]


def statuses(model: Model, recording: Path) -> tuple[str, str, int]:
    scanned = detected(model, recording)
    (effort,) = scanned.effort
    return effort.status, effort.detail, len(scanned.detections)


def test_what_became_of_a_recording_is_told(tmp_path: Path) -> None:
    model = tone_model()
    sound = with_tones(noise(10), (1.0, 3.0))
    whole = written(tmp_path / "whole.wav", sound, subtype="PCM_16")
    assert statuses(model, whole) == ("ok", "", 1)
    assert statuses(model, written(tmp_path / "short.wav", sound[: RATE * 19 // 10])) == ("short", "", 1)
    assert statuses(model, written(tmp_path / "window.wav", sound[: RATE * 2])) == ("ok", "", 1)
    assert statuses(model, written(tmp_path / "one.wav", sound[1:2])) == ("short", "", 0)
    assert statuses(model, written(tmp_path / "zeros.wav", sound * 0))[::2] == ("silent", 0)
    assert statuses(model, written(tmp_path / "none.wav", sound[:0]))[::2] == ("empty", 0)
    (tmp_path / "cut.wav").write_bytes(whole.read_bytes()[:80000])
    assert statuses(model, tmp_path / "cut.wav")[::2] == ("truncated", 1)
    (tmp_path / "nothing.wav").touch()
    assert statuses(model, tmp_path / "nothing.wav") == (
        "failed",
        f"{tmp_path}/nothing.wav: is an empty file (0 bytes)",
        0,
    )
    (tmp_path / "text.wav").write_text("not audio at all")
    assert statuses(model, tmp_path / "text.wav")[::2] == ("failed", 0)
    assert statuses(model, tmp_path / "missing.wav")[::2] == ("failed", 0)


def test_samples_that_are_no_numbers_cost_only_themselves(tmp_path: Path) -> None:
    sound = with_tones(noise(10), (1.0, 3.0))
    sound[RATE * 6 : RATE * 6 + 7] = [np.nan, np.inf, -np.inf, np.nan, 0, np.nan, np.nan]
    status, detail, n = statuses(tone_model(), written(tmp_path / "nan.wav", sound))
    assert (status, n) == ("damaged", 1)
    assert "6 samples are not finite" in detail
    sound[RATE * 6 : RATE * 6 + 7] = 1e30
    assert statuses(tone_model(), written(tmp_path / "loud.wav", sound))[::2] == ("damaged", 1)


def test_rows_are_written_as_the_table_promises(tmp_path: Path) -> None:
    folder = tmp_path / 'a, "b"'
    folder.mkdir()
    recording = written(folder / "20240511_053000Z.wav", with_tones(noise(5), (2.0, 2.5)))
    scanned = detected(tone_model("frame"), recording)
    stream = io.StringIO()
    Results(CsvWriter(Sink(stream, "x"))).add(scanned)
    _, row = csv.reader(io.StringIO(stream.getvalue()))
    assert row[0] == recording.as_posix()
    assert row[1:2] + row[4:7] == ["mix", "1900.0", "2100.0", "tone"]
    assert row[2] == f"{scanned.detections[0][1].start_s:.3f}"
    assert row[7] == f"{scanned.detections[0][1].score:.4f}"
    assert row[8] == f"2024-05-11T05:30:0{row[2]}+00:00"


def test_an_event_of_no_length_ends_after_it_starts_in_the_table(tmp_path: Path) -> None:
    scanned = detected(tone_model(), written(tmp_path / "a.wav", noise(1)[:1]), threshold=0.0)
    cells = [cells_of(row) for row in detections_of(scanned)]
    assert [(row.start_s, row.end_s) for row in cells] == [("0.000", "0.001")]


def test_the_hop_is_told_where_it_is_not_the_one_asked_for() -> None:
    model = random_model("conv2d")  # frames of 10 ms, step 4
    assert len(list(Scanner(model).notes())) == len(list(Scanner(model, Setting(0.242)).notes())) == 1
    assert "`hop_s` 0.25 s: taken as 0.24 s" in list(Scanner(model, Setting(0.25)).notes())[1]


def test_a_label_that_does_not_keep_a_target_is_said_once() -> None:
    model = random_model("conv1d")
    bad = Curve(threshold=(0.4, 0.6), hits=(8, 4), false_alarms=(8, 5), events=9, hours=1.0)
    good = bad.model_copy(update={"hits": (9, 9), "false_alarms": (8, 0)})
    model.operating = Operating(label=(OperatingPoint(name="a", curve=bad), OperatingPoint(name="b", curve=good)))
    notes = list(threshold_notes(model.operating, parse_target("p=0.9"), 1.0))
    a, b = notes
    assert a.endswith("the nearest is 0.5 at 0.4; that is taken")
    assert b.startswith("b: tuned on 9 calls in 1 h: at threshold 0.6 precision is 1")


def test_a_keeper_sees_points_counted_from_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_parts(monkeypatch)
    blocks: list[ScoreBlock] = []
    Scanner(tone_model(), Setting(0.1, block_s=0.5)).scan(written(tmp_path / "a.wav", noise(9)), blocks.append)
    assert len(blocks) > 3
    assert [block.first for block in blocks] == np.cumsum([0, *(block.n_points for block in blocks[:-1])]).tolist()


def test_recordings_are_opened_only_as_workers_need_them(tmp_path: Path) -> None:
    opened: list[int] = []

    def paths() -> Iterator[Path]:
        for n in range(50):
            opened.append(n)
            yield written(tmp_path / f"{n}.wav", noise(1, n))

    scanned = Scanner(tone_model(), Setting(workers=2)).scan_all(paths())
    assert Path(next(scanned).recording.name).name == "0.wav"
    assert len(opened) <= 2 * 2 * AHEAD  # to plan, and to score
    assert [Path(found.recording.name).name for found in scanned] == [f"{n}.wav" for n in range(1, 50)]


def test_the_clock_counts_every_stage_of_all_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_parts(monkeypatch)
    scanner = Scanner(tone_model(), Setting(workers=3))
    scanner.scan(written(tmp_path / "a.wav", noise(20, 1), rate=11025))
    assert all(scanner.clock.seconds[stage] > 0 for stage in STAGES if stage != "write")


def test_the_share_that_is_done_is_heard_of_part_by_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_parts(monkeypatch)
    shares: list[float] = []
    Scanner(tone_model()).scan(written(tmp_path / "a.wav", noise(20)), advance=shares.append)
    assert len(shares) > 4
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


@pytest.mark.parametrize("workers", [1, 3])
def test_a_recording_that_cannot_be_read_costs_only_itself_wherever_it_stands(tmp_path: Path, workers: int) -> None:
    paths = [written(tmp_path / f"{n}.wav", noise(3, n)) for n in range(6)]
    for n in (0, 3, 5):
        paths[n].write_bytes(b"")
    scanned = list(Scanner(tone_model(), Setting(workers=workers)).scan_all(paths))
    assert [Path(found.recording.name) for found in scanned] == paths
    assert [found.failed for found in scanned] == [True, False, False, True, False, True]


def test_a_channel_that_a_recording_has_not_got_is_its_failure(tmp_path: Path) -> None:
    scanned = Scanner(tone_model(channel="1")).scan(written(tmp_path / "a.wav", noise(3)))
    assert scanned.failed
    assert "has no channel 1" in scanned.remarks[0]


@pytest.mark.parametrize("rate", [RATE, 11025, 44100, 3000])
@pytest.mark.parametrize("kind", ["conv2d", "frame"])
def test_a_recording_as_long_as_one_sample_has_a_score_whatever_its_rate(tmp_path: Path, kind: str, rate: int) -> None:
    samples = noise(1)[: -(-rate // RATE)]
    scanned, rows = scores_of(random_model(kind), written(tmp_path / "a.wav", samples, rate))
    assert len(rows) == 1
    assert scanned.effort[0].status == "short"
