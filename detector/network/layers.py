"""The layers of a network as numbers: shapes, receptive fields, parameters, multiply-adds and bytes.

The receptive field of a layer grows by (kernel - 1) times the product of the strides below it (Dumoulin & Visin 2016,
"A guide to convolution arithmetic for deep learning").
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

BYTES = 4  # of a float32
BATCH_BYTES = 2**30
"""Bytes that the activations of a batch may take where nothing is trained."""

Shape = tuple[int, ...]  # (channel, band, column), (column, feature) or (feature,)


@dataclass(frozen=True)
class Reach:
    """The inputs that one output column (or band) depends on, along one axis.

    Output j depends on `size` inputs, from input `start + j * step` on. Padding makes `start` negative.
    """

    size: int = 1
    step: int = 1
    start: int = 0

    def through(self, kernel: int, stride: int, pad: int = 0) -> Reach:
        """Return the reach of a layer on top with this kernel and stride, and `pad` zeros before its input."""
        return Reach(self.size + (kernel - 1) * self.step, self.step * stride, self.start - pad * self.step)

    def whole(self, outputs: int) -> Reach:
        """Return the reach of a layer that joins this many neighbouring outputs."""
        return replace(self, size=self.size + (outputs - 1) * self.step)

    def centre(self, output: float) -> float:
        """Return the centre of the inputs that an output depends on, counted in inputs."""
        return self.start + output * self.step + (self.size - 1) / 2


@dataclass(frozen=True)
class Layer:
    """One layer as it would be built.

    Attributes
    ----------
    name : str
        Its key in the recipe, for example "network.stage.0".
    kind : str
        Its kind, in words.
    output : tuple of int
        (channel, band, column) up to the flattening, then (column, feature) or (feature,).
    bands, frames : Reach
        Receptive field and stride along both axes.
    kernel, stride : (int, int) or None
        (bands, frames); None for layers that have none.
    parameters, multiply_adds : int
        Trained numbers; multiply-adds for one window.
    connections, dense_connections : int
        Pairs of an input and an output unit that are connected, and those that a dense layer of the same shapes has.
    padded : int
        Numbers of its input with the zeros around it; 0 where nothing is padded.
    """

    name: str
    kind: str
    output: Shape
    bands: Reach
    frames: Reach
    kernel: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    parameters: int = 0
    multiply_adds: int = 0
    connections: int = 0
    dense_connections: int = 0
    padded: int = 0

    @property
    def parameter_bytes(self) -> int:
        """Bytes of its weights in float32."""
        return self.parameters * BYTES

    @property
    def activation_bytes(self) -> int:
        """Bytes of its output for one window in float32."""
        return prod(self.output) * BYTES

    @property
    def working_bytes(self) -> int:
        """Bytes of its output, and of its padded input, for one window in float32."""
        return self.activation_bytes + self.padded * BYTES


@dataclass(frozen=True)
class Geometry:
    """All layers of a network for one window of a recipe, and the sums over them.

    Attributes
    ----------
    layers : tuple of Layer
        From the input upwards.
    trunk_output : (int, int, int)
        (channel, band, column) that the convolution stages give for one window.
    bands, frames : Reach
        Receptive field and stride of the trunk's output along both axes.
    """

    layers: tuple[Layer, ...]
    trunk_output: tuple[int, int, int]
    bands: Reach
    frames: Reach

    @property
    def parameters(self) -> int:
        """Number of trained numbers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Number of multiply-adds for one window."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Bytes of all outputs for one window in float32."""
        return sum(layer.activation_bytes for layer in self.layers)

    def windows_at_once(self, most: int) -> int:
        """Count the windows of a batch without gradients: `most`, or fewer so that `BATCH_BYTES` hold activations."""
        return max(1, min(most, BATCH_BYTES // self.activation_bytes))

    @property
    def columns(self) -> int:
        """Feature columns that the trunk gives for one window."""
        return self.trunk_output[2]

    @property
    def steps(self) -> tuple[int, ...]:
        """Possible distances of columns, in frames, for a trunk without padding: its own first, down to 1."""
        strides = {layer.frames.step for layer in self.layers if layer.kernel is not None}
        return tuple(sorted({1, *strides}, reverse=True))
