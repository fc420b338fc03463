"""What the scripts of the lecture share: their options, a recording as the program sees it, and their pictures."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from detector.audio.stream import AudioStream
from detector.drawing import check_picture, find_figure, save_picture
from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.frontend.scaling import Scale
from detector.recipe import Recipe

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"


def options(text: str, recording: str | None = None) -> argparse.Namespace:
    """Read `--plot`, and `--recording` where a script has a usual one, named by how its file name begins."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw it: .png, .svg or .pdf")
    if recording:
        (usual,) = RECORDINGS.glob(f"{recording}_*.flac")
        parser.add_argument("--recording", type=Path, default=usual, metavar="FILE", help="default: %(default)s")
    chosen = parser.parse_args()
    if chosen.plot:
        check_picture(chosen.plot, "--plot")
    return chosen


def samples_of(recording: Path, recipe: Recipe) -> Tensor:
    """Read a recording at a recipe's sample rate (1, sample)."""
    return torch.from_numpy(np.concatenate(list(AudioStream(recording, recipe.audio).blocks()), axis=1)[:1])


def spectrogram_of(samples: Tensor, recipe: Recipe) -> Tensor:
    """Give the scaled spectrogram (1, band, frame) of samples (1, sample), as the program computes it."""
    power = band_power(recipe, design(recipe))(samples)
    return Scale(recipe)(power)[0]


def window_of(recording: Path, recipe: Recipe) -> Tensor:
    """Give the scaled spectrogram (1, band, frame) of the first window of a recording."""
    return spectrogram_of(samples_of(recording, recipe), recipe)[..., : recipe.window_frames]


def figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (10.0, 5.0), **named: Any) -> tuple[Any, Any]:
    """Make a picture of some axes."""
    drawn = find_figure("--plot")(figsize=size, layout="constrained")
    return drawn, drawn.subplots(rows, columns, **named)


def image(axes: Any, values: Tensor, rate: float, title: str, most: float | None = None, **more: Any) -> Any:
    """Draw a spectrogram or a map (band, column), `rate` columns to the second, in colours from -`most` to `most`."""
    axes.set(title=title, xlabel="time (s)", ylabel="band")
    colours = {} if most is None else {"cmap": "RdBu_r", "vmin": -most, "vmax": most}
    extent = (0, values.shape[1] / rate, 0, values.shape[0])
    more = {"origin": "lower", "aspect": "auto", "interpolation": "nearest", "extent": extent} | colours | more
    return axes.imshow(values.numpy(), **more)


def save(drawn: Any, path: Path) -> None:
    """Write a picture, with letters that can be read on a slide."""
    for axes in drawn.axes:  # those of colour bars, too
        axes.tick_params(labelsize=12)
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            text.set_fontsize(14)
    save_picture(drawn, path)
    if path.suffix.lower() == ".png":
        from PIL import Image  # which matplotlib brings

        Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)  # a third of the bytes


def table(rows: Iterable[tuple[object, ...]]) -> str:
    """Write rows as text, columns one below the other."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells)


def sizes(shape: Iterable[int]) -> str:
    """Write a shape as text."""
    return " x ".join(f"{size:,}" for size in shape)
