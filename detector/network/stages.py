"""The convolution stages: the trunk that shares its weights over time (and, in two dimensions, over frequency)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from detector.network.geometry import count_outputs, pair, same_total
from detector.network.norm import normed
from detector.recipe import Network, Pool, Stage

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

EXACTLY_RISING = ("linear", "relu", "leaky_relu")  # of the largest input they give the largest output, to the bit


class Trunk(nn.Module):
    """Convolution stages over a spectrogram, or over frames with bands as channels.

    Maps (batch, band, frame) to (batch, channel, band, column). Without padding, column j depends on the frames
    from j * S to j * S + R - 1 alone, S and R as `geometry.measure` gives them.

    Parameters
    ----------
    network : Network
        The stages.
    n_bands : int
        Rows of the spectrogram.
    step : int, optional
        Give a column for every `step` frames in the place of every S, one of `geometry.steps`. Layers whose stride
        would pass it take stride 1, and what follows is dilated: the "a trous" algorithm (Holschneider et al. 1989;
        Giusti et al. 2013 count what it saves). Every (S / step)-th column is that of the plain trunk.
    """

    def __init__(self, network: Network, n_bands: int, step: int | None = None) -> None:
        super().__init__()
        self.position = Position(n_bands) if network.position else nn.Identity()
        pace = Pace(step)
        stages: list[nn.Module] = []
        channels, bands = (2 if network.position else 1), n_bands
        for spec in network.stage:
            if spec.kind == "conv1d" and bands > 1:
                stages.append(BandsAsChannels())
                channels, bands = channels * bands, 1
            stages.append(ConvolutionStage(spec, channels, network.padding, pace))
            channels, bands = spec.filters, _bands_after(spec, bands, network.padding)
        self.stages = nn.Sequential(*stages)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Give the feature columns of scaled spectrograms."""
        return self.stages(self.position(spectrogram.unsqueeze(1)))


class Pace:
    """How layers move along time, so that no column is more than `finest` frames from the next."""

    def __init__(self, finest: int | None = None) -> None:
        self._finest, self._step = finest, 1
        self.dilation = 1

    def take(self, stride: int) -> int:
        """Take the next layer's stride in time; give the one to move by, and dilate what follows by the rest."""
        if self._finest is None or (self.dilation == 1 and self._step * stride <= self._finest):
            self._step *= stride
            return stride
        self.dilation *= stride
        return 1


def _bands_after(spec: Stage, bands: int, padding: str) -> int:
    bands = count_outputs(bands, pair(spec.kernel, spec.kind)[0], pair(spec.stride, spec.kind)[0], padding)
    if spec.pool is None:
        return bands
    size = pair(spec.pool.size, spec.kind)[0]
    step = size if spec.pool.stride is None else pair(spec.pool.stride, spec.kind)[0]
    return count_outputs(bands, size, step)


class Position(nn.Module):
    """Add a channel that rises from -1 at the lowest band to 1 at the highest (Liu et al. 2018, CoordConv)."""

    ramp: Tensor

    def __init__(self, n_bands: int) -> None:
        super().__init__()
        self.register_buffer("ramp", torch.linspace(-1, 1, n_bands).reshape(1, 1, n_bands, 1), persistent=False)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Map (batch, 1, band, frame) to (batch, 2, band, frame)."""
        batch, _, _, frames = spectrogram.shape
        ramp = self.ramp.to(spectrogram.dtype).expand(batch, 1, -1, frames)
        return torch.cat([spectrogram, ramp], dim=1)


class BandsAsChannels(nn.Module):
    """Turn (batch, channel, band, frame) into (batch, channel * band, 1, frame) for 1-D convolution over time."""

    def forward(self, features: Tensor) -> Tensor:
        """Flatten channels and bands."""
        return features.flatten(1, 2).unsqueeze(2)


class ConvolutionStage(nn.Module):
    """Convolution, norm, skip connection, activation, pooling, dropout.

    A 1-D convolution is a 2-D one whose kernel is one band high: `BandsAsChannels` has left one band.
    """

    def __init__(self, spec: Stage, channels: int, padding: str, pace: Pace) -> None:
        super().__init__()
        kernel, (across, along) = pair(spec.kernel, spec.kind), pair(spec.stride, spec.kind)
        dilation = (1, pace.dilation)
        stride = (across, pace.take(along))
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
        if self._pool_first:  # the same numbers, and less to compute
            return self.dropout(self.activation(self.pool(convolved)))
        return self.dropout(self.pool(self.activation(convolved)))


def pooling(spec: Pool, kind: str, pace: Pace) -> nn.Module:
    """Build the mean or maximum under a moving mask."""
    size = pair(spec.size, kind)
    across, along = size if spec.stride is None else pair(spec.stride, kind)
    dilation = (1, pace.dilation)
    stride = (across, pace.take(along))
    return nn.MaxPool2d(size, stride, dilation=dilation) if spec.kind == "max" else MeanPool(size, stride, dilation)


class MeanPool(nn.AvgPool2d):
    """The mean under a moving mask, whose columns may lie apart."""

    def __init__(self, size: tuple[int, int], stride: tuple[int, int], dilation: tuple[int, int]) -> None:
        super().__init__(size, stride)
        self.size, self.across, self.dilation = size, stride[0], dilation

    def forward(self, features: Tensor) -> Tensor:
        """Map (batch, channel, band, column) to fewer bands and columns."""
        apart = self.dilation[1]
        if apart == 1:
            return super().forward(features)
        (high, wide), across = self.size, self.across
        bands = nn.functional.avg_pool2d(features, (high, 1), (across, 1))
        reach = (wide - 1) * apart
        return torch.stack([bands[..., n : bands.shape[-1] - reach + n] for n in range(0, reach + 1, apart)]).mean(
            dim=0
        )


class SamePadding(nn.Module):
    """Pad with zeros so that the output has ceil(input / stride) places, as TensorFlow's "same"."""

    def __init__(self, kernel: tuple[int, int], stride: tuple[int, int]) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, features: Tensor) -> Tensor:
        """Pad bands and frames, the odd place after."""
        pads: list[int] = []
        for axis in (1, 0):
            size = features.shape[2 + axis]
            total = same_total(size, self.kernel[axis], self.stride[axis])
            pads += [total // 2, total - total // 2]
        return nn.functional.pad(features, pads)


class Skip(nn.Module):
    """Hand the input past a convolution: cropped to the kernels' centres, taken at the stride, projected if need be."""

    def __init__(self, channels: int, convolution: nn.Conv2d, padding: str) -> None:
        super().__init__()
        self.kernel, self.stride, self.dilation = convolution.kernel_size, convolution.stride, convolution.dilation
        self.same = padding == "same"
        filters = convolution.out_channels
        self.project = nn.Conv2d(channels, filters, 1, bias=False) if channels != filters else nn.Identity()

    def forward(self, features: Tensor, like: Tensor) -> Tensor:
        """Align `features` with the convolution's output `like`."""
        starts = [self.start(features.shape[2 + axis], axis) for axis in (0, 1)]
        aligned = features[:, :, starts[0] :: self.stride[0], starts[1] :: self.stride[1]]
        return self.project(aligned[:, :, : like.shape[2], : like.shape[3]])

    def start(self, size: int, axis: int) -> int:
        """Find the centre of the first kernel along an axis of `size` places."""
        centre = (self.kernel[axis] - 1) // 2 * self.dilation[axis]
        if not self.same:
            return centre
        return max(0, centre - same_total(size, self.kernel[axis], self.stride[axis]) // 2)
