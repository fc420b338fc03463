"""Averages of the weights over the steps of training, which generalise better than the last weights."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from detector.network.assembly import DetectorNetwork

DECAY = 0.998


class Averaged(nn.Module):
    """The mean of a network's weights (and batch-norm statistics) over past steps.

    Parameters
    ----------
    network : DetectorNetwork
        Whose weights.
    kind : str
        "ema": exponential, over the last few hundred steps (Polyak and Juditsky 1992); "none": the weights as they
        are, not copied.
    """

    steps: Tensor

    def __init__(self, network: DetectorNetwork, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.network: DetectorNetwork = network if kind == "none" else copy.deepcopy(network).requires_grad_(False)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Take in the weights after a step."""
        if self.kind == "none":
            return
        self.steps += 1
        share = max(10 / (int(self.steps) + 1), 1 - DECAY)
        for mean, value in zip(self.network.state_dict().values(), network.state_dict().values()):
            if mean.is_floating_point():
                mean.lerp_(value, min(1.0, share))
            else:
                mean.copy_(value)
