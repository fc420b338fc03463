"""The arithmetic of a network, layer by layer, without building it: shapes, receptive fields, parameters, products.

The receptive field of a layer grows by (kernel - 1) times the product of the strides below it (Dumoulin & Visin 2016,
"A guide to convolution arithmetic for deep learning"). Everything else that needs a shape takes it from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

from detector.errors import ConfigurationError
from detector.recipe import Grid, Pool, Recipe, Recurrent, Stage

BYTES = 4  # of a float32
BATCH_BYTES = 2**30  # what the activations of a batch may take where nothing is trained

Shape = tuple[int, ...]  # (channel, band, column), (column, feature) or (feature,)


@dataclass(frozen=True)
class Reach:
    """What one output column (or band) sees along one axis.

    Output j sees `size` inputs from `start + j * step` on; padding makes `start` negative.
    """

    size: int = 1
    step: int = 1
    start: int = 0

    def through(self, kernel: int, stride: int, pad: int = 0) -> Reach:
        """Give the reach after a layer with this kernel and stride on top, `pad` zeros before its input."""
        return Reach(self.size + (kernel - 1) * self.step, self.step * stride, self.start - pad * self.step)

    def whole(self, outputs: int) -> Reach:
        """Give the reach of something that joins this many neighbouring outputs."""
        return replace(self, size=self.size + (outputs - 1) * self.step)

    def centre(self, output: float) -> float:
        """Find the middle of what an output sees, in inputs."""
        return self.start + output * self.step + (self.size - 1) / 2


@dataclass(frozen=True)
class Layer:
    """One layer as it would be built.

    Attributes
    ----------
    name : str
        The key of the recipe that it comes from.
    kind : str
        Its kind, in words.
    kernel, stride : (int, int) or None
        (bands, frames); None for layers that have none.
    output : tuple of int
        (channel, band, column) up to the flattening, then (column, feature) or (feature,).
    parameters, multiply_adds : int
        Trained numbers; products summed for one window.
    connections, dense_connections : int
        Pairs of input and output units that are joined, and those that a dense layer of the same shapes would join.
    padded : int
        Numbers of its input with the zeros around it; 0 where nothing is padded.
    bands, frames : Reach
        Receptive field and stride along both axes.
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
        """Bytes of its output, and of its input where that is padded, for one window in float32."""
        return self.activation_bytes + self.padded * BYTES


@dataclass(frozen=True)
class Geometry:
    """All layers of a network for windows of a recipe, and what follows from them."""

    layers: tuple[Layer, ...]
    trunk_output: tuple[int, int, int]  # (channel, band, column)
    bands: Reach
    frames: Reach

    @property
    def parameters(self) -> int:
        """All trained numbers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Products summed for one window."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Bytes of all outputs for one window in float32."""
        return sum(layer.activation_bytes for layer in self.layers)

    def windows_at_once(self, most: int) -> int:
        """Count the windows of a batch that needs no gradients: `most`, or as many as their activations leave room."""
        return max(1, min(most, BATCH_BYTES // self.activation_bytes))

    @property
    def columns(self) -> int:
        """Feature columns that the trunk gives for one window."""
        return self.trunk_output[2]

    @property
    def steps(self) -> tuple[int, ...]:
        """Frames between columns that a trunk without padding can be made to give, the coarsest, its own, first."""
        strides = {layer.frames.step for layer in self.layers if layer.kernel is not None}
        return tuple(sorted({1, *strides}, reverse=True))


def pair(value: int | tuple[int, int], kind: str) -> tuple[int, int]:
    """Write a size as (bands, frames); along no bands for a 1-D convolution."""
    if isinstance(value, tuple):
        return value
    return (value, value) if kind == "conv2d" else (1, value)


def measure(recipe: Recipe) -> Geometry:
    """Lay out the network of a recipe for windows of its duration.

    Raises
    ------
    ConfigurationError
        Where a layer needs more bands or frames than reach it: its key, what it needs and what it gets.
    """
    layers = list(_trunk_layers(recipe))
    trunk = layers[-1]
    layers.extend(_head_layers(recipe, trunk))
    channels, bands, columns = trunk.output
    return Geometry(tuple(layers), (channels, bands, columns), trunk.bands, trunk.frames)


def count_outputs(size: int, kernel: int, stride: int, padding: str = "valid") -> int:
    """Count the places of a kernel along an axis."""
    return -(-size // stride) if padding == "same" else (size - kernel) // stride + 1


def same_total(size: int, kernel: int, stride: int) -> int:
    """Count the zeros that "same" padding adds along an axis, both ends together (TensorFlow's rule)."""
    return max(0, (-(-size // stride) - 1) * stride + kernel - size)


def _trunk_layers(recipe: Recipe) -> Iterator[Layer]:
    channels = 2 if recipe.network.position else 1
    last = Layer("input", "input", (channels, recipe.n_bands, recipe.window_frames), Reach(), Reach())
    for n, stage in enumerate(recipe.network.stage):
        if stage.kind == "conv1d" and last.output[1] > 1:
            channels, bands, columns = last.output
            last = replace(last, output=(channels * bands, 1, columns), bands=last.bands.whole(bands))
        last = _convolution(stage, last, f"network.stage.{n}", recipe.network.padding)
        yield last
        if stage.pool is not None:
            last = _pool(stage.pool, stage.kind, last, f"network.stage.{n}.pool")
            yield last


def _convolution(stage: Stage, below: Layer, name: str, padding: str) -> Layer:
    kernel, stride = pair(stage.kernel, stage.kind), pair(stage.stride, stage.kind)
    channels, *size = below.output
    pads = (0, 0)
    padded = 0
    if padding == "same":
        bands, columns = (count_outputs(n, k, s, padding) for n, k, s in zip(size, kernel, stride))
        totals = [same_total(n, k, s) for n, k, s in zip(size, kernel, stride)]
        pads = (totals[0] // 2, totals[1] // 2)
        padded = channels * (size[0] + totals[0]) * (size[1] + totals[1])
    else:
        bands, columns = _fit(size, kernel, stride, name, "kernel")
    output = (stage.filters, bands, columns)
    taps = prod(kernel) * channels
    projected = channels * stage.filters if stage.residual and channels != stage.filters else 0
    return Layer(
        name=name,
        kind=stage.kind
        + (", batch norm" if stage.norm == "batch" else "")
        + (", residual" if stage.residual else "")
        + f", {stage.activation}",
        kernel=kernel,
        stride=stride,
        output=output,
        parameters=(taps + 1) * stage.filters + projected + (2 * stage.filters if stage.norm == "batch" else 0),
        multiply_adds=prod(output) * taps + bands * columns * projected,
        connections=prod(output) * taps,
        dense_connections=prod(below.output) * prod(output),
        padded=padded,
        bands=below.bands.through(kernel[0], stride[0], pads[0]),
        frames=below.frames.through(kernel[1], stride[1], pads[1]),
    )


def _pool(pool: Pool, kind: str, below: Layer, name: str) -> Layer:
    size = pair(pool.size, kind)
    stride = size if pool.stride is None else pair(pool.stride, kind)
    channels, *shape = below.output
    output = (channels, *_fit(shape, size, stride, name, "size"))
    return Layer(
        name=name,
        kind=f"{pool.kind} pooling",
        kernel=size,
        stride=stride,
        output=output,
        connections=prod(output) * prod(size),
        dense_connections=prod(below.output) * prod(output),
        bands=below.bands.through(size[0], stride[0]),
        frames=below.frames.through(size[1], stride[1]),
    )


def _fit(size: list[int], kernel: tuple[int, int], stride: tuple[int, int], name: str, key: str) -> tuple[int, int]:
    if size[0] < kernel[0] or size[1] < kernel[1]:
        raise ConfigurationError(
            f"{name}.{key}: {kernel[0]} bands x {kernel[1]} frames do not fit into the {size[0]} x {size[1]} "
            "that reach it; "
            "use a longer window.duration, more bands, or fewer and smaller kernels and pools"
        )
    return count_outputs(size[0], kernel[0], stride[0]), count_outputs(size[1], kernel[1], stride[1])


def _head_layers(recipe: Recipe, trunk: Layer) -> Iterator[Layer]:
    network, dense = recipe.network, recipe.network.dense
    last = trunk
    if network.grid is not None:
        last = _grid(network.grid, trunk)
        yield last
    channels, bands, columns = last.output
    last = replace(_bare(last), output=(columns, channels * bands), bands=trunk.bands.whole(trunk.output[1]))
    window = trunk.frames.whole(trunk.output[2])
    if network.recurrent is not None:
        last = replace(_recurrent(network.recurrent, last), frames=window)
        yield last
        if dense.per == "window" and network.recurrent.summary != "flatten":
            summary = network.recurrent.summary
            kind = "mean of columns" if summary == "mean" else "last column"
            last = replace(_bare(last), name="network.recurrent.summary", kind=kind, output=last.output[1:])
            yield last
    if dense.per == "window" and len(last.output) == 2:
        last = replace(_bare(last), name="flatten", kind="flatten", output=(prod(last.output),), frames=window)
        yield last
    for n, units in enumerate(dense.units):
        last = _dense(last, f"network.dense.{n}", units, dense.activation)
        yield last
    yield _dense(last, "network.dense.output", recipe.n_outputs, dense.output)


def _grid(grid: Grid, below: Layer) -> Layer:
    """Pool to cells that cover everything and may overlap; their reach is that of the largest."""
    channels, *shape = below.output
    output = (channels, *grid.size)
    spans = [[end - start for start, end in grid_cells(n, cells)] for n, cells in zip(shape, grid.size)]
    bands, frames = (
        replace(reach.whole(max(span)), step=max(1, round(reach.step * n / cells)))
        for reach, span, n, cells in zip((below.bands, below.frames), spans, shape, grid.size)
    )
    return Layer(
        name="network.grid",
        kind=f"adaptive {grid.kind} pooling",
        output=output,
        connections=channels * sum(spans[0]) * sum(spans[1]),
        dense_connections=prod(below.output) * prod(output),
        bands=bands,
        frames=frames,
    )


def grid_cells(places: int, cells: int) -> list[tuple[int, int]]:
    """List where the cells of an adaptive pooling begin and end; they cover all places, and may overlap."""
    return [(i * places // cells, -(-(i + 1) * places // cells)) for i in range(cells)]


def _bare(layer: Layer) -> Layer:
    return Layer(layer.name, layer.kind, layer.output, layer.bands, layer.frames)


def _recurrent(spec: Recurrent, below: Layer) -> Layer:
    columns, features = below.output
    gates = 3 if spec.cell == "gru" else 4
    directions = 2 if spec.bidirectional else 1
    parameters = products = 0
    for layer in range(spec.layers):
        width = features if layer == 0 else spec.units * directions
        weights = gates * spec.units * (width + spec.units) * directions
        products += weights * columns
        parameters += weights + 2 * gates * spec.units * directions
    output = (columns, spec.units * directions)
    return replace(
        _bare(below),
        name="network.recurrent",
        kind=("bidirectional " if spec.bidirectional else "") + spec.cell,
        output=output,
        parameters=parameters,
        multiply_adds=products,
        connections=products,
        dense_connections=prod(below.output) * prod(output),
    )


def _dense(below: Layer, name: str, units: int, activation: str) -> Layer:
    *columns, features = below.output
    rows = columns[0] if columns else 1
    return replace(
        _bare(below),
        name=name,
        kind=f"dense, {activation}",
        output=(*columns, units),
        parameters=(features + 1) * units,
        multiply_adds=rows * features * units,
        connections=rows * features * units,
        dense_connections=rows * features * rows * units,
    )
