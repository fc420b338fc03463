"""The loss, for one label in each window or several. Rare labels get more weight; unknown targets are left out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from detector.recipe import Recipe

HEAVIEST = 10.0  # the largest weight of a rare label


class Loss(nn.Module):
    """Cross-entropy of logits against targets of 1, 0 and -1 (unknown).

    Sigmoid outputs: binary cross-entropy. Calls get the weight sqrt(targets without a call / targets with one), and so
    do onsets.

    Softmax outputs: cross-entropy against the share of each label, with the weight sqrt(mean count / count of the
    label). With `labels.background`, rows without a label belong to the last output.

    Parameters
    ----------
    recipe : Recipe
        Says which of the two.
    positives : Tensor
        Share of calls, or of onsets, among the known training targets of each output (output,).
    """

    weight: Tensor

    def __init__(self, recipe: Recipe, positives: Tensor) -> None:
        super().__init__()
        self.softmax = recipe.network.dense.output == "softmax"
        self.background = recipe.labels.background
        self.register_buffer("weight", self._weights(recipe, positives))

    def _weights(self, recipe: Recipe, positives: Tensor) -> Tensor:
        shares = positives.clamp(1e-6, 1 - 1e-6)
        if self.softmax:
            if self.background:
                shares = torch.cat([shares, (1 - shares.sum(dim=0, keepdim=True)).clamp(min=1e-6)])
            weight = (shares.mean() / shares).sqrt().clamp(1 / HEAVIEST, HEAVIEST)
        else:
            weight = ((1 - shares) / shares).sqrt().clamp(1, HEAVIEST)
        return weight if recipe.training.balance else torch.ones_like(weight)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss of logits (..., output) against targets (..., output), or (..., label) for a softmax."""
        logits = logits.float().flatten(0, -2)  # (row, output)
        targets = targets.flatten(0, -2)  # (row, output), or (row, label)
        if not self.softmax:
            known = targets >= 0
            cost = nn.functional.binary_cross_entropy_with_logits(
                logits, targets.clamp(min=0), pos_weight=self.weight, reduction="none"
            )
            return (cost * known).sum() / known.sum().clamp(min=1)
        shares = self.shares(targets)
        cost = -(shares * self.weight * logits.log_softmax(dim=-1)).sum(dim=-1)
        return cost.sum() / (shares * self.weight).sum().clamp(min=1e-6)

    def shares(self, targets: Tensor) -> Tensor:
        """Divide each row (row, label) among the outputs of a softmax (row, output); unknown rows get zeros."""
        known = (targets >= 0).all(dim=-1, keepdim=True)
        calls = targets.clamp(min=0)
        if self.background:
            rest = (1 - calls.sum(dim=-1, keepdim=True)).clamp(min=0)
            calls = torch.cat([calls, rest], dim=-1)
        return known * calls / calls.sum(dim=-1, keepdim=True).clamp(min=1e-6)
