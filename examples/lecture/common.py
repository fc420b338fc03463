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


def figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (10.0, 5.0), **named: Any) -> tuple[Any, Any]:
    """Make a picture of some axes, with letters that can be read on a slide."""
    drawn = find_figure("--plot")(figsize=size, layout="constrained")
    axes = drawn.subplots(rows, columns, **named)
    for one in np.atleast_1d(axes).flat:
        one.tick_params(labelsize=12)
        for text in (one.title, one.xaxis.label, one.yaxis.label):
            text.set_fontsize(14)
    return drawn, axes


def matrix(axes: Any, values: Tensor, title: str, window: int = 0) -> None:
    """Draw a matrix (row, column) with its numbers; frame its first `window` by `window` places."""
    low, high = float(values.min()), float(values.max())
    axes.imshow(
        values.numpy(), cmap="Blues", vmin=low, vmax=2 * high - low + 1
    )  # light, so that black numbers can be read
    for (row, column), value in np.ndenumerate(values.numpy()):
        axes.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=14)
    if window:
        left, right = -0.47, window - 0.53
        axes.plot([left, right, right, left, left], [left, left, right, right, left], color="C1", linewidth=4)
    axes.set(title=title, xlabel="column", ylabel="row", xticks=range(values.shape[1]), yticks=range(values.shape[0]))


def image(axes: Any, values: Tensor, times: tuple[float, float], title: str, **style: Any) -> None:
    """Draw a spectrogram or map (band, frame) from a first time to a last, s."""
    extent = (*times, 0, len(values))
    axes.imshow(values.numpy(), extent=extent, origin="lower", aspect="auto", interpolation="nearest", **style)
    axes.set(title=title, xlabel="time (s)", ylabel="band")


def connections(axes: Any, layers: list[Tensor], title: str) -> None:
    """Draw which outputs depend on which inputs, layer by layer (output, input); mark what the middle input reaches."""
    inputs = layers[0].shape[1]
    reached = torch.arange(inputs) == inputs // 2
    for level, layer in enumerate(layers):
        above, below = ((inputs - size) / 2 for size in layer.shape)
        for output, source in layer.nonzero().tolist():
            style = (
                {"color": "C1", "linewidth": 3, "zorder": 3} if reached[source] else {"color": "0.7", "linewidth": 1}
            )
            axes.plot([source + below, output + above], [level, level + 1], marker="o", **style)
        reached = layer[:, reached].any(dim=1)
    axes.set(title=f"{title}: an input\nreaches {int(reached.sum())} of {len(reached)} outputs", xlabel="unit")
    axes.set(ylabel="layer", yticks=range(len(layers) + 1), xticks=range(0, inputs, 2))


def save(drawn: Any, path: Path) -> None:
    """Write a picture; no letter is smaller than 12 points."""
    for text in drawn.findobj(lambda part: hasattr(part, "set_fontsize")):
        text.set_fontsize(max(12, text.get_fontsize()))
    save_picture(drawn, path)


def table(rows: Iterable[tuple[object, ...]]) -> str:
    """Write rows as text, columns one below the other, whole numbers with a comma for thousands."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells)
