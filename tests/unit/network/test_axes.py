"""The axes of a spectrogram in ms and Hz, held against librosa's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.network.axes import Axes, empty_bands, mel, mel_to_hz
from detector.network.geometry import measure
from detector.network.layers import Reach
from detector.recipe import Mel, Recipe


def axes_of(**frontend: Any) -> Axes:
    kind = "conv1d" if frontend["kind"] == "waveform" else "conv2d"
    stage = {"kind": kind, "filters": 1}
    return Axes(Recipe.model_validate({"frontend": frontend, "network": {"stage": [stage]}}))


@settings(deadline=None)  # the first example imports librosa
@given(st.floats(0, 200_000))
def test_mel_is_librosas_and_goes_both_ways(hz: float) -> None:
    import librosa

    assert mel(hz) == pytest.approx(float(librosa.hz_to_mel(hz)), rel=1e-9, abs=1e-9)
    assert mel_to_hz(mel(hz)) == pytest.approx(hz, rel=1e-9, abs=1e-9)


def test_mel_bands_begin_and_end_half_way_in_mel_between_librosas_centres() -> None:
    import librosa

    axes = axes_of(kind="mel", n_bands=40, fmin=100, fmax=9000)
    corners = librosa.mel_frequencies(42, fmin=100, fmax=9000)
    for band in (0, 17, 39):
        below, centre, above = librosa.hz_to_mel(corners[band : band + 3])
        assert axes.edge_hz(band) == pytest.approx(librosa.mel_to_hz((below + centre) / 2))
        assert axes.edge_hz(band + 1) == pytest.approx(librosa.mel_to_hz((centre + above) / 2))


def test_fourier_bins_begin_half_a_bin_below_their_frequency() -> None:
    axes = axes_of(kind="linear", n_fft=1000, fmin=240)  # bins lie 24 Hz apart
    assert axes.edge_hz(0) == 228.0
    assert axes.edge_hz(axes.n_bands) == 12012.0


def test_linear_bands_are_even() -> None:
    axes = axes_of(kind="linear", n_fft=1000, fmin=0, fmax=11000, n_bands=10)  # centres lie 1000 Hz apart
    assert [axes.edge_hz(band) for band in (0, 1, 10)] == [500.0, 1500.0, 10500.0]


def test_constant_q_bands_are_even_in_octaves() -> None:
    axes = axes_of(kind="cqt", fmin=100, n_bands=60, bins_per_octave=12)
    assert axes.edge_hz(0.5) == pytest.approx(100)
    assert axes.edge_hz(24.5) == pytest.approx(400)


def test_a_waveform_has_no_frequencies() -> None:
    axes = axes_of(kind="waveform")
    assert axes.edge_hz(0) is None
    assert axes.field(Reach(), Reach(size=24), 1).hz is None
    assert axes.field(Reach(), Reach(size=24), 1).ms == (1.0, 1.0)


@pytest.mark.parametrize("bins_per_octave", [12, 16, 31])
def test_constant_q_frames_are_as_long_as_librosas_filters(bins_per_octave: int) -> None:
    import librosa

    axes = axes_of(kind="cqt", fmin=110, n_bands=50, bins_per_octave=bins_per_octave)
    frequencies = 110 * 2 ** (np.arange(50) / bins_per_octave)
    lengths, _ = librosa.filters.wavelet_lengths(freqs=frequencies, sr=24000)
    assert [axes.frame_samples(band) for band in range(50)] == pytest.approx(list(lengths))


def test_a_receptive_field_counts_the_samples_of_its_outer_frames() -> None:
    axes = axes_of(kind="mel", n_fft=1024, hop_length=480)
    seen = axes.field(Reach(), Reach(size=38, step=8), 128)
    assert seen.ms == pytest.approx((1000 * (37 * 480 + 1024) / 24000,) * 2)
    assert axes.step(Reach(), Reach(size=38, step=8), 128).ms == (160.0, 160.0)


def test_a_constant_q_field_is_longer_at_low_frequencies_and_wider_at_high_ones() -> None:
    axes = axes_of(kind="cqt", fmin=100, n_bands=60, bins_per_octave=12, hop_length=240)
    seen = axes.field(Reach(size=12), Reach(size=3), 49)
    assert seen.ms[0] - 20 == pytest.approx(16 * (seen.ms[1] - 20))  # four octaves apart, beside two hops of 10 ms
    assert seen.hz is not None
    assert seen.hz[1] == pytest.approx(16 * seen.hz[0])


def test_fields_on_a_linear_axis_are_equally_wide_everywhere() -> None:
    axes = axes_of(kind="linear", n_fft=1000, fmin=0)
    seen = axes.field(Reach(size=16, step=4), Reach(), 100)
    assert seen.hz == (16 * 24, 16 * 24)
    assert axes.step(Reach(size=16, step=4), Reach(), 100).hz == (4 * 24, 4 * 24)


def test_a_padded_field_is_cut_at_the_ends_of_the_bands() -> None:
    axes = axes_of(kind="linear", n_fft=1000, fmin=0)
    padded = measure(
        axes.recipe.model_copy(update={"network": axes.recipe.network.model_copy(update={"padding": "same"})})
    )
    assert padded.bands == Reach(3, 1, -1)
    seen = axes.field(padded.bands, padded.frames, axes.n_bands)
    assert seen.hz == (2 * 24, 2 * 24)


@pytest.mark.filterwarnings("ignore:Empty filters")
@pytest.mark.parametrize(("n_fft", "n_bands"), [(256, 128), (512, 128), (1024, 128), (512, 40), (2048, 256)])
def test_empty_mel_bands_are_those_whose_filter_librosa_leaves_empty(n_fft: int, n_bands: int) -> None:
    import librosa

    filters = librosa.filters.mel(sr=24000, n_fft=n_fft, n_mels=n_bands, fmin=50)
    assert empty_bands(Mel(n_fft=n_fft, n_bands=n_bands), 24000) == int((filters.max(axis=1) == 0).sum())
