"""Averages of the weights over the steps of training, which generalise better than the last weights."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from detector.network.assembly import DetectorNetwork

DECAY = 0.998
TAIL = 0.25  # of all steps, over which "swa" averages


class Averaged(nn.Module):
    """The mean of a network's weights (and batch-norm statistics) over past steps.

    Parameters
    ----------
    network : DetectorNetwork
        Whose weights.
    kind : str
        "ema": exponential, over the last few hundred steps (Polyak and Juditsky 1992); "swa": plain, over the last
        quarter of training (Izmailov et al. 2018); "none": the weights as they are, not copied.
    """

    steps: Tensor

    def __init__(self, network: DetectorNetwork, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.network: DetectorNetwork = network if kind == "none" else copy.deepcopy(network).requires_grad_(False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def update(self, network: nn.Module, done: float) -> None:
        """Take in the weights after a step; `done` is the share of training that is behind."""
        if self.kind == "none":
            return
        if self.kind == "ema" or done >= 1 - TAIL:
            self.steps += 1
        n = int(self.steps)
        share = max(1 / (n + 1) * 10, 1 - DECAY) if self.kind == "ema" else 1 / max(1, n)
        for mean, value in zip(self.network.state_dict().values(), network.state_dict().values()):
            if mean.is_floating_point():
                mean.lerp_(value, min(1.0, share))
            else:
                mean.copy_(value)
