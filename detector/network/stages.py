"""One convolution stage: convolution, norm, skip connection, activation, pooling, dropout."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from detector.network.geometry import pair, same_total
from detector.network.norm import normed
from detector.recipe import Pool, Stage

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "linear": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}

EXACTLY_RISING = ("linear", "relu", "leaky_relu")
"""Activations that never fall, rounding included: the maximum may be taken before them, with the same bits."""


class Pace:
    """The strides and dilations in time of a stack of layers, from the lowest to the highest.

    Parameters
    ----------
    most_frames : int, optional
        Largest number of frames between two columns; no limit by default.

    Attributes
    ----------
    dilation : int
        Dilation in time of the next layer.
    """

    def __init__(self, most_frames: int | None = None) -> None:
        self.dilation = 1
        self._most_frames = most_frames
        self._step = 1  # frames between two inputs of the next layer

    def take(self, stride: int) -> int:
        """Return the stride that the next layer may have in time, and dilate the layers above it where it is less.

        Parameters
        ----------
        stride : int
            The layer's stride in the recipe.
        """
        if self._most_frames is None or (self.dilation == 1 and self._step * stride <= self._most_frames):
            self._step *= stride
            return stride
        self.dilation *= stride
        return 1


class ConvolutionStage(nn.Module):
    """Convolution, norm, skip connection, activation, pooling and dropout, in this order.

    A 1-D convolution is built as a 2-D one whose kernel is one band high, because `BandsAsChannels` leaves one band.

    Parameters
    ----------
    spec : Stage
        What the recipe says of the stage.
    channels : int
        Channels of its input.
    padding : str
        "valid" or "same".
    pace : Pace
        Gives stride and dilation in time.
    """

    def __init__(self, spec: Stage, channels: int, padding: str, pace: Pace) -> None:
        super().__init__()
        kernel = pair(spec.kernel, spec.kind)
        band_stride, frame_stride = pair(spec.stride, spec.kind)
        dilation = (1, pace.dilation)
        stride = (band_stride, pace.take(frame_stride))
        self.pad = SamePadding(kernel, stride) if padding == "same" else nn.Identity()
        self.convolution = nn.Conv2d(channels, spec.filters, kernel, stride, dilation=dilation)
        self.norm = nn.BatchNorm2d(spec.filters) if spec.norm == "batch" else nn.Identity()
        self.skip = Skip(channels, self.convolution, padding) if spec.residual else None
        self.activation = ACTIVATIONS[spec.activation]()
        self.pool = pooling(spec.pool, spec.kind, pace) if spec.pool else nn.Identity()
        self.dropout = nn.Dropout2d(spec.dropout) if spec.dropout else nn.Identity()
        self._pool_first = isinstance(self.pool, nn.MaxPool2d) and spec.activation in EXACTLY_RISING

    def forward(self, features: Tensor) -> Tensor:
        """Map (batch, channel, band, frame) to (batch, filter, band, column)."""
        convolved = self.convolution(self.pad(features))
        if self._pool_first and self.skip is None:
            return self.dropout(self.activation(normed(convolved, self.norm, self.pool)))
        convolved = normed(convolved, self.norm)
        if self.skip is not None:
            convolved = convolved + self.skip(features, convolved)
        if self._pool_first:  # the same numbers with fewer operations
            return self.dropout(self.activation(self.pool(convolved)))
        return self.dropout(self.pool(self.activation(convolved)))


def pooling(spec: Pool, kind: str, pace: Pace) -> nn.Module:
    """Build a maximum or mean pooling.

    Parameters
    ----------
    spec : Pool
        What the recipe says of it.
    kind : str
        Kind of its stage: "conv2d" or "conv1d".
    pace : Pace
        Gives stride and dilation in time.
    """
    size = pair(spec.size, kind)
    band_stride, frame_stride = size if spec.stride is None else pair(spec.stride, kind)
    dilation = (1, pace.dilation)
    stride = (band_stride, pace.take(frame_stride))
    return nn.MaxPool2d(size, stride, dilation=dilation) if spec.kind == "max" else MeanPool(size, stride, dilation)


class MeanPool(nn.AvgPool2d):
    """Mean pooling with dilation in time, which `nn.AvgPool2d` does not have.

    Parameters
    ----------
    size, stride, dilation : (int, int)
        (bands, columns). With a dilation above 1 in time, the stride in time must be 1, as `Pace` gives it.
    """

    def __init__(self, size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]) -> None:
        super().__init__(size, stride)
        self.size = size
        self.band_stride = stride[0]
        self.dilation = dilation

    def forward(self, features: Tensor) -> Tensor:
        """Map (batch, channel, band, column) to fewer bands and columns."""
        dilation = self.dilation[1]
        if dilation == 1:
            return super().forward(features)
        n_bands, n_columns = self.size
        pooled_bands = nn.functional.avg_pool2d(features, (n_bands, 1), (self.band_stride, 1))
        reach = (n_columns - 1) * dilation
        n_outputs = pooled_bands.shape[-1] - reach
        shifted = [pooled_bands[..., start : start + n_outputs] for start in range(0, reach + 1, dilation)]
        return torch.stack(shifted).mean(dim=0)


class SamePadding(nn.Module):
    """Pad with zeros so that the output has ceil(input / stride) places, as TensorFlow's "same" does.

    Parameters
    ----------
    kernel, stride : (int, int)
        (bands, frames) of the convolution above.
    """

    def __init__(self, kernel: tuple[int, int], stride: tuple[int, int]) -> None:
        super().__init__()
        self.kernel = kernel
        self.stride = stride

    def forward(self, features: Tensor) -> Tensor:
        """Pad bands and frames; where the number of zeros is odd, the end gets one more than the beginning."""
        pads: list[int] = []
        for axis in (1, 0):  # `pad` begins with the last axis
            size = features.shape[2 + axis]
            total = same_total(size, self.kernel[axis], self.stride[axis])
            pads += [total // 2, total - total // 2]
        return nn.functional.pad(features, pads)


class Skip(nn.Module):
    """A skip connection: the input of a convolution, aligned with its output.

    The input is cropped to the centres of the kernels and subsampled by the stride. Where the convolution changes the
    number of channels, a 1 x 1 convolution projects it.
    """

    def __init__(self, channels: int, convolution: nn.Conv2d, padding: str) -> None:
        super().__init__()
        self.kernel = convolution.kernel_size
        self.stride = convolution.stride
        self.dilation = convolution.dilation
        self.same = padding == "same"
        filters = convolution.out_channels
        self.project = nn.Conv2d(channels, filters, 1, bias=False) if channels != filters else nn.Identity()

    def forward(self, features: Tensor, convolved: Tensor) -> Tensor:
        """Align `features` with the output of the convolution, `convolved`."""
        first_band = self.start(features.shape[2], 0)
        first_frame = self.start(features.shape[3], 1)
        aligned = features[:, :, first_band :: self.stride[0], first_frame :: self.stride[1]]
        return self.project(aligned[:, :, : convolved.shape[2], : convolved.shape[3]])

    def start(self, size: int, axis: int) -> int:
        """Find the centre of the first kernel along axis 0 (bands) or 1 (frames) with `size` places."""
        centre = (self.kernel[axis] - 1) // 2 * self.dilation[axis]
        if not self.same:
            return centre
        return max(0, centre - same_total(size, self.kernel[axis], self.stride[axis]) // 2)
