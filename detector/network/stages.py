"""The convolution stages: the trunk that shares its weights over time (and, in two dimensions, over frequency)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from detector.network.geometry import count_outputs, pair, same_total
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


class Trunk(nn.Module):
    """Convolution stages over a spectrogram, or over frames with bands as channels.

    Maps (batch, band, frame) to (batch, channel, band, column). Without padding, column j depends on the frames
    from j * S to j * S + R - 1 alone, S and R as `geometry.measure` gives them.
    """

    def __init__(self, network: Network, n_bands: int) -> None:
        super().__init__()
        self.position = Position(n_bands) if network.position else nn.Identity()
        stages: list[nn.Module] = []
        channels, bands = (2 if network.position else 1), n_bands
        for spec in network.stage:
            if spec.kind == "conv1d" and bands > 1:
                stages.append(BandsAsChannels())
                channels, bands = channels * bands, 1
            stages.append(ConvolutionStage(spec, channels, network.padding))
            channels, bands = spec.filters, _bands_after(spec, bands, network.padding)
        self.stages = nn.Sequential(*stages)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Give the feature columns of scaled spectrograms."""
        return self.stages(self.position(spectrogram.unsqueeze(1)))


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

    def __init__(self, spec: Stage, channels: int, padding: str) -> None:
        super().__init__()
        kernel, stride = pair(spec.kernel, spec.kind), pair(spec.stride, spec.kind)
        self.pad = SamePadding(kernel, stride) if padding == "same" else nn.Identity()
        self.convolution = nn.Conv2d(channels, spec.filters, kernel, stride)
        self.norm = nn.BatchNorm2d(spec.filters) if spec.norm == "batch" else nn.Identity()
        self.skip = Skip(channels, spec, padding) if spec.residual else None
        self.activation = ACTIVATIONS[spec.activation]()
        self.pool = pooling(spec.pool, spec.kind) if spec.pool else nn.Identity()
        self.dropout = nn.Dropout2d(spec.dropout) if spec.dropout else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Map (batch, channel, band, frame) to (batch, filter, band, column)."""
        convolved = self.norm(self.convolution(self.pad(features)))
        if self.skip is not None:
            convolved = convolved + self.skip(features, convolved)
        return self.dropout(self.pool(self.activation(convolved)))


def pooling(spec: Pool, kind: str) -> nn.Module:
    """Build the mean or maximum under a moving mask."""
    size = pair(spec.size, kind)
    stride = size if spec.stride is None else pair(spec.stride, kind)
    return nn.MaxPool2d(size, stride) if spec.kind == "max" else nn.AvgPool2d(size, stride)


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

    def __init__(self, channels: int, spec: Stage, padding: str) -> None:
        super().__init__()
        self.kernel, self.stride = pair(spec.kernel, spec.kind), pair(spec.stride, spec.kind)
        self.same = padding == "same"
        project = channels != spec.filters
        self.project = nn.Conv2d(channels, spec.filters, 1, bias=False) if project else nn.Identity()

    def forward(self, features: Tensor, like: Tensor) -> Tensor:
        """Align `features` with the convolution's output `like`."""
        starts = [self._start(features.shape[2 + axis], axis) for axis in (0, 1)]
        aligned = features[:, :, starts[0] :: self.stride[0], starts[1] :: self.stride[1]]
        return self.project(aligned[:, :, : like.shape[2], : like.shape[3]])

    def _start(self, size: int, axis: int) -> int:
        centre = (self.kernel[axis] - 1) // 2
        if not self.same:
            return centre
        return max(0, centre - same_total(size, self.kernel[axis], self.stride[axis]) // 2)
