"""Convolution, and cross-correlation: the same sum, but the kernel is not reversed.

Both multiply a kernel with a window of the input, add the products, and move the window on. A convolution first
reverses the kernel along every axis. The layers of the program (and of torch) do not: they compute a cross-correlation.

Run: python examples/lecture/01_convolution.py [--plot FILE]
"""

from __future__ import annotations

import torch
from common import INPUT, options, table
from pictures import figure, matrix, save
from torch import Tensor

from detector.network.stages import ConvolutionStage, Pace
from detector.recipe import Stage

KERNEL = torch.tensor([[0, 1, 2], [2, 2, 0], [0, 1, 2.0]])
CLICK = torch.tensor([[0, 0, 1, 0, 0.0]])  # 1-D: one row
FADING = torch.tensor([[3, 2, 1.0]])


def cross_correlate(values: Tensor, kernel: Tensor) -> Tensor:
    """Give what the program's layer computes of (row, column) values, with this kernel as its only weights."""
    kind = "conv1d" if len(kernel) == 1 else "conv2d"
    spec = Stage(kind=kind, filters=1, kernel=kernel.shape[-1], activation="linear")
    layer = ConvolutionStage(spec, 1, "valid", Pace())
    layer.load_state_dict({"convolution.weight": kernel[None, None], "convolution.bias": torch.zeros(1)})
    with torch.inference_mode():
        return layer(values[None, None])[0, 0]


def convolve(values: Tensor, kernel: Tensor) -> Tensor:
    """Give the convolution: what the layer computes with the kernel reversed along both axes."""
    return cross_correlate(values, kernel.flip(0, 1))


def main() -> None:
    chosen = options(__doc__)
    print("a click in one dimension:", *CLICK[0].int().tolist(), "  kernel:", *FADING[0].int().tolist())
    for name, operation in (("cross-correlation", cross_correlate), ("convolution", convolve)):
        print(f"\n{name}, 1-D and 2-D:\n" + table(operation(CLICK, FADING).int().tolist()))
        print("\n" + table(operation(INPUT, KERNEL).int().tolist()))
    print("\n12 12 17 / 10 17 19 / 9 6 14 is the cross-correlation: it is what a layer computes.")
    if chosen.plot:
        drawn, axes = figure(1, 4, size=(14, 4.4), width_ratios=[5, 3, 3, 3])
        matrix(axes[0], INPUT, "input", window=3)
        matrix(axes[1], KERNEL, "kernel", window=3)
        matrix(axes[2], cross_correlate(INPUT, KERNEL), "cross-correlation\n(kernel as it is)", window=1)
        matrix(axes[3], convolve(INPUT, KERNEL), "convolution\n(kernel reversed)", window=1)
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
