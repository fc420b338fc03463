"""What the kernels of a trained first layer look for: how their energy divides.

A kernel that is the same everywhere averages; one that changes over bands alone finds tones; one that changes over time
alone finds clicks; the rest is slopes and finer patterns. `python examples/lecture/08_learned_kernels.py [--plot FILE]`
"""

from __future__ import annotations

import torch
from common import options, table
from pictures import figure, image, save
from torch import Tensor

from detector.model import load_model
from detector.presets import DEFAULT_MODEL, find_folder

PARTS = ("mean", "over bands", "over time", "the rest")


def shares(kernels: Tensor) -> Tensor:
    """Give the shares of the energy of kernels (kernel, band, frame) that PARTS name (kernel, part)."""
    mean = kernels.mean(dim=(1, 2), keepdim=True)
    bands, frames = (kernels.mean(dim=axis, keepdim=True) - mean for axis in (2, 1))
    parts = [part.expand_as(kernels) for part in (mean, bands, frames, kernels - mean - bands - frames)]
    return torch.stack(parts, dim=1).square().sum(dim=(2, 3)) / kernels.square().sum(dim=(1, 2))[:, None]


def main() -> None:
    chosen, model = options(__doc__ or ""), load_model(find_folder(DEFAULT_MODEL))
    kernels = model.network.trunk.stages[0].convolution.weight[:, 0].detach()  # (kernel, band, frame)
    torch.manual_seed(0)
    random = shares(torch.randn(10_000, *kernels.shape[1:])).mean(dim=0)
    rows = [(f"{n}", *row) for n, row in enumerate(shares(kernels).tolist(), 1)]
    rows += [("mean of all", *shares(kernels).mean(dim=0).tolist()), ("random numbers", *random.tolist())]
    print(table([("kernel", *PARTS), *((name, *(f"{share:.2f}" for share in row)) for name, *row in rows)]))
    if chosen.plot:
        drawn, axes = figure(2, 6, (14, 5.5), sharex=True, sharey=True)
        for ax, n, kernel, share in zip(axes.flat, range(1, 13), kernels, shares(kernels)):
            scale = image(ax, kernel, model.recipe.frame_rate, f"{n}: {PARTS[(share / random).argmax()]}", most=0.25)
            ax.label_outer()
        drawn.colorbar(scale, ax=axes, label="weight")
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
