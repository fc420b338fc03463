"""What follows the trunk: pooling to a fixed grid, recurrence over the feature columns, flattening, dense layers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from detector.network.geometry import Geometry, grid_cells
from detector.network.stages import ACTIVATIONS
from detector.recipe import Dense, Grid, Network, Recurrent


@dataclass(frozen=True)
class Overlap:
    """How windows lie over a strip of columns: window k has `length` columns, `spacing` apart, from k * hop on."""

    length: int
    hop: int
    spacing: int = 1

    def cut(self, columns: Tensor, n: int) -> Tensor:
        """Cut `n` windows from columns (channel, band, column): (window, channel, band, column), not copied."""
        channel, band, column = columns.stride()
        size = (n, *columns.shape[:2], self.length)
        return columns.as_strided(size, (self.hop * column, channel, band, self.spacing * column))


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
            self.grid = GridPool(network.grid)
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
        return self._above_grid(self.grid(features))

    def over(self, columns: Tensor, overlap: Overlap, n: int) -> Tensor:
        """Give the logits of `n` windows over columns (channel, band, column), as `forward` does of the windows."""
        if isinstance(self.grid, GridPool):
            return self._above_grid(self.grid.over(columns, overlap, n))
        return self._above_grid(overlap.cut(columns, n))

    def _above_grid(self, pooled: Tensor) -> Tensor:
        columns = pooled.flatten(1, 2).transpose(1, 2)  # (batch, column, feature)
        return self.dense(self.summary(self.recurrent(columns)))


class GridPool(nn.Module):
    """Pool to a fixed grid of cells, whatever the size, as `geometry.grid_cells` lays them."""

    def __init__(self, spec: Grid) -> None:
        super().__init__()
        self.kind, (self.n_bands, self.n_columns) = spec.kind, spec.size
        self.pool = nn.AdaptiveAvgPool2d(spec.size) if spec.kind == "mean" else nn.AdaptiveMaxPool2d(spec.size)

    def forward(self, features: Tensor) -> Tensor:
        """Pool (batch, channel, band, column)."""
        return self.pool(features)

    def over(self, columns: Tensor, overlap: Overlap, n: int) -> Tensor:
        """Pool `n` windows over columns (channel, band, column); what they share is pooled once.

        Gives (window, channel, grid band, grid column).
        """
        reduce = torch.amax if self.kind == "max" else torch.mean
        cells = [reduce(columns[:, a:b], dim=1) for a, b in grid_cells(columns.shape[1], self.n_bands)]
        bands = torch.stack(cells, dim=1)  # (channel, grid band, column)
        spans = grid_cells(overlap.length, self.n_columns)
        sliding = self._sliding(bands, overlap.spacing, {b - a for a, b in spans})
        reach = (n - 1) * overlap.hop + 1
        starts = [(sliding[b - a], a * overlap.spacing) for a, b in spans]
        pooled = [along[..., start : start + reach : overlap.hop] for along, start in starts]
        return torch.stack(pooled, dim=-1).permute(2, 0, 1, 3)

    def _sliding(self, bands: Tensor, spacing: int, widths: set[int]) -> dict[int, Tensor]:
        """Pool every 1, 2, 3... columns that lie `spacing` apart; give the pools of those widths."""
        pooled, wide = {}, bands
        for width in range(1, max(widths) + 1):
            if width > 1:
                more = bands[..., (width - 1) * spacing :]
                wide = wide[..., : more.shape[-1]]
                wide = torch.maximum(wide, more) if self.kind == "max" else wide + more
            if width in widths:
                pooled[width] = wide if self.kind == "max" else wide / width
        return pooled


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
