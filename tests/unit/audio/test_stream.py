from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream, Stretch
from detector.clock import Clock
from detector.errors import RecordingError
from detector.recipe import Audio

from .conftest import Write, judged, noise, with_data_size, with_noise_inside

ASIS = Audio(sample_rate=48000, channel="each")


def read(path: Path, audio: Audio = ASIS, block_s: float = 10.0) -> tuple[AudioStream, np.ndarray]:
    stream = AudioStream(path, audio, block_s)
    empty = np.empty((len(stream.channels), 0), dtype=np.float32)
    samples = np.concatenate([empty, *stream.blocks()], axis=1)
    assert samples.dtype == np.float32
    assert samples.shape == (len(stream.channels), stream.n_samples)
    return stream, samples


@pytest.mark.parametrize(("channel", "names"), [("mix", ("mix",)), ("each", ("0", "1", "2")), (0, ("0",)), (2, ("2",))])
def test_channels_are_chosen_before_resampling(write: Write, channel: str | int, names: tuple[str, ...]) -> None:
    samples = noise(1, 44100, 3)
    path = write("x.wav", samples, 44100, subtype="FLOAT")
    stream, found = read(path, Audio(sample_rate=24000, channel=channel))
    assert stream.channels == names
    mean = (samples[:, 0] + samples[:, 1] + samples[:, 2]) / np.float32(3)
    chosen = {"mix": mean[:, None], "each": samples}.get(
        channel, samples[:, [int(names[0])]] if channel in {0, 2} else None
    )
    np.testing.assert_array_equal(found, soxr.resample(chosen, 44100, 24000, quality="HQ").T)


def test_a_channel_that_is_not_there_is_named_with_those_that_are(write: Write) -> None:
    with pytest.raises(RecordingError, match=r"x\.wav: has no channel 2; its 2 channels count from 0"):
        AudioStream(write("x.wav", noise(0.1, channels=2)), Audio(channel=2))


def test_at_the_same_rate_no_bit_changes(write: Write) -> None:
    samples = noise(1, channels=2) * 30
    stream, found = read(write("x.wav", samples, subtype="FLOAT"))
    np.testing.assert_array_equal(found, samples.T)
    assert np.abs(found).max() > 1
    assert judged(stream) == ("ok", [])
    assert stream.seconds == stream.scanned_s == 1.0


def test_what_is_no_number_or_beyond_any_recorder_is_taken_as_0_and_counted_over_the_stream(write: Write) -> None:
    samples = noise(3, channels=2)
    faulty = samples.copy()
    faulty[10, 0], faulty[20, 0], faulty[100_000, 1] = np.nan, 1e30, -np.inf
    path = write("x.wav", faulty, subtype="FLOAT")
    samples[[10, 20], 0] = samples[100_000, 1] = 0
    stream, found = read(path, block_s=0.5)
    np.testing.assert_array_equal(found, samples.T)
    assert judged(stream).status == "damaged"
    assert judged(stream).faults[0].startswith("3 samples ")
    assert judged(read(path, Audio(sample_rate=48000, channel=1))[0]).faults[0].startswith("1 samples ")


@pytest.mark.parametrize("n_samples", [1, 2, 5])
def test_the_shortest_recordings_are_read(write: Write, n_samples: int) -> None:
    stream, found = read(write("x.wav", noise(1)[:n_samples]))
    assert found.shape == (1, n_samples)
    assert judged(stream).status == "ok"
    assert read(write("x.wav", noise(1)[:n_samples]), Audio(sample_rate=24000))[1].shape[1] >= 1


def test_no_samples_is_empty_and_nothing_else(write: Write) -> None:
    stream, found = read(write("x.wav", noise(0)))
    assert (judged(stream), found.size) == (("empty", ["holds no samples"]), 0)
    content = write("x.wav", noise(1)).read_bytes()
    stream, _ = read(write("cut.wav", content[:44]))
    assert judged(stream) == ("empty", ["holds no samples, though its header claims 48000"])


def test_zeros_are_silent_and_one_dead_channel_is_told(write: Write) -> None:
    samples = noise(1, channels=2)
    samples[:, 1] = 0
    assert judged(read(write("x.wav", samples * 0))[0]).status == "silent"
    stream, _ = read(write("x.wav", samples))
    assert judged(stream) == ("ok", ["channel 1 is silent"])
    assert judged(read(write("x.wav", samples), Audio(channel=1))[0]).faults == ["silent"]


def test_a_cut_wav_gives_what_it_holds(write: Write) -> None:
    samples = noise(2, channels=2)
    content = write("x.wav", samples, subtype="FLOAT").read_bytes()
    stream, found = read(write("cut.wav", content[: len(content) // 2]))
    assert judged(stream).status == "truncated"
    assert judged(stream).faults[0].startswith("truncated: 1.0 s of 2.0 s could be read")
    assert stream.seconds == 2.0
    assert stream.scanned_s == pytest.approx(1.0, abs=0.01)
    np.testing.assert_array_equal(found, samples.T[:, : found.shape[1]])


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_wav_whose_header_was_never_finished_gives_all(write: Write, size: int) -> None:
    samples = noise(2, channels=2)
    content = write("x.wav", samples, subtype="FLOAT").read_bytes()
    stream, found = read(write("lying.wav", with_data_size(content, size)))
    np.testing.assert_array_equal(found, samples.T)
    assert judged(stream).status == "ok"
    assert "no length" in judged(stream).faults[0]
    assert stream.seconds == 2.0


@pytest.mark.parametrize("block_s", [0.3, 7.0, 1000.0])
def test_a_cut_flac_gives_every_frame_before_the_cut(data: Path, write: Write, block_s: float) -> None:
    whole = data / "formats" / "birdnet" / "soundscape.flac"
    expected, _ = soundfile.read(whole, dtype="float32")
    content = whole.read_bytes()
    stream, found = read(write("cut.flac", content[: len(content) // 2]), block_s=block_s)
    assert judged(stream).status == "truncated"
    assert judged(stream).faults == ["truncated: 59.6 s of 120.0 s could be read (2898432 samples are missing)"]
    np.testing.assert_array_equal(found[0], expected[: found.shape[1]])


@pytest.mark.parametrize("block_s", [0.3, 1000.0])
def test_a_flac_damaged_inside_gives_every_frame_but_the_damaged_ones(data: Path, write: Write, block_s: float) -> None:
    whole = data / "formats" / "birdnet" / "soundscape.flac"
    expected, _ = soundfile.read(whole, dtype="float32")
    stream, found = read(write("bad.flac", with_noise_inside(whole.read_bytes())), block_s=block_s)
    assert judged(stream).status == "damaged"
    ((start, end),) = stream.facts.holes
    assert 59.5 < start / 48000 < end / 48000 < 60.0
    assert f"{start / 48000:.3f} to {end / 48000:.3f} s" in judged(stream).faults[0]
    assert (stream.seconds, stream.scanned_s) == (120.0, 120.0 - (end - start) / 48000)
    expected[start:end] = 0
    np.testing.assert_array_equal(found[0], expected)


@pytest.mark.parametrize("name", ["birdnet/soundscape.mp3", "perch/21100_36_48.mp3"])
def test_a_cut_mp3_is_told_by_its_count(data: Path, write: Write, name: str) -> None:
    content = (data / "formats" / name).read_bytes()
    stream, _ = read(write("cut.mp3", content[: len(content) // 2]))
    assert judged(stream).status == "truncated"
    assert stream.scanned_s == pytest.approx(stream.seconds / 2, rel=0.05)


@pytest.mark.parametrize("name", ["birdnet/soundscape.ogg", "perch/21100_36_48.ogg", "perch/21100_36_48.opus"])
def test_a_cut_ogg_is_told_by_its_missing_end(data: Path, write: Write, name: str) -> None:
    content = (data / "formats" / name).read_bytes()
    stream, _ = read(write(f"cut{Path(name).suffix}", content[: len(content) // 2]))
    assert judged(stream).status == "truncated"
    assert judged(stream).faults == ["truncated: its last page is missing"]
    assert stream.scanned_s > 4


@pytest.mark.parametrize("name", ["birdnet/soundscape.mp3", "birdnet/soundscape.ogg", "perch/21100_36_48.opus"])
def test_a_file_damaged_inside_gives_the_same_whatever_the_block(data: Path, write: Write, name: str) -> None:
    path = write(f"bad{Path(name).suffix}", with_noise_inside((data / "formats" / name).read_bytes()))
    short, found = read(path, block_s=0.37)
    long, whole = read(path, block_s=100)
    np.testing.assert_array_equal(found, whole)
    assert judged(short).status == "damaged"
    assert judged(short) == judged(long)
    assert short.scanned_s > 4


def test_one_sound_in_every_format_is_the_same_sound(data: Path) -> None:
    formats = ["wav", "flac", "ogg", "opus", "mp3"]
    streams, sounds = zip(
        *(read(data / "formats" / "perch" / f"21100_36_48.{f}", Audio(sample_rate=12000)) for f in formats)
    )
    assert [judged(stream) for stream in streams] == [("ok", [])] * 5
    assert [s.seconds for s in streams] == pytest.approx([10.0] * 5, abs=0.1)
    for sound in sounds[1:]:
        assert sound.shape[1] == pytest.approx(sounds[0].shape[1], abs=1200)
        n = min(sound.shape[1], sounds[0].shape[1])
        assert np.corrcoef(sound[0, :n], sounds[0][0, :n])[0, 1] > 0.9


@pytest.mark.parametrize("format_", ["flac", "ogg", "mp3"])
def test_a_longer_real_recording_is_whole_in_every_format(data: Path, format_: str) -> None:
    path = data / "formats" / "birdnet" / f"soundscape.{format_}"
    stream, found = read(path, block_s=3.3)
    assert judged(stream) == ("ok", [])
    assert found.shape == (1, 120 * 48000)
    with_one_read = soundfile.read(path, dtype="float32")[0]
    np.testing.assert_array_equal(found[0], with_one_read)


def test_the_odd_files_of_others_are_read(data: Path) -> None:
    folder = data / "formats" / "opensoundscape"
    told = {path.name: read(path)[0] for path in sorted(folder.glob("*.wav"))}
    statuses = {name: judged(stream).status for name, stream in told.items()}
    assert {name: status for name, status in statuses.items() if status != "ok"} == {"empty_2c.wav": "empty"}
    assert told["stereo.wav"].n_samples == 5
    assert read(folder / "silence_10s.mp3")[0].seconds == 10.0


def peak(path: Path) -> int:
    """Measure the most bytes held at once, thrice: what else the process does now and then can only add."""
    found = []
    for _ in range(3):
        tracemalloc.start()
        for _block in AudioStream(path, Audio(sample_rate=6000), block_s=5).blocks():
            pass
        found.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return min(found)


@pytest.mark.parametrize("format_", ["wav", "flac"])
def test_memory_does_not_grow_with_the_recording(write: Write, format_: str) -> None:
    minutes = noise(180, 8000)
    one = write(f"one.{format_}", minutes, 8000)
    ten = write(f"ten.{format_}", np.tile(minutes, (5, 1)), 8000)
    assert peak(ten) < 1.1 * peak(one) + 50_000


def stretched(path: Path, audio: Audio, stretch: Stretch, block_s: float = 10.0) -> tuple[AudioStream, np.ndarray]:
    stream = AudioStream(path, audio, block_s, stretch)
    empty = np.empty((len(stream.channels), 0), dtype=np.float32)
    samples = np.concatenate([empty, *stream.blocks()], axis=1)
    assert samples.shape[1] == stream.n_samples
    return stream, samples


STRETCHES = [(0, 100), (0, 24_001), (1, 2), (4607, 4609), (9_000, 30_000), (23_999, 50_000), (31_000, None), (0, None)]


@pytest.mark.parametrize("format_", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize("channel", ["each", "mix", 1])
def test_a_stretch_is_the_same_samples_of_the_whole_stream(write: Write, format_: str, channel: str | int) -> None:
    path = write(f"x.{format_}", noise(5, 8000, 2), 8000)
    audio = Audio(sample_rate=8000, channel=channel)
    _, whole = read(path, audio)
    for first, end in [*STRETCHES, (0, whole.shape[1]), (whole.shape[1] - 1, None), (3, whole.shape[1] + 999)]:
        stream, samples = stretched(path, audio, Stretch(first, end))
        np.testing.assert_array_equal(samples, whole[:, first:end])
        assert stream.ended == (end is None or end > whole.shape[1])


@pytest.mark.parametrize("format_", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize(("rate", "target"), [(11025, 8000), (44100, 8000), (8000, 24000), (48000, 2000), (12000, 100)])
def test_a_resampled_stretch_is_the_same_but_for_rounding(write: Write, format_: str, rate: int, target: int) -> None:
    seconds = 40 if target == 100 else 7
    path = write(f"x.{format_}", noise(seconds, rate), rate)
    audio = Audio(sample_rate=target)
    _, whole = read(path, audio)
    n = whole.shape[1]
    for first, end in [(0, n // 3), (n // 3, n // 2), (n // 2 + 7, n - 5), (n // 2, None), (n - 3, None), (7, n + 9)]:
        _, samples = stretched(path, audio, Stretch(first, end))
        assert samples.shape == whole[:, first:end].shape
        assert np.abs(samples - whole[:, first:end]).max() < 1e-6


@pytest.mark.parametrize("format_", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize("target", [8000, 11025])
def test_the_block_size_changes_no_bit_of_a_stretch(write: Write, format_: str, target: int) -> None:
    path, audio = write(f"x.{format_}", noise(6, 11025, 2), 11025), Audio(sample_rate=target)
    _, whole = stretched(path, audio, Stretch(20_000, 40_001), 100.0)
    assert whole.shape == (1, 20_001)
    for block_s in (0.01, 0.37, 2.0):
        np.testing.assert_array_equal(stretched(path, audio, Stretch(20_000, 40_001), block_s)[1], whole)


@pytest.mark.parametrize("format_", ["wav", "flac", "mp3", "ogg"])
@pytest.mark.parametrize("target", [8000, 11025])
def test_a_stretch_beyond_the_end_is_empty_and_says_that_the_recording_ended(
    write: Write, format_: str, target: int
) -> None:
    path, audio = write(f"x.{format_}", noise(2, 8000), 8000), Audio(sample_rate=target)
    for first, end in ((10 * target, 11 * target), (10 * target, None), (100 * target, 101 * target)):
        stream, samples = stretched(path, audio, Stretch(first, end))
        assert samples.shape == (1, 0)
        assert stream.ended


@pytest.mark.parametrize("target", [8000, 11025])
def test_faults_are_told_by_the_stretch_that_answers_for_them(write: Write, target: int) -> None:
    samples = noise(9, 8000, 2)
    samples[[0, 15_999, 16_000, 31_999, 32_001, 71_999], 0] = np.nan
    samples[:, 1] = 0
    samples[40_000, 1] = 1.0
    path, audio = write("x.wav", samples, 8000, subtype="FLOAT"), Audio(sample_rate=target, channel="each")
    counts, sounding = [], []
    for first in range(0, 72_000, 16_000):
        end = first + 16_000 if first + 16_000 < 72_000 else None
        bounds = [None if at is None else max(0, at) * target // 8000 for at in (first - 9_000, end and end + 9_000)]
        stream, _ = stretched(path, audio, Stretch(bounds[0], bounds[1], (first, end)))
        counts.append(stream.facts.n_absurd)
        sounding.append(stream.facts.sounding)
    assert counts == [2, 2, 1, 0, 1]
    assert sounding == [(True, n == 2) for n in range(5)]


def test_what_a_stretch_does_not_answer_for_is_mended_all_the_same(write: Write) -> None:
    samples = noise(2, 8000)
    samples[100:200] = np.inf
    path = write("x.wav", samples, 8000, subtype="FLOAT")
    stream, found = stretched(path, Audio(sample_rate=8000), Stretch(0, 8000, (8000, None)))
    assert stream.facts.n_absurd == 0
    assert not found[0, 100:200].any()
    assert found[0, 200:].any()


def test_a_stretch_counts_what_it_read_from_the_recording_s_start(write: Write) -> None:
    path = write("x.wav", noise(9, 8000), 8000)
    for stretch, n_read in ((Stretch(0, 100), 100), (Stretch(5000, 6000), 6000), (Stretch(5000, None), 72_000)):
        assert stretched(path, Audio(sample_rate=8000), stretch)[0].facts.n_read == n_read


def test_a_header_that_was_read_before_stands_for_its_file(write: Write) -> None:
    path = write("x.wav", noise(1))
    stream = AudioStream(read_header(path), ASIS)
    np.testing.assert_array_equal(np.concatenate(list(stream.blocks()), axis=1), read(path)[1])


def test_decoding_and_resampling_are_counted_apart(write: Write) -> None:
    path, clock = write("x.flac", noise(20)), Clock()
    list(AudioStream(path, Audio(sample_rate=11025), clock=clock).blocks())
    assert {stage for stage, seconds in clock.seconds.items() if seconds > 0} == {"decode", "resample"}


@pytest.mark.parametrize("subtype", ["DWVW_16", "DWVW_24"])
def test_a_coding_that_cannot_be_entered_in_its_midst_is_decoded_from_its_start(write: Write, subtype: str) -> None:
    path = write("x.aiff", noise(4, 8000), 8000, subtype=subtype)
    _, whole = read(path, Audio(sample_rate=8000))
    _, samples = stretched(path, Audio(sample_rate=8000), Stretch(9000, 20_000))
    np.testing.assert_array_equal(samples, whole[:, 9000:20_000])
