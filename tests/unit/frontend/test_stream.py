"""Band power and scaling as streams: where tiles begin and end."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.frontend.scaling import Scale
from detector.frontend.stream import TILE_SAMPLES, PowerStream, ScaleStream, tile_frames
from detector.recipe import Recipe

CPU = torch.device("cpu")


def recipe_of(**frontend: Any) -> Recipe:
    kind = "conv1d" if frontend["kind"] == "waveform" else "conv2d"
    return Recipe.model_validate({"frontend": frontend, "network": {"stage": [{"kind": kind, "filters": 1}]}})


def stream_of(recipe: Recipe, n_channels: int = 1) -> PowerStream:
    return PowerStream(band_power(recipe, design(recipe)), n_channels, CPU)


@pytest.mark.parametrize("n_fft", [1, 10, 1024, 5000])
def test_the_frames_of_a_tile_hold_as_many_samples_whatever_their_length(n_fft: int) -> None:
    assert tile_frames(n_fft) * n_fft <= TILE_SAMPLES or tile_frames(n_fft) == 32


def test_a_recording_of_no_samples_has_no_frames() -> None:
    stream = stream_of(recipe_of(kind="mel"))
    assert list(stream.push(torch.zeros(1, 0))) == []
    assert list(stream.flush()) == []


def test_tiles_come_as_soon_as_their_samples_are_there() -> None:
    recipe = recipe_of(kind="mel", n_fft=1024, hop_length=480)
    stream = stream_of(recipe)
    tile = tile_frames(1024)
    enough = (tile - 1) * 480 + 1024 - 512
    assert list(stream.push(torch.zeros(1, enough - 1))) == []
    (first,) = stream.push(torch.zeros(1, 1))
    assert first.shape == (1, 128, tile)


def test_filters_shorter_than_the_hop_stay_on_the_grid() -> None:
    recipe = recipe_of(kind="cqt", n_bands=12, fmin=4000, hop_length=1500)
    samples = torch.randn(1, 130_000)
    whole, blocks = stream_of(recipe), stream_of(recipe)
    assert whole.power.n_fft < recipe.hop_length
    reference = torch.cat([*whole.push(samples), *whole.flush()], dim=-1)
    tiles = [tile for block in samples.split(1000, dim=-1) for tile in blocks.push(block)]
    assert torch.equal(torch.cat([*tiles, *blocks.flush()], dim=-1), reference)


def test_a_stream_keeps_less_than_a_tile_and_a_frame_of_samples() -> None:
    stream = stream_of(recipe_of(kind="mel", n_fft=1024, hop_length=480))
    for _ in range(40):
        list(stream.push(torch.randn(1, 10_000)))
        assert stream._kept.shape[-1] < TILE_SAMPLES + 1024


@pytest.mark.parametrize("frontend", [{"kind": "mel"}, {"kind": "linear", "n_fft": 501, "hop_length": 250}])
def test_tiles_in_a_row_are_the_power_of_the_whole_recording_with_zeros_around_it(frontend: dict[str, Any]) -> None:
    stream = stream_of(recipe_of(**frontend))
    power = stream.power
    samples = torch.randn(1, 200_000)
    tiles = torch.cat([*stream.push(samples), *stream.flush()], dim=-1)
    padded = torch.nn.functional.pad(samples, (power.lead, power.n_fft))
    torch.testing.assert_close(tiles, power(padded)[..., : power.count_frames(200_000)])


def test_channels_are_streams_of_their_own() -> None:
    recipe = recipe_of(kind="mel", n_bands=16)
    samples = torch.randn(2, 30_000)
    both = stream_of(recipe, 2)
    together = torch.cat([*both.push(samples), *both.flush()], dim=-1)
    for n in range(2):
        alone = stream_of(recipe)
        torch.testing.assert_close(torch.cat([*alone.push(samples[n : n + 1]), *alone.flush()], dim=-1)[0], together[n])


def test_the_slow_mean_goes_on_from_tile_to_tile() -> None:
    recipe = recipe_of(kind="mel", n_bands=16, scaling="pcen")
    scale = Scale(recipe)
    power = torch.rand(1, 16, 300)
    stream = ScaleStream(scale)
    tiles = torch.cat([stream.push(tile) for tile in power.split(64, dim=-1)], dim=-1)
    torch.testing.assert_close(tiles, scale(power)[0], rtol=1e-5, atol=1e-5)
    assert not torch.allclose(tiles[..., 64:128], scale(power[..., 64:128])[0])


def test_each_recording_starts_afresh() -> None:
    scale = Scale(recipe_of(kind="mel", n_bands=16, scaling="pcen"))
    power = torch.rand(1, 16, 50)
    first = ScaleStream(scale)
    first.push(100 * power)
    assert torch.equal(ScaleStream(scale).push(power), scale(power)[0])


ENTERED = [
    {"kind": "mel"},
    {"kind": "linear", "n_fft": 501, "hop_length": 250},
    {"kind": "cqt", "n_bands": 12, "fmin": 4000, "hop_length": 1500},
    {"kind": "waveform"},
]


def entered(recipe: Recipe, samples: torch.Tensor, first: int, end: int | None, size: int = 3001) -> torch.Tensor:
    """Give the frames from `first` on, out of samples that begin where the stream wants them."""
    power = band_power(recipe, design(recipe))
    stream = PowerStream(power, 1, CPU, first)
    last = None if end is None else (end - 1) * power.hop_length - power.lead + power.n_fft
    tiles = [
        tile for block in samples[:, stream.first_sample : last].split(size, dim=-1) for tile in stream.push(block)
    ]
    return torch.cat([*tiles, *stream.flush(end)], dim=-1)


@pytest.mark.parametrize("frontend", ENTERED)
@pytest.mark.parametrize(("first", "end"), [(0, None), (1, None), (7, 60), (0, 61), (59, 60), (33, None)])
def test_frames_from_the_midst_of_a_recording_are_those_of_the_whole(
    frontend: dict[str, Any], first: int, end: int | None
) -> None:
    recipe = recipe_of(**frontend)
    samples = torch.randn(1, 130_000, generator=torch.Generator().manual_seed(0))
    whole = stream_of(recipe)
    reference = torch.cat([*whole.push(samples), *whole.flush()], dim=-1)
    found = entered(recipe, samples, first, end)
    torch.testing.assert_close(found, reference[..., first:end], rtol=1e-5, atol=1e-7)
    assert torch.equal(entered(recipe, samples, first, end, size=100_000), found)


def test_a_frame_that_sees_samples_before_the_recording_sees_zeros_there() -> None:
    recipe = recipe_of(kind="mel", n_fft=1024, hop_length=100)
    samples = torch.randn(1, 5000)
    assert [PowerStream(stream_of(recipe).power, 1, CPU, first).first_sample for first in (0, 5, 6)] == [0, 0, 88]
    whole = stream_of(recipe)
    reference = torch.cat([*whole.push(samples), *whole.flush()], dim=-1)
    torch.testing.assert_close(entered(recipe, samples, 3, None), reference[..., 3:], rtol=1e-5, atol=1e-7)


def test_frames_beyond_the_samples_are_over_zeros_as_many_as_are_asked_for() -> None:
    recipe = recipe_of(kind="mel", n_bands=16)
    samples = torch.randn(1, 5000)
    stream = stream_of(recipe)
    frames = torch.cat([*stream.push(samples), *stream.flush(40)], dim=-1)
    assert frames.shape[-1] == 40
    assert frames[..., :11].min() > 0
    assert not frames[..., 12:].any()


@pytest.mark.parametrize("frontend", [{"scaling": "pcen"}, {"background": 0.3}])
def test_a_slow_mean_that_began_where_it_settles_is_that_of_the_whole_recording(frontend: dict[str, Any]) -> None:
    scale = Scale(recipe_of(kind="mel", n_bands=16, **frontend))
    generator = torch.Generator().manual_seed(0)
    power = torch.empty(1, 16, scale.settled + 500).exponential_(generator=generator)
    power[..., :300] *= 1e6
    whole = ScaleStream(scale).push(power)[..., 300:]
    later = ScaleStream(scale).push(power[..., 300:])
    torch.testing.assert_close(later[..., -200:], whole[..., -200:], rtol=1e-5, atol=1e-5)
    soon = scale.settled // 4
    assert not torch.allclose(later[..., :soon], whole[..., :soon], rtol=1e-3, atol=1e-3)
