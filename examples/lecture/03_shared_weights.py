"""Sparse interaction and shared weights: a convolution joins few units, and uses the same few numbers everywhere.

A dense layer joins every input with every output, each pair by a number of its own. In a convolution, an output sees
only the inputs under its kernel, and all outputs of a map share that kernel. Two layers reach further.

Run: python examples/lecture/03_shared_weights.py [--plot FILE]
"""

from __future__ import annotations

import torch
from common import options, table
from pictures import connections, figure, save
from torch import Tensor, nn

from detector.network.geometry import measure
from detector.network.head import dense_layers
from detector.network.stages import ConvolutionStage, Pace
from detector.presets import find_recipe
from detector.recipe import Dense, Stage

ROW = Stage(kind="conv1d", filters=1, kernel=3, activation="linear")


def counts(name: str) -> list[tuple[str, int, int, int]]:
    """List parameters, connections, and connections of a dense layer for each convolution of a shipped recipe."""
    layers = [layer for layer in measure(find_recipe(name)).layers if layer.kernel and layer.parameters]
    return [(layer.name, layer.parameters, layer.connections, layer.dense_connections) for layer in layers]


def joined(layer: nn.Module, inputs: int) -> Tensor:
    """Find which inputs an output depends on, (output, input): where the derivative is not zero."""
    return torch.autograd.functional.jacobian(layer, torch.ones(1, 1, 1, inputs)).reshape(-1, inputs) != 0


def main() -> None:
    chosen = options(__doc__)
    print(table([("of lecture", "parameters", "connections", "of a dense layer"), *counts("lecture")]))
    first, second = (joined(ConvolutionStage(ROW, 1, "valid", Pace()), inputs) for inputs in (11, 9))
    dense = joined(dense_layers(Dense(units=()), 11, 9), 11)
    print(f"11 inputs, 9 outputs: {first.sum()} connections by a kernel of 3, {dense.sum()} in a dense layer")
    if chosen.plot:
        drawn, (left, middle, right) = figure(1, 3, size=(9, 3.4))
        connections(left, [first], "a convolution")
        connections(middle, [first, second], "two convolutions")
        connections(right, [dense], "a dense layer")
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
