"""What follows the trunk: pooling to a fixed grid, recurrence over the feature columns, flattening, dense layers."""

from __future__ import annotations

from torch import Tensor, nn

from detector.network.geometry import Geometry
from detector.network.stages import ACTIVATIONS
from detector.recipe import Dense, Network, Recurrent


class Head(nn.Module):
    """Map feature columns (batch, channel, band, column) to logits, one row a window or one a column.

    The output is (batch, output) for windows and (batch, column, output) for frames.
    """

    def __init__(self, network: Network, geometry: Geometry, n_outputs: int) -> None:
        super().__init__()
        channels, bands, columns = geometry.trunk_output
        self.grid: nn.Module = nn.Identity()
        if network.grid is not None:
            bands, columns = network.grid.size
            pool = nn.AdaptiveAvgPool2d if network.grid.kind == "mean" else nn.AdaptiveMaxPool2d
            self.grid = pool(network.grid.size)
        self.recurrent: nn.Module = nn.Identity()
        features = channels * bands
        if network.recurrent is not None:
            self.recurrent = Recurrence(network.recurrent, features)
            features = self.recurrent.features
        self.summary: nn.Module = nn.Identity()
        if network.dense.per == "window":
            kind = network.recurrent.summary if network.recurrent else "flatten"
            self.summary = Summary(kind, network.recurrent)
            features *= columns if kind == "flatten" else 1
        self.dense = dense_layers(network.dense, features, n_outputs)

    def forward(self, features: Tensor) -> Tensor:
        """Give the logits."""
        pooled = self.grid(features)  # (batch, channel, band, column)
        columns = pooled.flatten(1, 2).transpose(1, 2)  # (batch, column, feature)
        return self.dense(self.summary(self.recurrent(columns)))


class Recurrence(nn.Module):
    """A GRU or LSTM over (batch, column, feature)."""

    def __init__(self, spec: Recurrent, features: int) -> None:
        super().__init__()
        cell = nn.GRU if spec.cell == "gru" else nn.LSTM
        self.cell = cell(features, spec.units, spec.layers, batch_first=True, bidirectional=spec.bidirectional)
        self.features = spec.units * (2 if spec.bidirectional else 1)

    def forward(self, columns: Tensor) -> Tensor:
        """Give the state at each column; for two directions, both."""
        states, _ = self.cell(columns)
        return states


class Summary(nn.Module):
    """Make one row of a window's columns: their mean, the last state of each direction, or all of them in a row."""

    def __init__(self, kind: str, recurrent: Recurrent | None) -> None:
        super().__init__()
        self.kind = kind
        self.units = recurrent.units if recurrent is not None else 0

    def forward(self, columns: Tensor) -> Tensor:
        """Map (batch, column, feature) to (batch, feature)."""
        match self.kind:
            case "mean":
                return columns.mean(dim=1)
            case "last":
                ends = columns.clone()[:, -1]
                ends[:, self.units :] = columns[:, 0, self.units :]  # the backward direction ends at the first column
                return ends
            case _:
                return columns.flatten(1)


def dense_layers(spec: Dense, features: int, n_outputs: int) -> nn.Sequential:
    """Build the dense layers and the output layer, which gives logits."""
    layers: list[nn.Module] = []
    for units in spec.units:
        layers += [nn.Linear(features, units), ACTIVATIONS[spec.activation]()]
        if spec.dropout:
            layers.append(nn.Dropout(spec.dropout))
        features = units
    return nn.Sequential(*layers, nn.Linear(features, n_outputs))
