"""Assemble the network of a recipe: trunk and head."""

from __future__ import annotations

from torch import Tensor, nn

from detector.network.geometry import measure
from detector.network.head import Head
from detector.network.memory import check_memory
from detector.network.trunk import Trunk
from detector.recipe import Recipe


class DetectorNetwork(nn.Module):
    """Map scaled spectrograms (batch, band, frame) to logits.

    Raises
    ------
    ConfigurationError
        If a kernel is larger than its input, or the network is too large for the memory of this machine.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.geometry = measure(recipe)
        check_memory(self.geometry)
        self.trunk = Trunk(recipe.network, recipe.n_bands)
        self.head = Head(recipe.network, self.geometry, recipe.n_outputs)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Compute logits: (batch, output) for one output a window, (batch, column, output) for one a frame column."""
        return self.head(self.trunk(spectrogram))

    def trunk_at(self, step: int) -> Trunk:
        """Copy the trunk into one that gives a column for every `step` frames, where `step` is in `Geometry.steps`."""
        trunk = Trunk(self.recipe.network, self.recipe.n_bands, step)
        trunk.load_state_dict(self.trunk.state_dict())
        return trunk.to(next(self.parameters()).device).eval()
