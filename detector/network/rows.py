"""What a description of a model consists of: the front end, a row for each layer, and the totals."""

from __future__ import annotations

from dataclasses import dataclass

from detector.network.axes import Extent
from detector.network.layers import Shape


@dataclass(frozen=True)
class FrontEndRow:
    """The front end: from samples to the spectrogram that the first layer gets.

    Attributes
    ----------
    kind, scaling : str
        As in the recipe.
    frame_ms : (float, float)
        Length of sound that one frame depends on, at the lowest and at the highest band.
    hop_ms : float
        From one frame to the next.
    low_hz, high_hz : float or None
        Lower edge of the lowest band and upper edge of the highest; None for the waveform.
    band_hz : (float, float) or None
        Width of the lowest and of the highest band; None for the waveform.
    output : (int, int, int)
        (channel, band, frame) of one window; with network.position, the second channel is the position of each band.
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
        Its key in the recipe; its kind, in words.
    kernel, stride : (int, int) or None
        (bands, frames); None for layers that have none.
    output : tuple of int
        (channel, band, column), (column, feature) or (feature,), of one window.
    parameters, multiply_adds, activation_bytes : int
        Trained numbers; multiply-adds, and bytes of output in float32, for one window.
    connections, dense_connections : int
        Pairs of an input and an output unit that are connected, and those that a dense layer of the same shapes has.
    connected : float or None
        Their ratio, from 0 to 1: how sparse the interaction is. None for layers without connections.
    shared : float or None
        Mean number of connections that use one parameter; None for layers without parameters.
    sees : Extent
        The receptive field of one output, including all samples that its first and last frame depend on.
    every : Extent or None
        Distance from one output to the next; None where a window has one output.
    too_large : str or None
        Why this machine cannot train the layer, and how to make it smaller; None where it can.
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
    """The cost of a model in float32.

    Attributes
    ----------
    parameters, parameter_bytes, activation_bytes, multiply_adds : int
        Sums over all layers; the last two for one window.
    multiply_adds_per_s : float
        For a second of sound, when windows do not overlap.
    trunk_multiply_adds_per_s : float
        Of the convolution stages in one pass over a second of sound; the overlap of windows does not matter.
    head_multiply_adds : int
        Of the layers above the convolution stages, for one window.
    shareable : bool
        Whether overlapping windows can share their feature columns, because nothing is padded in time.
    column_ms : float
        From one feature column to the next. Windows share columns when the hop is a multiple of it.
    unused_frames : int
        Frames at the end of a window that no column depends on.
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
    """A description of a model; `detector describe` prints `dataclasses.asdict` of it as JSON.

    Attributes
    ----------
    model : str
        Name or path of the model.
    sample_rate_hz, channel, window_s, labels
        From the recipe.
    outputs : int
        Outputs of the last layer.
    frontend : FrontEndRow
    layers : tuple of LayerRow
        From the input upwards.
    trunk_sees, trunk_every : Extent
        Receptive field of a feature column in one band of it, and the distance of columns.
    totals : Totals
    notes : tuple of str
        What a reader should know before using the model.
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
