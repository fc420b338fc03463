"""The spectrogram of a recording does not depend on the blocks in which its samples arrive, to the last bit."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from detector.frontend.bases import design
from detector.frontend.power import BandPower, band_power
from detector.frontend.scaling import Scale
from detector.frontend.stream import PowerStream, ScaleStream
from detector.recipe import Recipe

CPU = torch.device("cpu")
FRONTS: dict[str, dict[str, Any]] = {
    "mel, db": {"kind": "mel", "n_bands": 20},
    "mel, background": {"kind": "mel", "n_bands": 20, "background": 1.0},
    "mel, pcen": {"kind": "mel", "n_bands": 20, "scaling": "pcen"},
    "linear bins": {"kind": "linear", "n_fft": 500, "hop_length": 250},
    "linear bands": {"kind": "linear", "n_bands": 12, "scaling": "pcen"},
    "constant-Q": {"kind": "cqt", "n_bands": 24, "fmin": 200, "scaling": "pcen"},
    "constant-Q, short filters": {"kind": "cqt", "n_bands": 12, "fmin": 800, "hop_length": 1500},
    "waveform": {"kind": "waveform"},
}
few = settings(max_examples=12, deadline=None)
lengths = st.one_of(st.integers(1, 600), st.integers(601, 150_000))


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@cache
def front(name: str) -> tuple[Recipe, BandPower, Scale]:
    stage = {"kind": "conv1d" if name == "waveform" else "conv2d", "filters": 1}
    recipe = Recipe.model_validate(
        {"audio": {"sample_rate": 8000}, "frontend": FRONTS[name], "network": {"stage": [stage]}}
    )
    return recipe, band_power(recipe, design(recipe)), Scale(recipe)


def spectrogram(name: str, blocks: tuple[Tensor, ...]) -> Tensor:
    _, power, scale = front(name)
    stream, scaler = PowerStream(power, 1, CPU), ScaleStream(scale)
    tiles = [scaler.push(tile) for block in blocks for tile in stream.push(block)]
    tiles.extend(scaler.push(tile) for tile in stream.flush())
    return torch.cat(tiles, dim=-1)


def sound(n_samples: int) -> Tensor:
    return 0.1 * torch.randn(1, n_samples, generator=torch.Generator().manual_seed(n_samples))


@pytest.mark.parametrize("name", FRONTS)
@few
@given(n_samples=lengths, data=st.data())
def test_frames_are_the_same_to_the_bit_whatever_the_blocks(name: str, n_samples: int, data: st.DataObject) -> None:
    samples = sound(n_samples)
    cuts = data.draw(st.lists(st.integers(0, n_samples), max_size=6).map(sorted))
    blocks = samples.tensor_split(cuts, dim=-1)
    assert torch.equal(spectrogram(name, blocks), spectrogram(name, (samples,)))
    size = data.draw(st.integers(max(1, n_samples // 50), n_samples))
    assert torch.equal(spectrogram(name, samples.split(size, dim=-1)), spectrogram(name, (samples,)))


@pytest.mark.parametrize("name", FRONTS)
@few
@given(n_samples=lengths)
def test_a_recording_has_a_frame_for_every_hop_that_it_begins(name: str, n_samples: int) -> None:
    recipe, power, _ = front(name)
    frames = spectrogram(name, (sound(n_samples),))
    assert frames.shape == (1, recipe.n_bands, -(-n_samples // recipe.hop_length))
    assert power.count_frames(n_samples) == frames.shape[-1]


@pytest.mark.parametrize("name", FRONTS)
@few
@given(n_samples=lengths, more=st.integers(1, 50_000))
def test_a_longer_recording_begins_with_the_same_frames(name: str, n_samples: int, more: int) -> None:
    recipe, power, _ = front(name)
    longer = torch.cat([sound(n_samples), sound(more)], dim=-1)
    known = max(0, (n_samples - (power.n_fft - power.lead)) // recipe.hop_length + 1)  # see no sample beyond the end
    short = spectrogram(name, (longer[:, :n_samples],))
    long = spectrogram(name, (longer,))[..., : short.shape[-1]]
    torch.testing.assert_close(long[..., :known], short[..., :known], rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("name", FRONTS)
@pytest.mark.parametrize("n_samples", [1, 2, 100, 3000])
def test_silence_and_the_shortest_recordings_give_finite_frames(name: str, n_samples: int) -> None:
    assert spectrogram(name, (torch.zeros(1, n_samples),)).isfinite().all()
    assert spectrogram(name, (torch.ones(1, n_samples),)).isfinite().all()
