"""Clips of one recording: samples, spans, time and metadata."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from detector.audio.contents import read_evidence
from detector.audio.reading import read_header
from detector.audio.times.evidence import text_of
from detector.cutouts.cut import Cutout, cut_recording, span_of
from detector.errors import RecordingError
from detector.events import Event
from detector.place import place_of
from detector.tables.detection import Detection
from tests.recorders import Chunk, bext, comment, guano, harp, wamd, wav

RATE = 8000
MOTH = "Recorded at 21:02:44 30/04/2019 (UTC+1) by AudioMoth 24F319055FDF2F5B at medium gain"


def cut(path: Path, *spans: tuple[float, float], margin_s: float = 0.5, start_time: str | None = None) -> list[Path]:
    """Cut detections out of a recording, into the folder beside it."""
    folder = path.parent / "clips"
    folder.mkdir(exist_ok=True)
    rows = [Detection(str(path), "0", Event(*span, "owl", score=0.5), start_time) for span in spans]
    cutouts = [Cutout(row, f"{n}.wav") for n, row in enumerate(rows)]
    return [folder / one.name for one in cut_recording(place_of(path), cutouts, folder, margin_s)]


def guano_of(path: Path) -> dict[str, str]:
    header = read_header(path)
    with header.file() as file:
        lines = text_of(read_evidence(header, file).contents[b"guan"]).splitlines()
    pairs = [line.partition(": ") for line in lines if line.strip()]
    assert len({key for key, _, _ in pairs}) == len(pairs)
    return {key: value.rstrip() for key, _, value in pairs}


def start_of(path: Path) -> tuple[datetime, str] | None:
    chronology = read_header(path).chronology
    return None if chronology is None else (chronology.pieces[0].start, chronology.time_source)


@pytest.mark.parametrize(
    ("format_", "subtype", "bits"),
    [
        *[("wav", "PCM_U8", 8), ("wav", "PCM_16", 16), ("wav", "PCM_24", 24), ("wav", "PCM_32", 32)],
        *[("flac", "PCM_16", 16), ("flac", "PCM_24", 24)],
    ],
)
@pytest.mark.parametrize("n_channels", [1, 3])
def test_the_integers_of_a_clip_are_those_of_its_recording(
    tmp_path: Path, format_: str, subtype: str, bits: int, n_channels: int
) -> None:
    integers = np.random.default_rng(0).integers(-(2**31), 2**31, (5 * RATE, n_channels), np.int32) >> (32 - bits)
    integers[10000:10002] = [[2 ** (bits - 1) - 1] * n_channels, [-(2 ** (bits - 1))] * n_channels]
    soundfile.write(tmp_path / f"x.{format_}", integers << (32 - bits), RATE, subtype=subtype)
    clips = cut(tmp_path / f"x.{format_}", (1.0, 1.25), (1.1, 4.0), (4.5, 9.0))
    for path, (first, end) in zip(clips, [(4000, 14000), (4800, 36000), (32000, 40000)], strict=True):
        found, rate = soundfile.read(path, dtype="int32", always_2d=True)
        assert (rate, soundfile.info(path).subtype) == (RATE, subtype)
        np.testing.assert_array_equal(found >> (32 - bits), integers[first:end])


def test_floats_keep_every_bit(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).standard_normal((RATE, 2)).astype(np.float32) * 100
    soundfile.write(tmp_path / "x.wav", samples, RATE, subtype="FLOAT")
    (path,) = cut(tmp_path / "x.wav", (0.25, 0.5), margin_s=0)
    np.testing.assert_array_equal(soundfile.read(path, dtype="float32")[0], samples[2000:4000])


@pytest.mark.parametrize("format_", ["mp3", "ogg"])
def test_a_lossy_recording_gives_the_samples_that_decoding_gives(tmp_path: Path, format_: str) -> None:
    samples = np.random.default_rng(0).standard_normal((3 * 48000, 1)) * 0.1
    path = tmp_path / f"x.{format_}"
    soundfile.write(path, samples, 48000)
    whole = np.rint(soundfile.read(path, dtype="float32")[0].astype(np.float64) * 2**15)
    first, second = cut(path, (2.0, 2.5), (1.0, 1.5), margin_s=0)
    np.testing.assert_array_equal(soundfile.read(first, dtype="int16")[0], whole[96000:120000])
    np.testing.assert_array_equal(soundfile.read(second, dtype="int16")[0], whole[48000:72000])


SPANS = st.lists(st.tuples(st.integers(0, 2900), st.integers(1, 900)), min_size=1, max_size=8)


@given(SPANS, st.integers(0, 500), st.integers(100, 5000), st.sampled_from(["wav", "flac", "ogg"]))
def test_overlaps_and_blocks_change_no_sample_of_a_clip(
    tmp_path_factory: pytest.TempPathFactory, spans: list[tuple[int, int]], margin: int, block: int, format_: str
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    path = folder / f"x.{format_}"
    soundfile.write(path, np.random.default_rng(1).standard_normal((3 * RATE, 2)) * 0.1, RATE)
    whole = np.clip(np.rint(soundfile.read(path, dtype="float32")[0].astype(np.float64) * 2**15), -(2**15), 2**15 - 1)
    in_s = [(start / 1000, (start + length) / 1000) for start, length in spans]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("detector.audio.original.MOST_SAMPLES", block)
        clips = cut(path, *in_s, margin_s=margin / 1000)
    for clip, (start, length) in zip(clips, spans, strict=True):
        first = max(0, start - margin) * RATE // 1000
        end = min(3000, start + length + margin) * RATE // 1000
        np.testing.assert_array_equal(soundfile.read(clip, dtype="int16")[0], whole[first:end])


@pytest.mark.parametrize(
    ("breaks", "expected"),
    [((), (4.0, 8.0)), ((4.5, 7.5), (4.5, 7.5)), ((2.0, 5.0, 7.0, 9.0), (5.0, 7.0)), ((6.0,), (4.0, 8.0))],
)
def test_a_margin_ends_where_the_recorder_paused(breaks: tuple[float, ...], expected: tuple[float, float]) -> None:
    assert span_of(Event(5.0, 7.0, "owl"), 1.0, breaks) == expected


def test_a_margin_begins_with_the_recording() -> None:
    assert span_of(Event(0.25, 0.5, "owl"), 1.0, ()) == (0.0, 1.5)


def test_a_clip_of_a_duty_cycled_recording_stays_in_its_raw_file_and_has_its_time(tmp_path: Path) -> None:
    starts = [(21, 3, 15, 12, 0, 0, 0), (21, 3, 15, 13, 0, 0, 0)]
    path = wav(tmp_path / "x.wav", [harp(starts, [32000, 32000])], samples=np.arange(32000, dtype=np.int16))
    (clip,) = cut(path, (2.25, 2.5), start_time="2021-03-15T13:00:00.250+00:00")
    assert list(soundfile.read(clip, dtype="int16")[0][[0, -1]]) == [16000, 23999]
    found = start_of(clip)
    assert found == (datetime.fromisoformat("2021-03-15T13:00:00+00:00"), "guano")


SOURCES: list[tuple[str, Chunk | None]] = [
    ("guano", guano("2019-04-30T21:02:44+01:00")),
    ("guano local", guano("2019-04-30 21:02:44")),
    ("audiomoth", comment(MOTH)),
    ("wamd", wamd((0, b"\1\0"), (5, b"2019-04-30 21:02:44+01:00"))),
    ("bext", bext(b"2019-04-30", b"21:02:44")),
    ("name", None),
]


@pytest.mark.parametrize(("name", "chunk"), SOURCES, ids=[name for name, _ in SOURCES])
@pytest.mark.parametrize("has_row_time", [True, False])
def test_a_clip_s_own_time_is_that_of_its_first_sample(
    tmp_path: Path, name: str, chunk: Chunk | None, has_row_time: bool
) -> None:
    path = wav(
        tmp_path / ("SITE_20190430_210244.wav" if name == "name" else "x.wav"),
        [] if chunk is None else [chunk],
        samples=np.ones(10 * RATE, np.int16),
    )
    chronology = read_header(path).chronology
    assert chronology is not None
    moment = chronology.at(4.321)
    assert moment is not None
    folder = tmp_path / "clips"
    folder.mkdir()
    row = Detection(str(path), "0", Event(4.321, 5, "owl"), str(moment) if has_row_time else None)
    clip = Cutout(row, f"owl_{path.stem}_4.321.wav")  # the name holds the time of the recording's start
    assert cut_recording(place_of(path), [clip], folder, 1.5) == [clip]
    found = start_of(folder / clip.name)
    assert found is not None
    assert found[0].isoformat() == (chronology.pieces[0].start + timedelta(seconds=2.821)).isoformat()
    assert found[1] == ("guano" if chronology.zoned else "guano, no zone")


def test_the_zone_that_a_scan_was_told_is_in_the_clip(tmp_path: Path) -> None:
    path = wav(tmp_path / "SITE_20190430_210244.wav", samples=np.ones(2 * RATE, np.int16))
    (clip,) = cut(path, (1.0, 1.5), start_time="2019-04-30T21:02:45.000+10:00")
    assert guano_of(clip)["Timestamp"] == "2019-04-30T21:02:44.500+10:00"


def test_a_time_that_nobody_knows_is_not_made_up(tmp_path: Path) -> None:
    (clip,) = cut(wav(tmp_path / "x.wav"), (0.5, 0.75))
    assert "Timestamp" not in guano_of(clip)
    assert start_of(clip) is None


def test_the_recorder_s_lines_stay_and_its_comment_becomes_a_note(tmp_path: Path) -> None:
    lines = (
        "GUANO|Version: 1.0\nTimestamp:2019-04-30T21:02:44Z\nLoc Position: 1.5 -2\nNote: windy\nOAD|Gain: 2\n"
        "Length: 99\nSamplerate: 8000\nOriginal Filename: old.wav\n\0"
    )
    own = (b"guan", lines.encode())
    path = wav(tmp_path / "x.wav", [comment(MOTH)], [own])
    (clip,) = cut(path, (0.5, 0.75))
    assert guano_of(clip) == {
        "GUANO|Version": "1.0",
        "Timestamp": guano_of(clip)["Timestamp"],
        "Length": "1.000000",
        "Original Filename": "x.wav",
        "Species Auto ID": "owl",
        "Note": rf"windy\n{MOTH}",
        "Loc Position": "1.5 -2",
        "OAD|Gain": "2",
        "Samplerate": "8000",
    }
    assert read_header(clip).comment == ""


def test_the_length_of_a_slowed_down_recording_is_that_of_the_sound(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.wav", [(b"guan", b"GUANO|Version: 1.0\nTE: 10\nSamplerate: 80000\n")])
    (clip,) = cut(path, (0.5, 0.75), margin_s=0.25)
    assert guano_of(clip)["Length"] == "0.075000"
    assert guano_of(clip)["Samplerate"] == "80000"


def test_a_label_of_several_lines_adds_no_line(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.wav")
    row = Detection(str(path), "0", Event(0, 0.5, "owl\nTimestamp: 2000-01-01T00:00:00Z"))
    cut_recording(place_of(path), [Cutout(row, "c.wav")], tmp_path, 0)
    assert "Timestamp" not in guano_of(tmp_path / "c.wav")


def test_a_clip_is_shorter_where_the_recording_ends_and_missing_behind_it(tmp_path: Path) -> None:
    path = wav(tmp_path / "x.wav", samples=np.ones(RATE, np.int16))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - RATE])  # half of the samples
    clips = cut(path, (0.25, 0.5), (0.55, 0.9), (0.75, 0.9), margin_s=0.2)
    assert [clip.name for clip in clips] == ["0.wav"]
    assert soundfile.info(clips[0]).frames == 3600
    assert [clip.name for clip in (tmp_path / "clips").iterdir()] == ["0.wav"]


def test_a_recording_that_cannot_be_read_to_the_end_leaves_no_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = wav(tmp_path / "x.wav", samples=np.ones(4 * RATE, np.int16))
    monkeypatch.setattr("detector.audio.original.MOST_SAMPLES", 1000)
    monkeypatch.setattr("detector.audio.header.Header.check_unchanged", lambda header: broken(header.place))

    def broken(place: object) -> None:
        raise RecordingError(f"{place}: was changed")

    with pytest.raises(RecordingError, match=r"x\.wav"):
        cut(path, (0.5, 1.0), (2.0, 3.0))
    assert list((tmp_path / "clips").iterdir()) == []


def test_a_clip_too_large_for_a_wav_is_refused_with_its_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detector.cutouts.cut.MOST_BYTES", 1000)
    path = wav(tmp_path / "x.wav")
    with pytest.raises(RecordingError, match=r"x\.wav: .* 0\.000 to 1\.250 s"):
        cut(path, (0.5, 0.75))
