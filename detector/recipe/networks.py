"""The network: convolution stages, then the optional parts, then the dense head."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from detector.recipe.values import CellPair, Count, Frozen, Pair

Activation = Literal["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh"]


class Pool(Frozen):
    """The maximum or mean of `size` (bands, frames) neighbours, every `stride` of them (default: their size)."""

    kind: Literal["max", "mean"] = "max"
    size: Count | Pair = 2
    stride: Count | Pair | None = None


class Stage(Frozen):
    """A convolution, then norm, skip connection, activation, pooling and dropout, in this order."""

    kind: Literal["conv2d", "conv1d"] = "conv2d"
    filters: Count
    kernel: Count | Pair = 3
    stride: Count | Pair = 1
    activation: Activation = "relu"
    norm: Literal["none", "batch"] = "none"
    pool: Pool | None = None
    residual: bool = False
    dropout: float = Field(0.0, ge=0, lt=1)


class Recurrent(Frozen):
    """A recurrent network over the feature columns; `summary` says how a window's columns become one row."""

    cell: Literal["gru", "lstm"] = "gru"
    units: Count = 64
    layers: int = Field(1, ge=1, le=100, strict=True)
    bidirectional: bool = False
    summary: Literal["mean", "last", "flatten"] = "mean"


class Grid(Frozen):
    """Adaptive pooling to `size` (bands, columns), so that many input sizes feed one dense layer."""

    size: CellPair = (9, 9)
    kind: Literal["mean", "max"] = "mean"


class Dense(Frozen):
    """Dense layers of `units`, then the outputs of each label, either for each window or for each frame column."""

    units: tuple[Count, ...] = Field((256,), max_length=100)
    activation: Activation = "relu"
    dropout: float = Field(0.0, ge=0, lt=1)
    output: Literal["sigmoid", "softmax"] = "sigmoid"
    per: Literal["window", "frame"] = "window"


class Network(Frozen):
    """Convolution stages, then the optional parts, then the dense head."""

    stage: tuple[Stage, ...] = Field(max_length=1000)
    padding: Literal["valid", "same"] = "valid"
    position: bool = Field(False, description="add a channel that holds each band's position")
    recurrent: Recurrent | None = None
    grid: Grid | None = None
    dense: Dense = Dense()
