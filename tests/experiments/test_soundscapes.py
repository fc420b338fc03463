"""Made sounds: what the tables say is what is heard, and the same seed says the same."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.fft import next_fast_len
from soundscapes import (
    CALLS,
    LAYERS,
    RATE,
    SCENES,
    Cue,
    backdrop,
    coloured,
    decibels,
    distance,
    mix,
    phrase,
    write_examples,
    write_flac,
)

RECORDINGS = Path(__file__).resolve().parents[2] / "examples" / "recordings"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def tables(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.txt")}


def band(sound: np.ndarray, low: float, high: float) -> np.ndarray:
    """Cut a band out with a brick wall."""
    n = next_fast_len(len(sound), real=True)
    shape, hz = np.fft.rfft(sound, n), np.fft.rfftfreq(n, 1 / RATE)
    return np.fft.irfft(np.where((hz >= low) & (hz <= high), shape, 0), n)[: len(sound)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_examples(folder)
    return folder


def test_the_committed_recordings_are_those_that_the_script_makes(made: Path) -> None:
    assert tables(made) == tables(RECORDINGS)
    assert {path.stem for path in RECORDINGS.glob("*.flac")} == set(SCENES)
    for name in SCENES:
        committed, _ = soundfile.read(RECORDINGS / f"{name}.flac", dtype="int16")
        again, _ = soundfile.read(made / f"{name}.flac", dtype="int16")
        # The last bit of a sine is the processor's own; all else is not.
        assert np.abs(committed.astype(int) - again.astype(int)).max() <= 1, name


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    for path in (tmp_path / "one.flac", tmp_path / "two.flac"):
        rng = np.random.default_rng(3)
        cues = [Cue(phrase(rng, CALLS[kind]), 4.0 * i, 10, kind, kind) for i, kind in enumerate(CALLS)]
        write_flac(path, mix(0.01 * backdrop(rng, 20 * RATE), cues)[0])
    assert (tmp_path / "one.flac").read_bytes() == (tmp_path / "two.flac").read_bytes()


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("snr_db", [-3.0, 12.0, 30.0])
def test_a_call_stands_over_the_background_in_its_band_by_what_was_asked(kind: str, snr_db: float) -> None:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        background = 0.01 * coloured(rng, 6 * RATE, tilt=3)
        sound, (call,) = mix(background, [Cue(CALLS[kind](rng), 2.5, snr_db, kind, kind)])
        start, end = round(call.start_s * RATE), round(call.end_s * RATE)
        heard = band(sound - background, call.low_hz, call.high_hz)[start:end]
        noise = band(background, call.low_hz, call.high_hz)[max(0, start - RATE) : end + RATE]
        measured = 10 * np.log10(np.mean(heard**2) / np.mean(noise**2))
        assert measured == pytest.approx(snr_db, abs=1), (seed, call)


@pytest.mark.parametrize("kind", CALLS)
def test_an_annotation_is_tight_on_its_call(kind: str) -> None:
    for seed in range(4):
        rng = np.random.default_rng(seed)
        background = 0.001 * coloured(rng, 6 * RATE, tilt=0)
        maker = CALLS[kind]
        cue = Cue(np.convolve(phrase(rng, maker) if seed % 2 else maker(rng), distance(rng, 0.1)), 1.5, 30, kind, kind)
        sound, (call,) = mix(background, [cue])
        power = (sound - background) ** 2
        start, end = round(call.start_s * RATE), round(call.end_s * RATE)
        assert power[start:end].sum() > 0.97 * power.sum()
        loudest = np.convolve(power, np.ones(240) / 240, "same").max()
        for edge in (power[start : start + 480], power[end - 480 : end]):  # within 20 ms of either edge it is heard
            assert edge.max() > loudest / 300
        heard = np.flatnonzero(power[start:end] > loudest / 1000)
        assert np.diff(heard).max() < 0.2 * RATE
        assert 0.04 < call.end_s - call.start_s < 3.5
        inside = band(sound - background, call.low_hz, call.high_hz)
        assert (inside**2).sum() > 0.95 * power.sum()


def test_a_call_near_the_noise_is_annotated_only_where_it_rises_over_it() -> None:
    fading = np.sin(2 * np.pi * 3000 * np.arange(RATE) / RATE) * np.exp(-np.arange(RATE) / RATE * 4)
    background = 0.01 * coloured(np.random.default_rng(1), 4 * RATE, tilt=0)
    faint, clear = (mix(background, [Cue(fading, 1, snr_db, "", "")])[1][0] for snr_db in (-3, 20))
    assert clear.end_s - 1 == pytest.approx(np.log(10) / 4, abs=0.01)  # 20 dB below its start
    assert faint.end_s - 1 == pytest.approx(np.log(10) / 8, abs=0.01)  # 10 dB below


def test_a_call_at_the_end_is_cut_off_with_the_recording() -> None:
    background = coloured(np.random.default_rng(1), RATE, tilt=0)
    sound, (call,) = mix(background, [Cue(np.sin(np.arange(RATE)), 0.7, 20, "", "")])
    assert len(sound) == RATE
    assert call.end_s == pytest.approx(1.0, abs=0.002)


@pytest.mark.parametrize("name", LAYERS)
def test_a_background_has_unit_power_and_nothing_but_numbers(name: str) -> None:
    for seed in range(3):
        sound = LAYERS[name](np.random.default_rng(seed), 4 * RATE)
        assert len(sound) == 4 * RATE
        assert np.mean(sound**2) == pytest.approx(1)


def test_example_tables_agree_with_their_recordings() -> None:
    for path in sorted(RECORDINGS.glob("*.flac")):
        sound, rate = soundfile.read(path)
        info = soundfile.info(path)
        assert (rate, info.channels, info.subtype) == (RATE, 1, "PCM_16")
        assert 8 <= info.duration <= 20
        rows = table(path.with_name(path.stem + ".Table.1.selections.txt"))
        assert path.stem.startswith("empty") == (not rows)
        free = np.ones(len(sound), dtype=bool)
        spans = [(round(float(r["Begin Time (s)"]) * rate), round(float(r["End Time (s)"]) * rate)) for r in rows]
        for start, end in spans:
            assert 0 <= start < end <= len(sound)
            free[max(0, start - rate // 10) : end + rate // 10] = False
        for row, (start, end) in zip(rows, spans):
            inside = band(sound, float(row["Low Freq (Hz)"]), float(row["High Freq (Hz)"])) ** 2
            assert inside[start:end].mean() > 30 * np.median(inside[free]), (path.name, row)


def test_the_example_recordings_serve_as_a_small_training_set() -> None:
    rows = {path.name: table(path) for path in RECORDINGS.glob("*.txt")}
    labels = [row["Annotation"] for found in rows.values() for row in found if row["View"].startswith("Spectrogram")]
    assert {label: labels.count(label) for label in CALLS} == dict.fromkeys(CALLS, 12)
    assert any(row["View"] == "Waveform 1" for found in rows.values() for row in found)
    assert sum(path.stat().st_size for path in RECORDINGS.iterdir()) < 1_000_000


def test_loud_sound_is_turned_down_not_clipped(tmp_path: Path) -> None:
    tone = 3 * np.sin(np.arange(RATE) / 50).astype(np.float32)
    write_flac(tmp_path / "loud.flac", tone)
    sound, _ = soundfile.read(tmp_path / "loud.flac")
    assert np.allclose(sound, tone / np.abs(tone).max(), atol=decibels(-80))
