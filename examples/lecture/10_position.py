"""Pitch has a meaning, but a convolution cannot tell it: the same pattern higher up gives the same map, higher up.

A position channel, which rises from the lowest band to the highest, tells it; `network.position` in a recipe adds it.
`python examples/lecture/10_position.py [--recording FILE] [--plot FILE]`
"""

from __future__ import annotations

import torch
from common import options, table, window_of
from pictures import figure, image, save
from torch import Tensor

from detector.network.trunk import Trunk
from detector.presets import find_recipe
from detector.recipe import Network

OCTAVE, STEP = 16, 8  # bands of the preset cqt-cnn, and rows of its first map, which pooling halves


@torch.no_grad()
def maps_of(low: Tensor, high: Tensor, network: Network) -> tuple[Tensor, Tensor]:
    """Give the maps (filter, band, column) of a random first stage, of the call and of the same call higher up."""
    torch.manual_seed(0)
    trunk = Trunk(network.model_copy(update={"stage": network.stage[:1]}), low.shape[1]).eval()
    return trunk(low)[0], trunk(high)[0]


def moved(low: Tensor, high: Tensor, rows: int) -> float:
    """Compare maps moved by some rows with those of the moved sound: the size of the difference, relative."""
    low, high = low[:, :-rows], high[:, rows:]
    return float((high - low).norm() / low.norm())


def main() -> None:
    chosen, recipe = options(__doc__ or "", recording="shore"), find_recipe("cqt-cnn")
    spectrogram = window_of(chosen.recording, recipe)
    low, high = spectrogram[:, OCTAVE:], spectrogram[:, :-OCTAVE]  # two views of one sound, an octave apart
    rows = [("position channel", "map moves by rows", "and changes by")]
    drawn, axes = figure(2, 3, (13, 7)) if chosen.plot else (None, [None] * 2)
    for row, position, name in zip(axes, (False, True), ("without", "with")):
        maps = maps_of(low, high, recipe.network.model_copy(update={"position": position}))
        rows.append((name, STEP, f"{moved(*maps, STEP):.2g}"))
        if drawn:
            first, second = (shown[maps[0].flatten(1).norm(dim=1).argmax()] for shown in maps)
            shown = {"sound": first, "an octave up": second, "difference": second[STEP:] - first[:-STEP]}
            most = float(first.abs().max())
            for ax, (title, values) in zip(row, shown.items()):
                scale = image(ax, values, recipe.frame_rate / 2, f"{name} position: {title}", most=most)
            drawn.colorbar(scale, ax=row, label="strongest map")
    print(table(rows))
    if drawn:
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
