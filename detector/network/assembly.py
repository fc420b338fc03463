"""Put a network together from its recipe."""

from __future__ import annotations

from torch import Tensor, nn

from detector.network.geometry import measure
from detector.network.head import Head
from detector.network.memory import check_memory
from detector.network.stages import Trunk
from detector.recipe import Recipe


class DetectorNetwork(nn.Module):
    """Trunk and head: scaled spectrograms (batch, band, frame) to logits.

    Raises
    ------
    ConfigurationError
        Where a layer does not fit the window, or the machine.
    """

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.recipe = recipe
        self.geometry = measure(recipe)
        check_memory(self.geometry)
        self.trunk = Trunk(recipe.network, recipe.n_bands)
        self.head = Head(recipe.network, self.geometry, recipe.n_outputs)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Give logits: (batch, output) for windows, (batch, column, output) for frames."""
        return self.head(self.trunk(spectrogram))

    def trunk_at(self, step: int) -> Trunk:
        """Give a trunk with these weights that makes a column for every `step` frames, one of `geometry.steps`."""
        trunk = Trunk(self.recipe.network, self.recipe.n_bands, step)
        trunk.load_state_dict(self.trunk.state_dict())
        return trunk.to(next(self.parameters()).device).eval()
