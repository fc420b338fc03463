"""Recordings that follow one another without a pause, scanned as one."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detector.audio.header import Header
from detector.audio.times.pattern import TimePattern
from detector.chronology import Chronology, Piece
from detector.model import Model
from detector.place import LocalPlace, Named
from detector.scanning import plan, series
from detector.scanning.blocks import ScoreBlock
from detector.scanning.executor import Stuck
from detector.scanning.outcome import Scanned
from detector.scanning.plan import Part
from detector.scanning.results import detections_of, score_rows
from detector.scanning.scanner import Pulse, Scanner
from detector.scanning.series import follows
from detector.scanning.setting import Setting
from detector.scanning.workers import AHEAD
from tests.places import Failing, Outage
from tests.scans import detected_all

from .conftest import RATE, noise, random_model, short_parts, tone_model, with_tones, written

BEGIN = datetime(2026, 5, 14, 22)
FORM = "%Y%m%d-%H%M%S-%f"
ALONE = Setting(time_pattern=TimePattern(FORM))
CONTINUOUS = replace(ALONE, continuous=True)
TONES = ((0.5, 1.0), (4.0, 5.5), (9.0, 9.4), (13.0, 16.0), (20.2, 20.8))
Row = tuple[str, ...]


def pieces(
    folder: Path, sound: np.ndarray, cuts: Sequence[int], rate: int = RATE, kind: str = "wav", subtype: str = "FLOAT"
) -> list[Path]:
    """Cut a recording before these samples, and name the files by their times."""
    folder.mkdir(exist_ok=True)
    starts = [0, *cuts]
    names = [f"{BEGIN + timedelta(seconds=start / rate):{FORM}}.{kind}" for start in starts]
    ends = [*cuts, len(sound)]
    return [written(folder / name, sound[start:end], rate, subtype) for name, start, end in zip(names, starts, ends)]


def scan(
    model: Model, paths: Sequence[Path], setting: Setting = CONTINUOUS
) -> tuple[list[Scanned], list[ScoreBlock], list[Row]]:
    """Scan recordings; give their results, their scores, and the rows of the table of scores."""
    blocks: list[ScoreBlock] = []
    scanned = detected_all(model, paths, setting, take=blocks.append)
    return scanned, blocks, [row for block in blocks for row in score_rows(block)]


def scores(blocks: Sequence[ScoreBlock]) -> np.ndarray:
    return np.concatenate([np.stack(list(block.scores.values())) for block in blocks], axis=1)


def events(results: Sequence[Scanned]) -> list[tuple[float, float, str, float | None]]:
    """List the events of a series, with times from its start."""
    offsets = [0.0 if result.member is None else result.member.offset_s for result in results]
    return [
        (offset_s + event.start_s, offset_s + event.end_s, event.label, event.score)
        for offset_s, result in zip(offsets, results)
        for _, event in result.detections
    ]


def absolute(results: Sequence[Scanned]) -> list[str | None]:
    return [detection.start_time for result in results for detection in detections_of(result)]


def assert_like_one(model: Model, uncut: Path, files: Sequence[Path], setting: Setting = CONTINUOUS) -> None:
    one, one_blocks, _ = scan(model, [uncut], setting)
    many, blocks, _ = scan(model, files, setting)
    assert [result.recording.name for result in many] == [path.as_posix() for path in files]
    assert np.array_equal(scores(blocks), scores(one_blocks))
    assert [event[2:] for event in events(many)] == [event[2:] for event in events(one)]
    spans = np.array([event[:2] for event in events(many)])
    assert spans == pytest.approx(np.array([event[:2] for event in events(one)]), abs=1e-9)
    moments = [datetime.fromisoformat(text or "") for text in absolute(many)]
    for found, expected in zip(moments, [datetime.fromisoformat(text or "") for text in absolute(one)], strict=True):
        assert abs(found - expected) <= timedelta(milliseconds=1)
    assert sum(result.scanned_s for result in many) == pytest.approx(one[0].scanned_s)


MODELS = {
    "window": tone_model(),
    "column": tone_model("frame"),
    "pcen": random_model("pcen", '"each"'),
    "frame-same": random_model("frame-same"),
}


@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize("rate", [RATE, 11025])
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(st.integers(1, 23 * 8000 - 1), min_size=1, max_size=12, unique=True).map(sorted),
    setting=st.builds(partial(replace, CONTINUOUS), workers=st.sampled_from([1, 3]), block_s=st.floats(0.05, 20)),
)
def test_a_recording_that_is_cut_into_files_has_the_scores_and_detections_of_the_uncut_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, rate: int, cuts: list[int], setting: Setting
) -> None:
    short_parts(monkeypatch)
    sound = with_tones(noise(23), *TONES)
    (uncut,) = pieces(tmp_path / "uncut", sound, [], rate)
    folder = tmp_path / f"{len(list(tmp_path.iterdir()))}"
    assert_like_one(MODELS[kind], uncut, pieces(folder, sound, cuts, rate), setting)


@pytest.mark.parametrize("kind", ["flac", "aiff", "w64"])
def test_every_format_that_counts_its_samples_goes_on(tmp_path: Path, kind: str) -> None:
    sound = np.stack([with_tones(noise(23), *TONES), noise(23, 1)], axis=1)
    (uncut,) = pieces(tmp_path / "uncut", sound, [], kind=kind, subtype="PCM_16")
    files = pieces(tmp_path / "cut", sound, [37_000, 40_000, 120_001], kind=kind, subtype="PCM_16")
    assert_like_one(tone_model(channel='"each"'), uncut, files)


def test_a_call_across_a_seam_is_one_detection_of_the_file_in_which_it_begins(tmp_path: Path) -> None:
    sound = with_tones(noise(20), (9.0, 11.5), (16.0, 16.5))
    files = pieces(tmp_path, sound, [10 * RATE])
    first, second = scan(tone_model("frame"), files)[0]
    ((_, event),) = first.detections
    assert event.span == pytest.approx((9.0, 11.5), abs=0.02)
    ((_, event),) = second.detections
    assert event.span == pytest.approx((6.0, 6.5), abs=0.02)
    apart = scan(tone_model("frame"), files, ALONE)[0]
    assert [len(result.detections) for result in apart] == [1, 2]


def test_the_table_of_scores_names_each_window_by_the_file_in_which_it_begins(tmp_path: Path) -> None:
    files = pieces(tmp_path, noise(20), [5 * RATE, 12 * RATE])
    _, blocks, rows = scan(tone_model(), files)
    starts = [blocks[0].points.span(n)[0] for n in range(len(rows))]
    for row, start_s in zip(rows, starts):
        number = sum(start_s >= begin_s - 1e-6 for begin_s in (5, 12))
        assert row[0] == files[number].as_posix()
        assert float(row[2]) == pytest.approx(max(0.0, start_s - (0, 5, 12)[number]), abs=1e-3)
    assert {row[0] for row in rows} == {path.as_posix() for path in files}


@pytest.mark.parametrize("kind", ["window", "column"])
def test_recordings_with_pauses_are_scanned_as_without_the_option(tmp_path: Path, kind: str) -> None:
    sound = with_tones(noise(23), *TONES)
    paths = [written(tmp_path / f"{BEGIN + timedelta(seconds=30 * n):{FORM}}.wav", sound[n:]) for n in range(3)]
    paths.append(written(tmp_path / "no-time.wav", sound))
    paths.append(tmp_path / "missing.wav")
    found, blocks, rows = scan(MODELS[kind], paths)
    expected, expected_blocks, expected_rows = scan(MODELS[kind], paths, ALONE)
    assert found == expected
    assert rows == expected_rows
    assert np.array_equal(scores(blocks), scores(expected_blocks))


def test_a_file_shorter_than_a_window_is_not_short_within_a_series(tmp_path: Path) -> None:
    results, _, _ = scan(tone_model(), pieces(tmp_path, noise(9), [RATE, 2 * RATE, 3 * RATE]))
    assert [result.effort[0].status for result in results] == ["ok"] * 4
    assert [result.effort[0].seconds for result in results] == [1, 1, 1, 6]


def test_each_channel_of_each_file_has_its_own_row_of_effort(tmp_path: Path) -> None:
    sound = np.stack([noise(9), np.zeros(9 * RATE)], axis=1)
    sound[7 * RATE :, 1] = 0.1
    sound[2 * RATE, 0] = np.nan
    results, _, _ = scan(tone_model(channel='"each"'), pieces(tmp_path, sound, [3 * RATE, 6 * RATE]))
    rows = [row for result in results for row in result.effort]
    assert [(row.channel, row.status) for row in rows] == [
        *[("0", "damaged"), ("1", "damaged")],
        *[("0", "ok"), ("1", "silent")],
        *[("0", "ok"), ("1", "ok")],
    ]
    assert [row.scanned_s for row in rows] == [3.0] * 6
    assert rows[0].detail.startswith("1 samples")


@pytest.mark.parametrize("rate", [RATE, 11025])
def test_effort_is_that_of_each_file_by_itself_wherever_the_parts_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int
) -> None:
    sound = np.stack([noise(30), noise(30, 1)], axis=1)
    sound[np.random.default_rng(0).choice(len(sound), 300, replace=False), 0] = np.nan
    sound[6 * rate : 12 * rate, 1] = 0
    files = pieces(tmp_path, sound, [3 * rate, 6 * rate, 12 * rate], rate)
    for seconds in (0.7, 2.0, 1000.0):
        short_parts(monkeypatch, seconds)
        found = scan(MODELS["pcen"], files)[0]
        expected = scan(MODELS["pcen"], files, ALONE)[0]
        assert [result.effort for result in found] == [result.effort for result in expected]
        assert [result.remarks for result in found] == [result.remarks for result in expected]
    assert len({row.detail for result in found for row in result.effort}) == 4  # other faults in each file


def damaged(path: Path) -> None:
    """Cut a FLAC file in its middle, behind its metadata that promise the whole."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("number", [0, 2, 4])
def test_a_file_that_ends_too_early_ends_the_series_and_the_next_file_begins_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, number: int
) -> None:
    short_parts(monkeypatch)
    monkeypatch.setattr(series, "is_whole", lambda _: True)  # as if no header gave the damage away
    sound = with_tones(noise(30), (2.5, 3.5), (8.5, 9.5), (14.5, 15.5), (20.5, 21.5), (26.5, 27.5))
    files = pieces(tmp_path, sound, [6 * n * RATE for n in range(1, 5)], kind="flac", subtype="PCM_16")
    damaged(files[number])
    setting = replace(CONTINUOUS, workers=workers)
    together = scan(tone_model("frame"), files, setting)[0]
    parted = [*scan(tone_model("frame"), files[: number + 1], setting)[0]]
    if files[number + 1 :]:
        parted += scan(tone_model("frame"), files[number + 1 :], setting)[0]
    assert [result.recording.name for result in together] == [path.as_posix() for path in files]
    assert [result.effort for result in together] == [result.effort for result in parted]
    assert together[number].effort[0].status in ("truncated", "damaged")
    for found, expected in zip(together, parted):
        spans = [event.span for _, event in found.detections]
        assert np.array(spans) == pytest.approx(np.array([event.span for _, event in expected.detections]), abs=1e-4)


def test_parts_behind_the_end_of_a_series_are_not_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_parts(monkeypatch, 1.0)
    monkeypatch.setattr(series, "is_whole", lambda _: True)  # as if no header gave the damage away
    files = pieces(tmp_path, noise(60), [3 * RATE, 6 * RATE], kind="flac", subtype="PCM_16")
    damaged(files[0])
    scored: list[Part] = []
    score = Scanner.score

    def counting(self: Scanner, part: Part, pulse: Pulse | None = None) -> object:
        scored.append(part)
        return score(self, part, pulse)

    monkeypatch.setattr(Scanner, "score", counting)
    detected_all(tone_model("frame", window_s=0.5), files, CONTINUOUS)
    of_first = [part for part in scored if part.header.place.name == files[0].as_posix()]
    assert len(of_first) <= 3 + AHEAD
    assert len(scored) > 50


@pytest.mark.parametrize("workers", [1, 3])
def test_a_file_that_cannot_be_read_fails_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    short_parts(monkeypatch)
    sound = with_tones(noise(30), (2.5, 3.5), (11.5, 12.5), (17.0, 19.0), (26.5, 27.5))
    files = pieces(tmp_path, sound, [6 * n * RATE for n in range(1, 5)], subtype="PCM_16")
    places = [Failing(path.as_posix(), path.read_bytes(), Outage()) for path in files]
    places[2].outage.first = len(places[2].content) // 2
    found = detected_all(tone_model("frame"), places, replace(CONTINUOUS, workers=workers))
    assert [result.recording.name for result in found] == [path.as_posix() for path in files]
    assert [result.failed for result in found] == [False, False, True, False, False]
    assert str(files[2]) in found[2].remarks[0]
    assert [len(result.detections) for result in found] == [1, 1, 0, 1, 1]
    ((_, across),) = found[1].detections
    assert across.span == pytest.approx((5.5, 6.5), abs=0.02)  # the beginning of the next file was heard


@pytest.mark.parametrize("number", [0, 1, 4])
def test_a_part_that_hangs_fails_the_file_in_which_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    short_parts(monkeypatch)
    files = pieces(tmp_path, with_tones(noise(30), (2.5, 3.5), (26.5, 27.5)), [6 * n * RATE for n in range(1, 5)])
    score = Scanner.score

    def hanging(self: Scanner, part: Part, pulse: Pulse | None = None) -> object:
        begin_s = part.first * self.grid.hop_s
        in_first_series = part.headers[0].place.name == files[0].as_posix()
        if in_first_series and 6 * number + 1 < begin_s < 6 * number + 6:
            raise Stuck("300")
        return score(self, part, pulse)

    monkeypatch.setattr(Scanner, "score", hanging)
    found = detected_all(tone_model("frame"), files, CONTINUOUS)
    assert [result.recording.name for result in found] == [path.as_posix() for path in files]
    assert [result.failed for result in found] == [n == number for n in range(5)]
    assert found[number].remarks[0].startswith(f"{files[number]}: given up after 300 s")
    assert [len(result.detections) for result in found] == [int(n in (0, 4) and n != number) for n in range(5)]


def test_a_thousand_broken_files_are_no_deeper_than_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = pieces(tmp_path, noise(120), [RATE // 10 * n for n in range(1, 1200)])

    def failing(self: Scanner, part: Part, pulse: Pulse | None = None) -> object:
        raise Stuck("300")

    monkeypatch.setattr(Scanner, "score", failing)
    found = detected_all(tone_model("frame"), files[:300], CONTINUOUS)
    assert [result.failed for result in found] == [True] * 300


def test_the_header_of_each_file_is_read_once_however_many_break(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    read_header = plan.read_header

    def failing(self: Scanner, part: Part, pulse: Pulse | None = None) -> object:
        raise Stuck("300")

    def counting(recording: Named, *rest: object) -> Header:
        read.append(str(recording))
        return read_header(recording, *rest)

    monkeypatch.setattr(Scanner, "score", failing)
    monkeypatch.setattr(plan, "read_header", counting)
    files = pieces(tmp_path, noise(4), [RATE // 10 * n for n in range(1, 40)])
    detected_all(tone_model("frame"), files, CONTINUOUS)
    assert sorted(read) == sorted(map(str, files))


def test_a_series_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "MOST_RECORDINGS", 3)
    results, blocks, _ = scan(tone_model(), pieces(tmp_path, noise(16), [2 * n * RATE for n in range(1, 8)]))
    assert [result.member.offset_s for result in results if result.member] == [0, 2, 4, 0, 2, 4, 0, 2]
    assert [block.heard_s for block in blocks if block.heard_s is not None] == [6, 6, 4]


def test_the_share_counts_the_recordings_of_a_series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short_parts(monkeypatch)
    shares: list[float] = []
    files = pieces(tmp_path, noise(20), [5 * RATE, 10 * RATE])
    list(Scanner(tone_model(), CONTINUOUS).scan_all(files, advance=shares.append))
    assert shares == sorted(shares)
    assert shares[-1] == 3.0


def test_the_plan_of_a_series_and_its_parts_are_values_that_travel(tmp_path: Path) -> None:
    scanner = Scanner(tone_model(), CONTINUOUS)
    plans = [scanner.plan(path) for path in pieces(tmp_path, noise(20), [5 * RATE, 10 * RATE])]
    ((_, plan),) = series.in_series(((plan.recording, plan) for plan in plans), 2.0, scanner._planner.joined)
    assert pickle.loads(pickle.dumps(plan)) == plan
    (part,) = plan.parts()
    here = scanner.score(part)
    there = pickle.loads(pickle.dumps(scanner.score(pickle.loads(pickle.dumps(part)))))
    assert np.array_equal(here.scores, there.scores)
    assert here.members == there.members
    assert [member.facts.n_read for member in here.members] == [5 * RATE, 5 * RATE, 10 * RATE]


def header(name: str, start: datetime | None, seconds: float = 60.0, **changes: object) -> Header:
    chronology = None if start is None else Chronology.since(start, "guano", "")
    made = Header(LocalPlace(Path(name)), "WAV", "PCM_16", RATE, 1, round(seconds * RATE), chronology=chronology)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("gap_s", "fraction_s", "together"),
    [
        *[(0.0, 0.0, True), (0.9, 0.0, True), (-0.9, 0.0, True), (1.0, 0.0, False), (-1.0, 0.0, False)],
        *[(0.0, 0.25, True), (0.09, 0.25, True), (-0.09, 0.25, True), (0.11, 0.25, False), (-5.0, 0.25, False)],
    ],
)
def test_a_recording_follows_where_the_one_before_ends_as_far_as_the_clock_can_tell(
    gap_s: float, fraction_s: float, together: bool
) -> None:
    start = BEGIN.replace(tzinfo=UTC) + timedelta(seconds=fraction_s)
    before = header("a/1.wav", start, 60.0 - gap_s)
    assert follows(before, header("a/2.wav", start + timedelta(seconds=60)), 3.0) == together
    assert not follows(before, header("a/2.wav", start + timedelta(seconds=60)), min(3.0, 0.99 * abs(gap_s)))


LATER = BEGIN + timedelta(seconds=60)
PAUSE = Chronology((Piece(0.0, LATER, "", 10.0), Piece(10.0, LATER + timedelta(seconds=20), "")), "guano")


@pytest.mark.parametrize(
    "after",
    [
        header("b/2.wav", LATER),
        header("a/other2.wav", LATER),
        header("a/2.wav", None),
        header("a/2.wav", LATER.replace(tzinfo=UTC)),
        header("a/2.wav", LATER, sample_rate=2 * RATE),
        header("a/2.wav", LATER, n_channels=2),
        header("a/2.wav", LATER, n_frames=None),
        header("a/2.wav", LATER, n_frames=0),
        header("a/2.wav", LATER, n_held=100),
        header("a/2.wav", LATER, status="truncated"),
        header("a/2.wav", LATER, subtype="VORBIS"),
        header("a/2.wav", LATER, chronology=Chronology.since(LATER, "filename", "")),
        header("a/2.wav", LATER, chronology=PAUSE),
        header("a/2.wav", LATER, chronology=Chronology((Piece(1.0, LATER, ""),), "guano")),
    ],
)
def test_another_recorder_setting_clock_or_doubt_begins_a_new_series(after: Header) -> None:
    before = header("a/1.wav", BEGIN)
    assert follows(before, header("a/2.wav", LATER), 3.0)
    assert not follows(before, after, 3.0)
    assert not follows(after, header("a/3.wav", LATER + timedelta(seconds=60)), 3.0)
