"""The head of a network: pooling to a fixed grid, recurrence over the feature columns, flattening, dense layers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from detector.network.geometry import grid_cells
from detector.network.layers import Geometry
from detector.network.stages import ACTIVATIONS
from detector.recipe import Dense, Grid, Network, Recurrent


@dataclass(frozen=True)
class Overlap:
    """The place of windows in a strip of columns.

    Window k consists of the `length` columns k * hop, k * hop + spacing, k * hop + 2 * spacing and so on.
    """

    length: int
    hop: int
    spacing: int = 1

    def cut(self, columns: Tensor, n: int) -> Tensor:
        """View `n` windows of columns (channel, band, column) as (window, channel, band, column), without a copy."""
        channel, band, column = columns.stride()
        size = (n, *columns.shape[:2], self.length)
        return columns.as_strided(size, (self.hop * column, channel, band, self.spacing * column))


class Head(nn.Module):
    """Map feature columns (batch, channel, band, column) to logits.

    The logits are (batch, output) for a network with one output a window, (batch, column, output) for one output a
    frame column.

    Parameters
    ----------
    network : Network
        What the recipe says of the network.
    geometry : Geometry
        Shape of the trunk's output.
    n_outputs : int
        Outputs of the last layer.
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
        """Compute the logits of windows."""
        return self._above_grid(self.grid(features))

    def over(self, columns: Tensor, overlap: Overlap, n: int) -> Tensor:
        """Compute the logits of `n` windows that overlap in a strip of columns (channel, band, column).

        They are those that `forward` computes of each window.
        """
        if isinstance(self.grid, GridPool):
            return self._above_grid(self.grid.over(columns, overlap, n))
        return self._above_grid(overlap.cut(columns, n))

    def _above_grid(self, pooled: Tensor) -> Tensor:
        columns = pooled.flatten(1, 2).transpose(1, 2)  # (batch, column, feature)
        return self.dense(self.summary(self.recurrent(columns)))


class GridPool(nn.Module):
    """Pool an input of any size to a fixed grid of cells, which `geometry.grid_cells` lays out."""

    def __init__(self, spec: Grid) -> None:
        super().__init__()
        self.kind = spec.kind
        self.n_bands, self.n_columns = spec.size
        self.pool = nn.AdaptiveAvgPool2d(spec.size) if spec.kind == "mean" else nn.AdaptiveMaxPool2d(spec.size)

    def forward(self, features: Tensor) -> Tensor:
        """Pool (batch, channel, band, column)."""
        return self.pool(features)

    def over(self, columns: Tensor, overlap: Overlap, n: int) -> Tensor:
        """Pool `n` windows that overlap in a strip of columns (channel, band, column); pool shared columns once.

        Returns
        -------
        Tensor
            (window, channel, grid band, grid column).
        """
        reduce = torch.amax if self.kind == "max" else torch.mean
        cells = [reduce(columns[:, first:end], dim=1) for first, end in grid_cells(columns.shape[1], self.n_bands)]
        bands = torch.stack(cells, dim=1)  # (channel, grid band, column)
        spans = grid_cells(overlap.length, self.n_columns)
        by_width = self._sliding(bands, overlap.spacing, {end - first for first, end in spans})
        reach = (n - 1) * overlap.hop + 1
        pooled = []
        for first, end in spans:
            start = first * overlap.spacing
            pooled.append(by_width[end - first][..., start : start + reach : overlap.hop])
        return torch.stack(pooled, dim=-1).permute(2, 0, 1, 3)

    def _sliding(self, bands: Tensor, spacing: int, widths: set[int]) -> dict[int, Tensor]:
        """Pool over windows that slide by one column and hold `width` columns, `spacing` apart.

        Parameters
        ----------
        bands : Tensor
            (channel, grid band, column).
        spacing : int
            Columns from one column of a window to the next.
        widths : set of int
            Numbers of columns to pool.

        Returns
        -------
        dict of int to Tensor
            For each of the widths, (channel, grid band, first column).
        """
        pooled = {}
        reduced = bands
        for width in range(1, max(widths) + 1):
            if width > 1:
                added = bands[..., (width - 1) * spacing :]
                overlapping = reduced[..., : added.shape[-1]]
                reduced = torch.maximum(overlapping, added) if self.kind == "max" else overlapping + added
            if width in widths:
                pooled[width] = reduced if self.kind == "max" else reduced / width
        return pooled


class Recurrence(nn.Module):
    """A GRU or LSTM over (batch, column, feature)."""

    def __init__(self, spec: Recurrent, features: int) -> None:
        super().__init__()
        cell = nn.GRU if spec.cell == "gru" else nn.LSTM
        self.cell = cell(features, spec.units, spec.layers, batch_first=True, bidirectional=spec.bidirectional)
        self.features = spec.units * (2 if spec.bidirectional else 1)

    def forward(self, columns: Tensor) -> Tensor:
        """Compute the states (batch, column, feature); with two directions, each column holds the states of both."""
        states, _ = self.cell(columns)
        return states


class Summary(nn.Module):
    """Reduce the columns of a window to one row: their mean, the last state of each direction, or all in a row.

    Parameters
    ----------
    kind : str
        "mean", "last" or "flatten".
    recurrent : Recurrent or None
        The layer below, whose directions "last" tells apart by its units.
    """

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
    """Build the dense layers for an input of `features` numbers, and the output layer, which gives logits."""
    layers: list[nn.Module] = []
    width = features
    for units in spec.units:
        layers += [nn.Linear(width, units), ACTIVATIONS[spec.activation]()]
        if spec.dropout:
            layers.append(nn.Dropout(spec.dropout))
        width = units
    return nn.Sequential(*layers, nn.Linear(width, n_outputs))
