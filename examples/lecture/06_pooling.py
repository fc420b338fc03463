"""Pooling: the maximum or the mean under a mask that moves by a stride; and a grid that fits an input of any size.

A mask of fixed size gives more cells for a longer input, but a dense layer needs a fixed number of inputs. Pooling to a
grid of 9 x 9 makes the mask as large as each input needs, so that one dense layer serves inputs of many sizes.

Run: python examples/lecture/06_pooling.py [--recording FILE] [--plot FILE]
"""

from __future__ import annotations

import torch
from common import INPUT, options, samples_of, spectrogram_of, table
from pictures import figure, image, matrix, save

from detector.network.assembly import DetectorNetwork
from detector.network.stages import Pace, pooling
from detector.recipe import Dense, Grid, Linear, Network, Pool, Recipe, Stage

POOLS = (Pool(size=3, stride=1), Pool(kind="mean", size=3, stride=1), Pool(size=2, stride=2))
STAGES = (Stage(filters=8, kernel=5, pool=Pool(size=2)),) * 2
NETWORK = Network(stage=STAGES, grid=Grid(size=(9, 9)), dense=Dense(units=(32,)))
SIZES = ((64, 100), (64, 250), (128, 250), (128, 500))  # bands, frames


def pool(values: torch.Tensor, spec: Pool) -> torch.Tensor:
    """Pool a matrix (row, column) by the program's layer."""
    return pooling(spec, "conv2d", Pace())(values[None, None])[0, 0]


def recipe(bands: int) -> Recipe:
    """Give the recipe of the network for so many bands."""
    return Recipe(frontend=Linear(n_bands=bands, scaling="pcen"), network=NETWORK)


def main() -> None:
    chosen = options(__doc__, recording="meadow")
    small = {f"{spec.kind}, mask {spec.size}, stride {spec.stride}": pool(INPUT, spec) for spec in POOLS}
    print("\n".join(f"{name}:\n{table(values.tolist())}\n" for name, values in small.items()))
    torch.manual_seed(1)
    network = DetectorNetwork(recipe(64)).requires_grad_(False)
    samples = samples_of(chosen.recording, recipe(64), least=2)
    inputs = [spectrogram_of(samples, recipe(bands))[..., :frames] for bands, frames in SIZES]
    maps = [network.trunk(values)[0] for values in inputs]
    grids = [network.head.grid(values) for values in maps]
    rows = [(tuple(i.shape), tuple(m.shape), m.numel(), tuple(g.shape)) for i, m, g in zip(inputs, maps, grids)]
    print(table([("input", "map", "its numbers", "grid"), *rows]))
    print("the one dense head gives:", *(f"{network(values).item():.3f}" for values in inputs))
    if chosen.plot:
        drawn, axes = figure(2, 4, size=(12, 6))
        for panel, (name, values), window in zip(axes[0], {"input": INPUT, **small}.items(), (3, 1, 1, 0)):
            matrix(panel, values, name, window)
        for (left, right), values, grid in zip(axes[1].reshape(2, 2), inputs[::3], grids[::3]):
            image(left, values[0], 50, f"{values.shape[1]} bands")
            image(right, grid[0], 50 * grid.shape[2] / values.shape[2], "the grid of its first map")
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
