"""The linear half of the front ends, held against librosa on noise and on a real recording."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.frontend.bases import design
from detector.frontend.power import BandPower, ConstantQPower, FilterBank, FourierPower, Samples, band_power
from detector.frontend.stream import PowerStream
from detector.recipe import Recipe

SAMPLE_RATE = 24000


def front(**frontend: Any) -> tuple[Recipe, BandPower]:
    stage = {"kind": "conv1d" if frontend["kind"] == "waveform" else "conv2d", "filters": 1}
    recipe = Recipe.model_validate(
        {"audio": {"sample_rate": SAMPLE_RATE}, "frontend": frontend, "network": {"stage": [stage]}}
    )
    return recipe, band_power(recipe, design(recipe))


def power_of(samples: NDArray[Any] | Tensor, power: BandPower) -> Tensor:
    """Give the power (band, frame) of a whole recording, through the stream."""
    stream = PowerStream(power, 1, torch.device("cpu"))
    block = torch.as_tensor(np.asarray(samples), dtype=torch.float32)[None]
    return torch.cat([*stream.push(block), *stream.flush()], dim=-1)[0]


def noise(seconds: float = 3.0, seed: int = 0) -> NDArray[Any]:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * SAMPLE_RATE)).astype(np.float32)


@pytest.fixture(scope="module")
def owl(data: Path) -> NDArray[Any]:
    """Give eight seconds of a field recording at 24 kHz."""
    path = sorted((data / "boobook").rglob("*.flac"))[0]
    samples, sample_rate = soundfile.read(path, frames=8 * SAMPLE_RATE, dtype="float32", always_2d=True)
    assert sample_rate == SAMPLE_RATE
    return samples[:, 0]


def assert_agrees(mine: Tensor, reference: NDArray[Any]) -> None:
    """Compare in each band with what it holds at most: 1e-4 of it is allowed."""
    reference = reference[:, : mine.shape[1]]
    assert mine.shape == reference.shape
    assert np.abs(mine.numpy() - reference).max() <= 1e-4 * reference.max()
    np.testing.assert_allclose(mine.numpy(), reference, rtol=1e-4, atol=1e-6 * reference.max())


@pytest.mark.parametrize("source", ["noise", "owl"])
def test_mel_power_is_librosas_mel_spectrogram(source: str, request: pytest.FixtureRequest) -> None:
    import librosa

    samples = noise() if source == "noise" else request.getfixturevalue("owl")
    _, power = front(kind="mel", n_fft=1024, hop_length=480, n_bands=64, fmin=100, fmax=11000)
    reference = librosa.feature.melspectrogram(
        y=samples, sr=SAMPLE_RATE, n_fft=1024, hop_length=480, n_mels=64, fmin=100, fmax=11000, pad_mode="constant"
    )
    assert_agrees(power_of(samples, power), reference)


@pytest.mark.parametrize("n_fft", [512, 1000, 1023])
def test_linear_power_is_the_square_of_librosas_fourier_transform(n_fft: int) -> None:
    import librosa

    samples = noise(1.0)
    recipe, power = front(kind="linear", n_fft=n_fft, hop_length=240, fmin=1000, fmax=8000)
    whole = np.abs(librosa.stft(samples, n_fft=n_fft, hop_length=240, pad_mode="constant")) ** 2
    hz = np.arange(n_fft // 2 + 1) * SAMPLE_RATE / n_fft
    kept = whole[(hz >= 1000) & (hz <= 8000)]
    assert recipe.n_bands == len(kept)
    assert_agrees(power_of(samples, power), kept)


def test_linear_bands_sum_to_the_power_of_their_bins() -> None:
    _, bands = front(kind="linear", n_fft=1000, hop_length=500, n_bands=11, fmin=0, fmax=12000)
    _, bins = front(kind="linear", n_fft=1000, hop_length=500, fmin=0)
    samples = noise(1.0)
    inner = power_of(samples, bins)[42:459].sum(dim=0)  # 1008 to 10992 Hz, between the centres of the outer bands
    assert (power_of(samples, bands).sum(dim=0) >= inner).all()
    assert isinstance(bands, FilterBank)
    weights = bands.filters.sum(dim=0)
    torch.testing.assert_close(weights[42:459], torch.ones(417))


@pytest.mark.parametrize("source", ["noise", "owl"])
def test_constant_q_magnitudes_follow_librosas(source: str, request: pytest.FixtureRequest) -> None:
    import librosa

    samples = noise() if source == "noise" else request.getfixturevalue("owl")
    _, power = front(kind="cqt", n_bands=72, bins_per_octave=12, fmin=100, hop_length=480)
    mine = power_of(samples, power).sqrt().numpy()
    reference = np.abs(librosa.cqt(samples, sr=SAMPLE_RATE, hop_length=480, fmin=100, n_bins=72, pad_mode="constant"))
    reference = reference[:, : mine.shape[1]]
    assert np.corrcoef(mine.ravel(), reference.ravel())[0, 1] > 0.99
    assert (mine.sum() / reference.sum()) == pytest.approx(1, abs=0.02)


def harmonics(fundamental: float, seconds: float = 1.0) -> NDArray[Any]:
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return sum((np.sin(2 * np.pi * n * fundamental * times) / n for n in (1, 2, 3, 4)), np.zeros(len(times)))


def pattern(power: BandPower, fundamental: float) -> NDArray[Any]:
    """Give the level of each band in the middle of a steady sound, in dB over 40 dB."""
    frames = power_of(harmonics(fundamental), power)
    level = 10 * np.log10(frames[:, frames.shape[1] // 2].numpy() + 1e-12)
    return np.maximum(level, level.max() - 40)


def shifted_correlations(low: NDArray[Any], high: NDArray[Any], shifts: range) -> dict[int, float]:
    return {n: float(np.corrcoef(low[: len(low) - n], high[n:])[0, 1]) for n in shifts}


def test_on_a_constant_q_axis_harmonics_keep_their_pattern_and_move() -> None:
    bins_per_octave = 19  # 5 bands are a factor of 1.2001
    _, power = front(kind="cqt", n_bands=76, bins_per_octave=bins_per_octave, fmin=60, hop_length=480)
    shift = round(np.log2(1.2) * bins_per_octave)
    found = shifted_correlations(pattern(power, 100), pattern(power, 120), range(20))
    assert max(found, key=lambda n: found[n]) == shift == 5
    assert found[shift] > 0.99


def test_on_a_linear_axis_harmonics_change_their_pattern() -> None:
    _, power = front(kind="linear", n_fft=2400, hop_length=480, fmin=0, fmax=1000)  # bins 10 Hz apart
    found = shifted_correlations(pattern(power, 100), pattern(power, 120), range(20))
    assert max(found.values()) < 0.8


def test_power_is_additive() -> None:
    _, power = front(kind="mel", n_bands=16)
    one, other = noise(20, seed=1), 2 * noise(20, seed=2)
    together = power_of(one + other, power).mean(dim=1)
    apart = (power_of(one, power) + power_of(other, power)).mean(dim=1)
    torch.testing.assert_close(together, apart, rtol=0.1, atol=0)


FRONTS: list[dict[str, Any]] = [
    {"kind": "mel", "n_bands": 20},
    {"kind": "linear"},
    {"kind": "linear", "n_bands": 12},
    {"kind": "cqt", "n_bands": 30, "fmin": 200},
]


@pytest.mark.parametrize("frontend", FRONTS)
def test_power_grows_with_the_square_of_amplitude(frontend: dict[str, Any]) -> None:
    _, power = front(**frontend)
    torch.testing.assert_close(power_of(3 * noise(0.5), power), 9 * power_of(noise(0.5), power))


@pytest.mark.parametrize("frontend", FRONTS)
def test_a_tone_is_strongest_where_its_band_is_and_when_it_sounds(frontend: dict[str, Any]) -> None:
    from detector.network.axes import Axes

    recipe, power = front(**frontend)
    samples = np.zeros(SAMPLE_RATE, dtype=np.float32)
    samples[8000:16000] = np.sin(2 * np.pi * 870 * np.arange(8000) / SAMPLE_RATE)
    frames = power_of(samples, power)
    band, frame = divmod(int(frames.argmax()), frames.shape[1])
    low, high = Axes(recipe).edge_hz(band), Axes(recipe).edge_hz(band + 1)
    assert low is not None
    assert high is not None
    assert low <= 870 <= high
    assert 8000 <= frame * recipe.hop_length <= 16000


@pytest.mark.parametrize("frontend", FRONTS)
def test_a_frame_is_centred_on_its_place(frontend: dict[str, Any]) -> None:
    recipe, power = front(**frontend)
    samples = np.zeros(SAMPLE_RATE, dtype=np.float32)
    samples[24 * recipe.hop_length] = 1.0
    assert int(power_of(samples, power).sum(dim=0).argmax()) == 24


@pytest.mark.parametrize("frontend", FRONTS)
def test_a_frame_does_not_depend_on_samples_beyond_its_own(frontend: dict[str, Any]) -> None:
    recipe, power = front(**frontend)
    samples = noise(1.0)
    changed = samples.copy()
    end = 20 * recipe.hop_length + power.n_fft - power.lead  # the first sample that frame 20 does not see
    changed[end:] += 1.0
    assert torch.equal(power_of(changed, power)[:, :21], power_of(samples, power)[:, :21])


def test_the_waveform_is_passed_on_as_it_is() -> None:
    recipe, power = front(kind="waveform")
    assert isinstance(power, Samples)
    samples = noise(0.3)
    assert torch.equal(power_of(samples, power), torch.from_numpy(samples)[None])
    assert recipe.n_bands == 1


def test_a_front_end_has_the_bands_that_its_recipe_counts() -> None:
    for frontend in FRONTS:
        recipe, power = front(**frontend)
        assert power_of(noise(0.1), power).shape[0] == recipe.n_bands


def test_filters_are_designed_for_what_needs_them_and_travel_with_the_weights() -> None:
    assert isinstance(front(kind="linear")[1], FourierPower)
    assert design(front(kind="linear")[0]).numel() == 0
    assert "filters" not in front(kind="linear")[1].state_dict()
    for frontend in FRONTS[2:]:
        recipe, power = front(**frontend)
        assert set(power.state_dict()) == {"filters"}
        assert torch.equal(power.state_dict()["filters"], design(recipe))


def test_constant_q_frames_are_long_enough_for_the_lowest_filter() -> None:
    from detector.network.axes import Axes

    recipe, power = front(kind="cqt", n_bands=30, fmin=200)
    assert isinstance(power, ConstantQPower)
    assert power.n_fft >= Axes(recipe).frame_samples(0) > power.n_fft / 2


@pytest.mark.parametrize("frontend", [{"kind": "mel", "n_bands": 128}, {"kind": "linear", "n_bands": 40}])
def test_filters_without_their_zeros_give_what_all_of_them_give(frontend: dict[str, Any]) -> None:
    _, power = front(**frontend)
    samples = torch.from_numpy(np.stack([noise(seed=1), noise(seed=2)]))
    dense = power.filters.double() @ FourierPower.forward(power, samples).double()
    assert ((power(samples) - dense).abs() <= 1e-6 * dense).all()


def test_filters_that_are_loaded_take_the_place_of_those_designed() -> None:
    _, power = front(kind="mel", n_bands=20)
    samples = torch.from_numpy(noise(0.5))[None]
    before = power(samples)
    power.load_state_dict({"filters": 3 * power.filters})
    torch.testing.assert_close(power(samples), 3 * before)
