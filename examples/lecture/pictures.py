"""How the lecture draws: spectrograms, matrices and layers, with letters that can be read on a slide."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from detector.drawing import find_figure, save_picture
from detector.errors import OutputError


def figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (10.0, 5.0), **named: Any) -> tuple[Any, Any]:
    """Make a picture of some axes."""
    drawn = find_figure("--plot")(figsize=size, layout="constrained")
    return drawn, drawn.subplots(rows, columns, **named)


def image(
    axes: Any, values: Tensor, rate: float, title: str, *, start: float = 0, most: float | None = None, **style: Any
) -> Any:
    """Draw a spectrogram or a map (band, column) from `start` on, s; with `most`, in colours from -`most` to `most`.

    `rate` is how many columns there are to the second.
    """
    axes.set(title=title, xlabel="time (s)", ylabel="band")
    extent = (start, start + values.shape[1] / rate, 0, len(values))
    colours = {"cmap": "Greys"} if most is None else {"cmap": "RdBu_r", "vmin": -most, "vmax": most}
    style = {"origin": "lower", "aspect": "auto", "interpolation": "nearest", "extent": extent} | colours | style
    return axes.imshow(values.numpy(), **style)


def box(axes: Any, corner: tuple[float, float], size: tuple[float, float], **style: Any) -> None:
    """Draw a box from its lower left corner (x, y), with a width and a height."""
    (x, y), (width, height) = corner, size
    axes.plot([x, x + width, x + width, x, x], [y, y, y + height, y + height, y], **style)


def matrix(axes: Any, values: Tensor, title: str, window: int = 0) -> None:
    """Draw a matrix (row, column) with its numbers; frame its first `window` by `window` places."""
    low, high = float(values.min()), float(values.max())
    light = 2 * high - low + 1  # black numbers can be read on it
    axes.imshow(values.numpy(), cmap="Blues", vmin=low, vmax=light)
    for (row, column), value in np.ndenumerate(values.numpy()):
        axes.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=14)
    if window:
        box(axes, (-0.47, -0.47), (window - 0.06, window - 0.06), color="C1", linewidth=4)
    axes.set(title=title, xlabel="column", ylabel="row", xticks=range(values.shape[1]), yticks=range(values.shape[0]))


def connections(axes: Any, layers: list[Tensor], title: str) -> None:
    """Draw which outputs depend on which inputs, layer by layer (output, input); mark what the middle input reaches."""
    inputs = layers[0].shape[1]
    reached = torch.arange(inputs) == inputs // 2
    for level, layer in enumerate(layers):
        above, below = ((inputs - size) / 2 for size in layer.shape)
        for output, source in layer.nonzero().tolist():
            color, width = ("C1", 3) if reached[source] else ("0.7", 1)
            places = [source + below, output + above]
            axes.plot(places, [level, level + 1], color=color, linewidth=width, zorder=width, marker="o")
        reached = layer[:, reached].any(dim=1)
    axes.set(title=f"{title}: an input\nreaches {int(reached.sum())} of {len(reached)} outputs", xlabel="unit")
    axes.set(ylabel="layer", yticks=range(len(layers) + 1), xticks=range(0, inputs, 2))


def save(drawn: Any, path: Path) -> None:
    """Write a picture; letters have at least 12 points, titles and names of axes 14."""
    for text in drawn.findobj(lambda part: hasattr(part, "set_fontsize")):
        text.set_fontsize(max(12, text.get_fontsize()))
    for axes in drawn.axes:  # those of colour bars, too
        axes.tick_params(labelsize=12)
        for text in (axes.title, axes.xaxis.label, axes.yaxis.label):
            text.set_fontsize(14)
    try:
        save_picture(drawn, path)
    except OutputError as error:
        raise SystemExit(str(error)) from error
    if path.suffix.lower() == ".png":
        from PIL import Image  # which matplotlib brings

        Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)  # a third of the bytes
