"""What the scripts of the lecture share: their options, a recording as the program sees it, and their pictures."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from detector.audio.stream import AudioStream
from detector.clock import Clock
from detector.drawing import check_picture, find_figure, save_picture
from detector.errors import ConfigurationError, OutputError, RecordingError
from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.frontend.scaling import Scale
from detector.model import Model, load_model
from detector.network.geometry import Layer
from detector.network.stages import Trunk
from detector.presets import find_folder
from detector.recipe import Recipe
from detector.scanning.engine import Scores, SharedEngine, WindowEngine
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.trunks import trunk_runner

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


def trunk_up_to(model: Model, layer: Layer) -> Trunk:
    """Build the model's trunk up to a layer, with its weights."""
    network, (n, *pool) = model.recipe.network, layer.name.removeprefix("network.stage.").split(".")
    *below, last = network.stage[: int(n) + 1]
    last = last if pool else last.model_copy(update={"pool": None})
    trunk = Trunk(network.model_copy(update={"stage": (*below, last)}), model.recipe.n_bands).eval()
    weights = model.network.trunk.state_dict()
    trunk.load_state_dict({name: weights[name] for name in trunk.state_dict()})
    return trunk


def shipped_model(recording: Path) -> tuple[Model, Tensor]:
    """Load the model call-activity; give it with a recording as it sees it (band, frame)."""
    model = load_model(find_folder("call-activity")).requires_grad_(False)
    return model, model.scale(model.power(samples_of(recording, model.recipe, least=3)))[0][0]


def scan(model: Model, spectrogram: Tensor, engine: EngineName) -> tuple[Scores, float]:
    """Score a recording's windows, one every 0.2 s (window, column, label); give the trunk's time, too, s."""
    layout, clock = lay_out(model.recipe, 0.2, engine), Clock()
    kind = SharedEngine if engine == "shared" else WindowEngine
    scorer = kind(model, layout, trunk_runner(model, layout.step, "float32"), clock)
    pushed = scorer.push(nn.functional.pad(spectrogram, (-layout.grid.first, 0)))
    scores = np.concatenate([*pushed, *scorer.finish(layout.grid.count(spectrogram.shape[1]))])
    return scores, clock.seconds["trunk"]


def figure(rows: int = 1, columns: int = 1, size: tuple[float, float] = (10.0, 5.0), **named: Any) -> tuple[Any, Any]:
    """Make a picture of some axes, with letters that can be read on a slide."""
    drawn = find_figure("--plot")(figsize=size, layout="constrained")
    axes = drawn.subplots(rows, columns, **named)
    for one in np.atleast_1d(axes).flat:
        one.tick_params(labelsize=12)
        for text in (one.title, one.xaxis.label, one.yaxis.label):
            text.set_fontsize(14)
    return drawn, axes


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
            color, width = ("C1", 3) if reached[source] else ("0.7", 1)
            places = [source + below, output + above]
            axes.plot(places, [level, level + 1], color=color, linewidth=width, zorder=width, marker="o")
        reached = layer[:, reached].any(dim=1)
    axes.set(title=f"{title}: an input\nreaches {int(reached.sum())} of {len(reached)} outputs", xlabel="unit")
    axes.set(ylabel="layer", yticks=range(len(layers) + 1), xticks=range(0, inputs, 2))


def save(drawn: Any, path: Path) -> None:
    """Write a picture; no letter is smaller than 12 points."""
    for text in drawn.findobj(lambda part: hasattr(part, "set_fontsize")):
        text.set_fontsize(max(12, text.get_fontsize()))
    try:
        save_picture(drawn, path)
    except OutputError as error:
        raise SystemExit(str(error)) from error


def table(rows: Iterable[tuple[object, ...]]) -> str:
    """Write rows as text, columns one below the other; 1,000 has a comma, and a fraction three digits."""
    formats = {int: ",", float: ".3g"}
    cells = [[format(cell, formats.get(type(cell), "")) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths)) for row in cells)
