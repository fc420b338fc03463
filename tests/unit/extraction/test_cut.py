"""Cutting: a clip's power is that of the whole recording's stream, its state that of the scan; nothing is hoarded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.extraction.cut import ClipCutter, Piece
from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.frontend.scaling import Scale
from detector.frontend.stream import PowerStream, ScaleStream, tile_frames
from detector.recipe import Recipe
from tests.made import FRONTENDS, recipe, sound

MARGIN = 3
SECONDS = 16.03  # more than two tiles of 61,440 samples, and no whole number of frames


def recorded(n_channels: int = 1) -> NDArray[np.float32]:
    calls = [(2.0, 2.5, "low"), (7.5, 7.9, "high")]
    return np.stack([sound(SECONDS, calls, seed) for seed in range(n_channels)])


def in_blocks(samples: NDArray[np.float32], size: int = 5003) -> Iterator[NDArray[np.float32]]:
    for start in range(0, samples.shape[1], size):
        yield samples[:, start : start + size]


def streamed(made: Recipe, samples: NDArray[np.float32]) -> Tensor:
    """Give the power (channel, band, frame) that a scan of the whole recording sees."""
    stream = PowerStream(band_power(made, design(made)), len(samples), torch.device("cpu"))
    return torch.cat([*stream.push(torch.from_numpy(samples)), *stream.flush()], dim=-1)


def tile_of(made: Recipe) -> int:
    return tile_frames(band_power(made, design(made)).n_fft)


def cut(made: Recipe, samples: NDArray[np.float32], starts: Sequence[int]) -> list[Piece]:
    wanted = [(0, start - MARGIN) for start in starts]
    return list(ClipCutter(made, MARGIN).cut(in_blocks(samples), len(samples), wanted))


def places(made: Recipe, n_frames: int) -> list[int]:
    """Give windows at the start, round the border of two tiles, and at the end of a recording."""
    tile, length = tile_of(made), made.window_frames
    border = [start for start in (tile - length, tile - 1, tile + MARGIN) if start < n_frames]
    return [-length // 2, 0, 1, MARGIN, *border, n_frames - length, n_frames - 2]


@pytest.mark.parametrize("frontend", FRONTENDS)
def test_power_is_that_of_the_whole_recording_to_the_bit(frontend: str) -> None:
    made, samples = recipe(frontend), recorded()
    whole = streamed(made, samples)[0].numpy()
    starts = places(made, whole.shape[1])
    pieces = cut(made, samples, starts)
    assert [piece.number for piece in pieces] == list(range(len(starts)))
    for start, piece in zip(starts, pieces):
        frames = np.arange(start - MARGIN, start + made.window_frames + MARGIN)
        inside = (frames >= 0) & (frames < whole.shape[1])
        np.testing.assert_array_equal(piece.power[:, inside], whole[:, frames[inside]])
        heard = np.zeros(len(frames), dtype=bool)
        heard[piece.first_frame : piece.first_frame + piece.n_frames] = True
        np.testing.assert_array_equal(heard, inside)


@pytest.mark.parametrize("frontend", ["pcen", "background"])
def test_the_state_makes_scaled_frames_those_of_the_scan(frontend: str) -> None:
    made, samples = recipe(frontend), recorded()
    scale = Scale(made)
    scale.set_statistics(torch.rand(made.n_bands), torch.rand(made.n_bands) + 0.5)
    power = streamed(made, samples)
    stream = ScaleStream(scale)
    scanned = torch.cat([stream.push(tile) for tile in power.split(tile_of(made), dim=-1)], dim=-1)
    starts = places(made, power.shape[-1])
    for start, piece in zip(starts, cut(made, samples, starts)):
        assert piece.state is not None
        scaled, _ = scale(torch.from_numpy(piece.power)[None], torch.from_numpy(piece.state)[None])
        heard = slice(piece.first_frame, piece.first_frame + piece.n_frames)
        first = max(0, start - MARGIN)
        torch.testing.assert_close(
            scaled[0, :, heard], scanned[0, :, first : first + piece.n_frames], rtol=1e-5, atol=1e-5
        )


@pytest.mark.parametrize("frontend", ["mel", "waveform"])
def test_a_scaling_without_memory_has_no_state(frontend: str) -> None:
    (piece,) = cut(recipe(frontend), recorded(), [10])
    assert piece.state is None


def test_channels_do_not_mix() -> None:
    made, samples = recipe("pcen"), recorded(2)
    cutter = ClipCutter(made, MARGIN)
    wanted = [(0, 100), (1, 100), (1, 700)]
    pieces = list(cutter.cut(in_blocks(samples), 2, wanted))
    for piece, (channel, start) in zip(pieces, wanted):
        (alone,) = cutter.cut(in_blocks(samples[channel : channel + 1]), 1, [(0, start)])
        np.testing.assert_array_equal(piece.power, alone.power)
        np.testing.assert_array_equal(piece.state, alone.state)


def test_windows_beyond_the_end_are_left_out() -> None:
    made, samples = recipe(), recorded()
    n_frames = streamed(made, samples).shape[-1]
    pieces = cut(made, samples, [0, n_frames - 5, n_frames + MARGIN, n_frames + 1000])
    assert [piece.number for piece in pieces] == [0, 1]


def test_a_recording_shorter_than_a_window_gives_one_clip_with_zeros_after_it() -> None:
    made, samples = recipe(), recorded()[:, :2000]
    (piece,) = cut(made, samples, [0])
    assert (piece.first_frame, piece.n_frames) == (MARGIN, 16)
    assert not piece.power[:, MARGIN + 16 :].any()


def test_no_sound_gives_no_clip() -> None:
    assert cut(recipe("pcen"), recorded()[:, :0], [0]) == []


def test_nothing_is_decoded_after_the_last_clip() -> None:
    made, blocks = recipe(), in_blocks(np.tile(recorded(), 12))
    pieces = list(ClipCutter(made, MARGIN).cut(blocks, 1, [(0, 10)]))
    assert len(pieces) == 1
    assert sum(block.shape[1] for block in blocks) > 9 * SECONDS * made.audio.sample_rate
