"""Several kernels: each kernel of a layer makes one map, and the next layer adds what it sees in all of them.

Map i of the next layer is fout(i) = b(i) + the sum over j of f(j) * w(i, j), where * is the cross-correlation. So 10
kernels after 10 kernels give 10 maps, not 100. Nothing here is trained: the weights are random, the layers linear.

Run: python examples/lecture/02_several_kernels.py [--recording FILE] [--plot FILE]
"""

from __future__ import annotations

import torch
from common import options, samples_of, spectrogram_of, table
from pictures import figure, image, save
from torch import Tensor, nn

from detector.network.geometry import measure
from detector.network.trunk import Trunk
from detector.recipe import Linear, Network, Recipe, Stage

LAYER = Stage(filters=10, kernel=3, activation="linear")
RECIPE = Recipe(frontend=Linear(n_bands=48, fmax=8000, scaling="pcen"), network=Network(stage=(LAYER, LAYER)))
DRAWN = slice(96, 172)  # frames
START_S = DRAWN.start / RECIPE.frame_rate


def fused(maps: Tensor, layer: nn.Module) -> Tensor:
    """Make the maps of a layer by hand from those below (kernel, band, frame): a bias, and a sum over them."""
    weights, biases = layer.state_dict().values()
    seen = maps.unfold(1, 3, 1).unfold(2, 3, 1)  # (kernel, band, frame, 3, 3)
    sums = [sum((f * w).sum(dim=(2, 3)) for f, w in zip(seen, kernels)) for kernels in weights]
    return torch.stack([bias + added for bias, added in zip(biases, sums)])


def main() -> None:
    chosen = options(__doc__, recording="meadow")
    torch.manual_seed(1)
    trunk = Trunk(RECIPE.network, RECIPE.n_bands).double().requires_grad_(False)
    spectrogram = spectrogram_of(samples_of(chosen.recording, RECIPE, least=3.5), RECIPE).double()
    first = trunk.stages[0](spectrogram)
    second = trunk.stages[1](first)
    rows = [(layer.name, layer.output[0], layer.parameters) for layer in measure(RECIPE).layers[:2]]
    print(table([("layer", "maps", "parameters"), *rows]))
    print(f"largest difference from the sum by hand: {(fused(first, trunk.stages[1]) - second).abs().max():.1e}")
    if chosen.plot:
        drawn, axes = figure(2, 5, size=(10, 5.5))
        shown = {"spectrogram": spectrogram[0]} | {f"f({j})": first[j] for j in (0, 1, 2, 9)}
        shown |= {f"fout({i})": second[i] for i in (0, 1, 2, 3, 9)}
        for panel, (title, values) in zip(axes.flat, shown.items()):
            contrast = (values - values.median())[:, DRAWN]
            most = float(contrast.abs().max())
            image(panel, contrast, RECIPE.frame_rate, title, start=START_S, most=most)
            panel.label_outer()
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
