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


@pytest.mark.parametrize("hop", [1, 10, 480, 5000])
def test_a_tile_spans_about_the_same_sound_whatever_the_hop(hop: int) -> None:
    assert tile_frames(hop) * hop <= TILE_SAMPLES or tile_frames(hop) == 32


def test_a_recording_of_no_samples_has_no_frames() -> None:
    stream = stream_of(recipe_of(kind="mel"))
    assert list(stream.push(torch.zeros(1, 0))) == []
    assert list(stream.flush()) == []


def test_tiles_come_as_soon_as_their_samples_are_there() -> None:
    recipe = recipe_of(kind="mel", n_fft=1024, hop_length=480)
    stream = stream_of(recipe)
    tile = tile_frames(480)
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
