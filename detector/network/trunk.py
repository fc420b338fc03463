"""The trunk: convolution stages that share their weights over time and, in two dimensions, over frequency."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from detector.network.geometry import count_outputs, pair
from detector.network.stages import ConvolutionStage, Pace
from detector.recipe import Network, Stage


class Trunk(nn.Module):
    """Convolution stages over a spectrogram, or over frames with bands as channels.

    The trunk maps (batch, band, frame) to (batch, channel, band, column). Without padding, column j depends only on
    the frames from j * S to j * S + R - 1. `geometry.measure` gives S as `frames.step` and R as `frames.size`.

    Parameters
    ----------
    network : Network
        The stages.
    n_bands : int
        Rows of the spectrogram.
    step : int, optional
        Frames between columns, one of `Geometry.steps`; S by default. A layer whose stride would exceed `step` gets
        stride 1, and the layers above it are dilated: the "a trous" algorithm (Holschneider et al. 1989; Giusti et
        al. 2013 count what it saves). Every (S / step)-th column equals a column of the trunk with step S.
    """

    def __init__(self, network: Network, n_bands: int, step: int | None = None) -> None:
        super().__init__()
        self.position = Position(n_bands) if network.position else nn.Identity()
        pace = Pace(step)
        stages: list[nn.Module] = []
        channels = 2 if network.position else 1
        bands = n_bands
        for spec in network.stage:
            if spec.kind == "conv1d" and bands > 1:
                stages.append(BandsAsChannels())
                channels *= bands
                bands = 1
            stages.append(ConvolutionStage(spec, channels, network.padding, pace))
            channels = spec.filters
            bands = _bands_after(spec, bands, network.padding)
        self.stages = nn.Sequential(*stages)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Compute the feature columns of scaled spectrograms."""
        return self.stages(self.position(spectrogram.unsqueeze(1)))


def _bands_after(spec: Stage, bands: int, padding: str) -> int:
    """Count the bands that a stage gives."""
    convolved = count_outputs(bands, pair(spec.kernel, spec.kind)[0], pair(spec.stride, spec.kind)[0], padding)
    if spec.pool is None:
        return convolved
    size = pair(spec.pool.size, spec.kind)[0]
    stride = size if spec.pool.stride is None else pair(spec.pool.stride, spec.kind)[0]
    return count_outputs(convolved, size, stride)


class Position(nn.Module):
    """Add a channel that rises from -1 at the lowest band to 1 at the highest (Liu et al. 2018, CoordConv)."""

    ramp: Tensor

    def __init__(self, n_bands: int) -> None:
        super().__init__()
        self.register_buffer("ramp", torch.linspace(-1, 1, n_bands).reshape(1, 1, n_bands, 1), persistent=False)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Map (batch, 1, band, frame) to (batch, 2, band, frame)."""
        batch, _, _, n_frames = spectrogram.shape
        ramp = self.ramp.to(spectrogram.dtype).expand(batch, 1, -1, n_frames)
        return torch.cat([spectrogram, ramp], dim=1)


class BandsAsChannels(nn.Module):
    """Turn (batch, channel, band, frame) into (batch, channel * band, 1, frame) for 1-D convolution over time."""

    def forward(self, features: Tensor) -> Tensor:
        """Flatten channels and bands."""
        return features.flatten(1, 2).unsqueeze(2)
