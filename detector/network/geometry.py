"""The arithmetic of a network, layer by layer, without building it.

Everything else that needs the shape of a layer takes it from `measure`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

from detector.errors import ConfigurationError
from detector.network.layers import Geometry, Layer, Reach
from detector.recipe import Grid, Pool, Recipe, Recurrent, Stage


def pair(value: int | tuple[int, int], kind: str) -> tuple[int, int]:
    """Write a size of the recipe as (bands, frames); a 1-D convolution covers one band."""
    if isinstance(value, tuple):
        return value
    return (value, value) if kind == "conv2d" else (1, value)


def measure(recipe: Recipe) -> Geometry:
    """Compute the layers of a recipe's network for windows of the recipe's duration.

    Raises
    ------
    ConfigurationError
        If a layer needs more bands or frames than the layer below gives. The message names the key of the recipe,
        the size that is needed and the size that is there.
    """
    layers = list(_trunk_layers(recipe))
    trunk = layers[-1]
    layers.extend(_head_layers(recipe, trunk))
    channels, bands, columns = trunk.output
    return Geometry(tuple(layers), (channels, bands, columns), trunk.bands, trunk.frames)


def count_outputs(size: int, kernel: int, stride: int, padding: str = "valid") -> int:
    """Count the outputs of a kernel along an axis of `size` inputs; `padding` is "valid" or "same"."""
    return -(-size // stride) if padding == "same" else (size - kernel) // stride + 1


def same_total(size: int, kernel: int, stride: int) -> int:
    """Count the zeros that "same" padding adds along an axis, at both ends together (TensorFlow's rule)."""
    return max(0, (-(-size // stride) - 1) * stride + kernel - size)


def _trunk_layers(recipe: Recipe) -> Iterator[Layer]:
    channels = 2 if recipe.network.position else 1
    below = Layer("input", "input", (channels, recipe.n_bands, recipe.window_frames), Reach(), Reach())
    for n, stage in enumerate(recipe.network.stage):
        if stage.kind == "conv1d" and below.output[1] > 1:
            channels, bands, columns = below.output
            below = replace(below, output=(channels * bands, 1, columns), bands=below.bands.whole(bands))
        below = _convolution(stage, below, f"network.stage.{n}", recipe.network.padding)
        yield below
        if stage.pool is not None:
            below = _pool(stage.pool, stage.kind, below, f"network.stage.{n}.pool")
            yield below


def _convolution(stage: Stage, below: Layer, name: str, padding: str) -> Layer:
    kernel = pair(stage.kernel, stage.kind)
    stride = pair(stage.stride, stage.kind)
    channels, *size = below.output
    if padding == "same":
        bands, columns = (count_outputs(n, k, s, padding) for n, k, s in zip(size, kernel, stride))
        zeros = [same_total(n, k, s) for n, k, s in zip(size, kernel, stride)]
        padded = channels * (size[0] + zeros[0]) * (size[1] + zeros[1])
    else:
        bands, columns = _valid_outputs(size, kernel, stride, f"{name}.kernel")
        zeros = [0, 0]
        padded = 0
    output = (stage.filters, bands, columns)
    taps = prod(kernel) * channels
    projected = channels * stage.filters if stage.residual and channels != stage.filters else 0
    normed = 2 * stage.filters if stage.norm == "batch" else 0
    return Layer(
        name=name,
        kind=_convolution_kind(stage),
        kernel=kernel,
        stride=stride,
        output=output,
        parameters=(taps + 1) * stage.filters + projected + normed,
        multiply_adds=prod(output) * taps + bands * columns * projected,
        connections=prod(output) * taps,
        dense_connections=prod(below.output) * prod(output),
        padded=padded,
        bands=below.bands.through(kernel[0], stride[0], zeros[0] // 2),
        frames=below.frames.through(kernel[1], stride[1], zeros[1] // 2),
    )


def _convolution_kind(stage: Stage) -> str:
    norm = ", batch norm" if stage.norm == "batch" else ""
    residual = ", residual" if stage.residual else ""
    return f"{stage.kind}{norm}{residual}, {stage.activation}"


def _pool(pool: Pool, kind: str, below: Layer, name: str) -> Layer:
    size = pair(pool.size, kind)
    stride = size if pool.stride is None else pair(pool.stride, kind)
    channels, *shape = below.output
    output = (channels, *_valid_outputs(shape, size, stride, f"{name}.size"))
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


def _valid_outputs(size: list[int], kernel: tuple[int, int], stride: tuple[int, int], key: str) -> tuple[int, int]:
    """Count the outputs of a kernel along bands and frames without padding; refuse a kernel larger than its input."""
    if size[0] < kernel[0] or size[1] < kernel[1]:
        raise ConfigurationError(
            f"{key}: {kernel[0]} bands x {kernel[1]} frames do not fit into the {size[0]} bands x {size[1]} frames "
            "of the layer below; use a longer window.duration, more bands, or fewer and smaller kernels and pools"
        )
    return count_outputs(size[0], kernel[0], stride[0]), count_outputs(size[1], kernel[1], stride[1])


def _head_layers(recipe: Recipe, trunk: Layer) -> Iterator[Layer]:
    network = recipe.network
    dense = network.dense
    below = trunk
    if network.grid is not None:
        below = _grid(network.grid, trunk)
        yield below
    channels, bands, columns = below.output
    below = replace(_shape_only(below), output=(columns, channels * bands), bands=trunk.bands.whole(trunk.output[1]))
    window = trunk.frames.whole(trunk.output[2])
    if network.recurrent is not None:
        layers = _recurrent_layers(network.recurrent, below, window, summarized=dense.per == "window")
        yield from layers
        below = layers[-1]
    if dense.per == "window" and len(below.output) == 2:
        below = replace(_shape_only(below), name="flatten", kind="flatten", output=(prod(below.output),), frames=window)
        yield below
    for n, units in enumerate(dense.units):
        below = _dense(below, f"network.dense.{n}", units, dense.activation)
        yield below
    yield _dense(below, "network.dense.output", recipe.n_outputs, dense.output)


def _grid(grid: Grid, below: Layer) -> Layer:
    """Lay out adaptive pooling. Its cells may differ in size; the reach is that of the largest cell."""
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
    """List the first place of each cell of an adaptive pooling, and the place after its last one (as PyTorch does).

    The cells cover all places and may overlap.
    """
    return [(i * places // cells, -(-(i + 1) * places // cells)) for i in range(cells)]


def _shape_only(layer: Layer) -> Layer:
    """Copy a layer without its costs, as a base for the layer above it."""
    return Layer(layer.name, layer.kind, layer.output, layer.bands, layer.frames)


def _recurrent_layers(spec: Recurrent, below: Layer, window: Reach, *, summarized: bool) -> list[Layer]:
    """Lay out a recurrent layer, each column of which depends on the whole window, and its summary if it has one."""
    recurrent = replace(_recurrent(spec, below), frames=window)
    if not summarized or spec.summary == "flatten":
        return [recurrent]
    kind = "mean of columns" if spec.summary == "mean" else "last column"
    base = _shape_only(recurrent)
    return [recurrent, replace(base, name="network.recurrent.summary", kind=kind, output=recurrent.output[1:])]


def _recurrent(spec: Recurrent, below: Layer) -> Layer:
    columns, features = below.output
    gates = 3 if spec.cell == "gru" else 4
    directions = 2 if spec.bidirectional else 1
    parameters = 0
    products = 0
    for layer in range(spec.layers):
        width = features if layer == 0 else spec.units * directions
        weights = gates * spec.units * (width + spec.units) * directions
        products += weights * columns
        parameters += weights + 2 * gates * spec.units * directions
    output = (columns, spec.units * directions)
    return replace(
        _shape_only(below),
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
        _shape_only(below),
        name=name,
        kind=f"dense, {activation}",
        output=(*columns, units),
        parameters=(features + 1) * units,
        multiply_adds=rows * features * units,
        connections=rows * features * units,
        dense_connections=rows * features * rows * units,
    )
