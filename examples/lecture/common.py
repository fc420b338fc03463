"""What the scripts of the lecture share: their options, a recording as the program sees it, and tables."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from detector.audio.stream import AudioStream
from detector.drawing import check_picture
from detector.errors import ConfigurationError, RecordingError
from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.frontend.scaling import Scale
from detector.recipe import Recipe

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
# the worked example
INPUT = torch.tensor([[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1.0]])


def options(text: str, recording: str | None = None) -> argparse.Namespace:
    """Read `--plot`, and `--recording` where a script has a usual one, named by how its file name begins."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it: .png, .svg or .pdf")
    if recording:
        (usual,) = RECORDINGS.glob(f"{recording}_*.flac")
        parser.add_argument("--recording", type=Path, default=usual, metavar="FILE", help="default: %(default)s")
    chosen = parser.parse_args()
    try:
        if chosen.plot:
            check_picture(chosen.plot, "--plot")
    except ConfigurationError as error:
        parser.error(str(error))
    return chosen


def samples_of(recording: Path, recipe: Recipe, least: float = 0.0) -> Tensor:
    """Read a recording, of this many seconds at least, at a recipe's sample rate (1, sample)."""
    try:
        samples = np.concatenate(list(AudioStream(recording, recipe.audio).blocks()), axis=1)[:1]
    except RecordingError as error:
        raise SystemExit(str(error)) from error
    seconds = samples.shape[1] / recipe.audio.sample_rate
    if seconds < least:
        raise SystemExit(f"--recording: {recording}: lasts {seconds:.3g} s; needed are {least:g} s at least")
    return torch.from_numpy(samples)


def spectrogram_of(samples: Tensor, recipe: Recipe) -> Tensor:
    """Give the scaled spectrogram (1, band, frame) of samples (1, sample), as the program computes it."""
    power = band_power(recipe, design(recipe))(samples)
    return Scale(recipe)(power)[0]


def window_of(recording: Path, recipe: Recipe) -> Tensor:
    """Give the scaled spectrogram (1, band, frame) of the first window of a recording."""
    samples = samples_of(recording, recipe, least=recipe.window.duration)
    return spectrogram_of(samples, recipe)[..., : recipe.window_frames]


def table(rows: Iterable[tuple[object, ...]]) -> str:
    """Write rows as text, columns one below the other; 1,000 has a comma, and a fraction three digits."""
    formats = {int: ",", float: ".3g"}
    cells = [[format(cell, formats.get(type(cell), "")) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells)


def sizes(shape: Iterable[int]) -> str:
    """Write a shape as text."""
    return " x ".join(f"{size:,}" for size in shape)
