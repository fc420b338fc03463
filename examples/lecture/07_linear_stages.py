"""Two convolutions with nothing between them are one, with kernels w(k) = sum over j of w2(j) * w1(k - j).

A relu between the two changes that. `python examples/lecture/07_linear_stages.py [--recording FILE] [--plot FILE]`
"""

from __future__ import annotations

import torch
from common import options, table, window_of
from pictures import figure, image, save

from detector.network.geometry import measure
from detector.network.trunk import Trunk
from detector.presets import find_recipe
from detector.recipe import Network, Stage


def networks(*activations: str) -> tuple[Network, Network]:
    """Give the two stages of the preset `lecture` without pooling, and one stage that sees as much."""
    first, second = (Stage(filters=n, kernel=5, activation=name) for n, name in zip((32, 64), activations))
    return Network(stage=(first, second)), Network(stage=(second.model_copy(update={"kernel": 9}),))


def composed(first: torch.nn.Conv2d, second: torch.nn.Conv2d) -> dict[str, torch.Tensor]:
    """Give the kernels (out, in, band, frame) and biases (out,) of two convolutions of 5 x 5 in one."""
    kernels = torch.nn.functional.conv2d(first.weight.transpose(0, 1), second.weight.flip(2, 3), padding=4)
    return {"weight": kernels.transpose(0, 1), "bias": second.bias + second.weight.sum(dim=(2, 3)) @ first.bias}


@torch.no_grad()
def compare(spectrogram: torch.Tensor, *activations: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Give the maps (filter, band, column) of two random stages, and of the one that their kernels make together."""
    torch.manual_seed(0)
    two, one = (Trunk(network, spectrogram.shape[1]) for network in networks(*activations))
    one.stages[0].convolution.load_state_dict(composed(*(stage.convolution for stage in two.stages)))
    return two(spectrogram)[0], one(spectrogram)[0]


def main() -> None:
    chosen, recipe = options(__doc__ or "", recording="shore"), find_recipe("small-cnn")
    spectrogram = window_of(chosen.recording, recipe)
    results = [(it, *compare(spectrogram, *it.split())) for it in ("linear linear", "linear relu", "relu relu")]
    rows = [(case, f"{(two - one).norm() / two.norm():.1g}") for case, two, one in results]
    print(table([("two stages 5 x 5", "relative difference from one 9 x 9"), *rows]), end="\n\n")
    for network in networks("linear", "linear"):
        layers = measure(recipe.model_copy(update={"network": network})).layers[: len(network.stage)]
        print(" + ".join(f"{x.parameters:,}" for x in layers), "parameters, sees", layers[-1].frames.size, "frames")
    if chosen.plot:
        drawn, axes = figure(2, 3, (13, 6), sharex=True, sharey=True)
        for row, (case, two, one) in zip(axes, results[::2]):
            most = float(one[0].abs().max())
            for ax, name, shown in zip(row, ("two stages", "one 9 x 9", "difference"), (two, one, two - one)):
                scale = image(ax, shown[0], recipe.frame_rate, f"{case}: {name}", most=most)
            drawn.colorbar(scale, ax=row, label="first map")
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
