"""A description of a model for people and for programs: layers, shapes, what one output sees, and what it all costs.

Everything is arithmetic on the recipe: nothing is built, so that a network too large for any machine can be described.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from detector.network.axes import Axes, Extent, empty_bands
from detector.network.geometry import BYTES, Geometry, Layer, Reach, Shape, measure
from detector.network.memory import network_too_large, too_large
from detector.recipe import ConstantQ, Pcen, Recipe, Waveform


@dataclass(frozen=True)
class FrontEndRow:
    """The front end: from samples to the spectrogram that the first layer sees.

    Attributes
    ----------
    kind, scaling : str
        As in the recipe.
    frame_ms : (float, float)
        What one frame sees, at the lowest and at the highest band.
    hop_ms : float
        From one frame to the next.
    low_hz, high_hz : float or None
        Where the lowest band begins and the highest ends; None for the waveform.
    band_hz : (float, float) or None
        Width of the lowest and of the highest band.
    output : (int, int, int)
        (channel, band, frame) of one window; the second channel, where there is one, is the position along the bands.
    """

    kind: str
    scaling: str
    frame_ms: tuple[float, float]
    hop_ms: float
    low_hz: float | None
    high_hz: float | None
    band_hz: tuple[float, float] | None
    output: Shape


@dataclass(frozen=True)
class LayerRow:
    """One layer.

    Attributes
    ----------
    layer, kind : str
        The key of the recipe that it comes from; what it is.
    kernel, stride : (int, int) or None
        (bands, frames); None for layers that have none.
    output : tuple of int
        (channel, band, column), (column, feature) or (feature,), of one window.
    parameters, multiply_adds, activation_bytes : int
        Trained numbers; products summed and bytes of output (float32) for one window.
    connections, dense_connections : int
        Pairs of input and output units that are joined, and those that a dense layer of the same shapes would join.
    connected : float or None
        Their ratio: how sparse the interaction is. None for layers without connections.
    shared : float or None
        Connections that use one parameter, on average; None for layers without parameters.
    sees : Extent
        The receptive field of one output, with the samples that the outer frames see.
    every : Extent or None
        From one output to the next; None where a window has but one.
    too_large : str or None
        Why this machine cannot hold it for training, and what would mend it.
    """

    layer: str
    kind: str
    kernel: tuple[int, int] | None
    stride: tuple[int, int] | None
    output: Shape
    parameters: int
    multiply_adds: int
    activation_bytes: int
    connections: int
    dense_connections: int
    connected: float | None
    shared: float | None
    sees: Extent
    every: Extent | None
    too_large: str | None


@dataclass(frozen=True)
class Totals:
    """What a model costs, in float32.

    Attributes
    ----------
    parameters, parameter_bytes, activation_bytes, multiply_adds : int
        All layers together; the last two for one window.
    multiply_adds_per_s : float
        For a second of sound, windows side by side.
    trunk_multiply_adds_per_s : float
        Of the convolution stages, in one pass over a second of sound, however much windows overlap.
    head_multiply_adds : int
        Of the layers above, for one window.
    shareable : bool
        Whether windows that overlap share their feature columns: nothing is padded in time.
    column_ms : float
        From one feature column to the next: windows share their columns when the hop is a multiple of it.
    unused_frames : int
        Frames at the end of a window that reach no column.
    """

    parameters: int
    parameter_bytes: int
    activation_bytes: int
    multiply_adds: int
    multiply_adds_per_s: float
    trunk_multiply_adds_per_s: float
    head_multiply_adds: int
    shareable: bool
    column_ms: float
    unused_frames: int


@dataclass(frozen=True)
class Description:
    """A model, described; `dataclasses.asdict` of it is what `detector describe` prints as JSON.

    Attributes
    ----------
    model : str
        What was described.
    sample_rate_hz, channel, window_s, labels, outputs
        From the recipe; `outputs` counts those of the last layer.
    frontend : FrontEndRow
    layers : tuple of LayerRow
        From the input upwards.
    trunk_sees, trunk_every : Extent
        Receptive field of a feature column (in one band of it), and the distance of columns.
    totals : Totals
    notes : tuple of str
        What a reader should know before using it.
    """

    model: str
    sample_rate_hz: int
    channel: str | int
    window_s: float
    labels: tuple[str, ...]
    outputs: int
    frontend: FrontEndRow
    layers: tuple[LayerRow, ...]
    trunk_sees: Extent
    trunk_every: Extent
    totals: Totals
    notes: tuple[str, ...]


def describe_recipe(name: str, recipe: Recipe, memory: int | None = None) -> Description:
    """Describe the model that a recipe makes.

    Parameters
    ----------
    name : str
        What to call it.
    recipe : Recipe
    memory : int, optional
        Bytes of the machine that would train it; this one's where it is not given.

    Raises
    ------
    ConfigurationError
        Where a layer needs more bands or frames than reach it.
    """
    geometry, axes = measure(recipe), Axes(recipe)
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
    one = axes.field(Reach(), Reach(), recipe.n_bands)
    low, high = axes.edge_hz(0), axes.edge_hz(recipe.n_bands)
    return FrontEndRow(
        kind=recipe.frontend.kind,
        scaling=recipe.frontend.scaling.kind,
        frame_ms=one.ms,
        hop_ms=1000 / recipe.frame_rate,
        low_hz=None if low is None else max(0.0, low),
        high_hz=None if high is None else min(recipe.audio.sample_rate / 2, high),
        band_hz=one.hz,
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
        every=axes.step(layer.bands, layer.frames, places) if _places(layer.output) > 1 else None,
        too_large=too_large(layer, memory),
    )


def _places(output: Shape) -> int:
    match output:
        case (_, bands, columns):
            return bands * columns
        case (columns, _):
            return columns
        case _:
            return 1


def _totals(recipe: Recipe, geometry: Geometry) -> Totals:
    trunk = [layer for layer in geometry.layers if layer.name.startswith("network.stage.")]
    per_frame = sum(layer.multiply_adds / layer.output[2] / layer.frames.step for layer in trunk)
    return Totals(
        parameters=geometry.parameters,
        parameter_bytes=geometry.parameters * BYTES,
        activation_bytes=geometry.activation_bytes,
        multiply_adds=geometry.multiply_adds,
        multiply_adds_per_s=geometry.multiply_adds / recipe.window.duration,
        trunk_multiply_adds_per_s=per_frame * recipe.frame_rate,
        head_multiply_adds=geometry.multiply_adds - sum(layer.multiply_adds for layer in trunk),
        shareable=recipe.network.padding == "valid",
        column_ms=1000 * geometry.frames.step / recipe.frame_rate,
        unused_frames=max(
            0, recipe.window_frames - geometry.frames.start - geometry.frames.whole(geometry.columns).size
        ),
    )


def _size_notes(geometry: Geometry, layers: tuple[LayerRow, ...], memory: int | None) -> Iterator[str]:
    reasons = [row.too_large for row in layers if row.too_large is not None]
    together = None if reasons else network_too_large(geometry, memory)
    for reason in reasons if together is None else [together]:
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
    if isinstance(recipe.frontend, ConstantQ):
        octaves = geometry.bands.size / recipe.frontend.bins_per_octave
        yield f"Bands are evenly spaced in octaves: a feature column sees {octaves:.3g} octaves, wherever it lies."
    if not isinstance(recipe.frontend, Waveform):
        slow = recipe.frontend.scaling
        time_constant = slow.time_constant if isinstance(slow, Pcen) else recipe.frontend.background
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
