"""Describe a model: layers, shapes, receptive fields and costs.

Everything is computed from the recipe. Nothing is built, so even a network too large for any machine can be described.
"""

from __future__ import annotations

from collections.abc import Iterator

from detector.network.axes import Axes, empty_bands
from detector.network.geometry import measure
from detector.network.layers import BYTES, Geometry, Layer, Reach, Shape
from detector.network.memory import network_too_large, too_large
from detector.network.rows import Description, FrontEndRow, LayerRow, Totals
from detector.recipe import ConstantQ, Pcen, Recipe, Waveform


def describe_recipe(name: str, recipe: Recipe, memory: int | None = None) -> Description:
    """Describe the model of a recipe.

    Parameters
    ----------
    name : str
        Name of the model in the description.
    recipe : Recipe
        The recipe to describe.
    memory : int, optional
        Bytes of memory of the machine that would train it; those of this machine by default.

    Raises
    ------
    ConfigurationError
        If a layer needs more bands or frames than the layer below gives.
    """
    geometry = measure(recipe)
    axes = Axes(recipe)
    layers = tuple(_layer_row(layer, axes, memory) for layer in geometry.layers)
    return Description(
        model=name,
        sample_rate_hz=recipe.audio.sample_rate,
        channel=recipe.audio.channel,
        window_s=recipe.window.duration,
        labels=recipe.labels.names,
        outputs=recipe.n_outputs,
        frontend=_frontend_row(recipe, axes),
        layers=layers,
        trunk_sees=axes.field(geometry.bands, geometry.frames, geometry.trunk_output[1]),
        trunk_every=axes.step(geometry.bands, geometry.frames, geometry.trunk_output[1]),
        totals=_totals(recipe, geometry),
        notes=(*_size_notes(geometry, layers, memory), *_notes(recipe, geometry)),
    )


def _frontend_row(recipe: Recipe, axes: Axes) -> FrontEndRow:
    frame = axes.field(Reach(), Reach(), recipe.n_bands)
    low_hz = axes.edge_hz(0)
    high_hz = axes.edge_hz(recipe.n_bands)
    return FrontEndRow(
        kind=recipe.frontend.kind,
        scaling=recipe.frontend.scaling.kind,
        frame_ms=frame.ms,
        hop_ms=1000 / recipe.frame_rate,
        low_hz=None if low_hz is None else max(0.0, low_hz),
        high_hz=None if high_hz is None else min(recipe.audio.sample_rate / 2, high_hz),
        band_hz=frame.hz,
        output=(2 if recipe.network.position else 1, recipe.n_bands, recipe.window_frames),
    )


def _layer_row(layer: Layer, axes: Axes, memory: int | None) -> LayerRow:
    places = layer.output[1] if len(layer.output) == 3 else 1
    return LayerRow(
        layer=layer.name.removeprefix("network."),
        kind=layer.kind,
        kernel=layer.kernel,
        stride=layer.stride,
        output=layer.output,
        parameters=layer.parameters,
        multiply_adds=layer.multiply_adds,
        activation_bytes=layer.activation_bytes,
        connections=layer.connections,
        dense_connections=layer.dense_connections,
        connected=layer.connections / layer.dense_connections if layer.dense_connections else None,
        shared=layer.connections / layer.parameters if layer.parameters else None,
        sees=axes.field(layer.bands, layer.frames, places),
        every=axes.step(layer.bands, layer.frames, places) if _count_places(layer.output) > 1 else None,
        too_large=too_large(layer, memory),
    )


def _count_places(output: Shape) -> int:
    """Count the places along bands and time that a layer has an output for."""
    match output:
        case (_, bands, columns):
            return bands * columns
        case (columns, _):
            return columns
        case _:
            return 1


def _totals(recipe: Recipe, geometry: Geometry) -> Totals:
    trunk = [layer for layer in geometry.layers if layer.name.startswith("network.stage.")]
    trunk_per_frame = sum(layer.multiply_adds / layer.output[2] / layer.frames.step for layer in trunk)
    used_frames = geometry.frames.start + geometry.frames.whole(geometry.columns).size
    return Totals(
        parameters=geometry.parameters,
        parameter_bytes=geometry.parameters * BYTES,
        activation_bytes=geometry.activation_bytes,
        multiply_adds=geometry.multiply_adds,
        multiply_adds_per_s=geometry.multiply_adds / recipe.window.duration,
        trunk_multiply_adds_per_s=trunk_per_frame * recipe.frame_rate,
        head_multiply_adds=geometry.multiply_adds - sum(layer.multiply_adds for layer in trunk),
        shareable=recipe.network.padding == "valid",
        column_ms=1000 * geometry.frames.step / recipe.frame_rate,
        unused_frames=max(0, recipe.window_frames - used_frames),
    )


def _size_notes(geometry: Geometry, layers: tuple[LayerRow, ...], memory: int | None) -> Iterator[str]:
    reasons = [row.too_large for row in layers if row.too_large is not None]
    if not reasons and (whole := network_too_large(geometry, memory)) is not None:
        reasons = [whole]
    for reason in reasons:
        yield f"Too large to train on this machine: {reason}."


def _notes(recipe: Recipe, geometry: Geometry) -> Iterator[str]:
    if not recipe.labels.names:
        yield (
            "labels.names is empty: the outputs will follow the annotations at `detector extract`; "
            f"shown here: {recipe.n_outputs}."
        )
    if recipe.network.padding == "same":
        yield (
            'network.padding = "same" puts zeros beyond the ends of each window: windows that overlap cannot share '
            "their features, and a scan computes each one anew."
        )
    if recipe.network.stage[0].kind == "conv1d" and recipe.n_bands > 1:
        yield f"The first convolution takes the {recipe.n_bands} bands as channels: weights are shared over time only."
    yield from _frontend_notes(recipe, geometry)


def _frontend_notes(recipe: Recipe, geometry: Geometry) -> Iterator[str]:
    if isinstance(recipe.frontend, ConstantQ):
        octaves = geometry.bands.size / recipe.frontend.bins_per_octave
        yield f"Bands are evenly spaced in octaves: a feature column sees {octaves:.3g} octaves, wherever it lies."
    if not isinstance(recipe.frontend, Waveform):
        scaling = recipe.frontend.scaling
        time_constant = scaling.time_constant if isinstance(scaling, Pcen) else recipe.frontend.background
        if time_constant is not None:
            yield (
                f"Each band is scaled by a slow mean of its past (time constant {time_constant:g} s), which reaches "
                "further back than the receptive fields shown."
            )
    empty = empty_bands(recipe.frontend, recipe.audio.sample_rate)
    if empty:
        yield (
            f"{empty} of {recipe.n_bands} mel bands lie between two Fourier bins and stay silent: "
            "use a larger frontend.n_fft, fewer frontend.n_bands or a higher frontend.fmin."
        )
