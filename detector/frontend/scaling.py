"""The scaling half of a front end: band power to a scaled spectrogram, with the statistics of the training set.

A scaled frame depends on the frame itself and on the frames before it, never on the window. Overlapping windows
therefore share their scaled frames. The past enters through one linear filter over power, whose state is carried along.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from detector.recipe import Decibel, Pcen, Recipe, Unscaled, Waveform

CHUNK = 128  # frames that the smoother filters in one matrix product
SETTLED = 32.0
"""Time constants after which the filter forgets: a sound 130 dB above the rest is then below float32's rounding."""

CONSTANT = 1e-5
"""A band is constant when its deviation is below this fraction of its mean: that much is rounding in float32."""


class Smoother(nn.Module):
    """A first-order low-pass filter over frames: m[t] = (1 - b) m[t-1] + b x[t].

    The coefficient b is that of librosa's `pcen`: b = (sqrt(1 + 4 T^2) - 1) / (2 T^2) for a time constant of T frames.

    Parameters
    ----------
    time_constant : float
        In s.
    frame_rate : float
        Frames per second.
    """

    decay: Tensor
    rise: Tensor

    def __init__(self, time_constant: float, frame_rate: float) -> None:
        super().__init__()
        frames = time_constant * frame_rate
        self.coefficient = (math.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
        keep = torch.tensor(1 - self.coefficient, dtype=torch.float64)
        steps = torch.arange(CHUNK, dtype=torch.float64)
        lag = steps[None, :] - steps[:, None]  # (from, to)
        rise = torch.where(lag >= 0, self.coefficient * keep ** lag.clamp(min=0), 0.0)
        self.register_buffer("rise", rise.float(), persistent=False)
        self.register_buffer("decay", (keep ** (steps + 1)).float(), persistent=False)

    @property
    def settled(self) -> int:
        """Number of frames after which the filter's first state has no effect in float32."""
        return math.ceil(SETTLED / -math.log1p(-self.coefficient)) if self.coefficient < 1 else 1

    def forward(self, power: Tensor, state: Tensor | None) -> Tensor:
        """Smooth band power.

        Parameters
        ----------
        power : Tensor
            (batch, band, frame).
        state : Tensor or None
            (batch, band), the smoothed value before the first frame; None for the first frame itself.
        """
        last = power[..., 0] if state is None else state
        smoothed = []
        for chunk in power.split(CHUNK, dim=-1):
            n = chunk.shape[-1]
            smoothed.append(chunk @ self.rise[:n, :n] + last[..., None] * self.decay[:n])
            last = smoothed[-1][..., -1]
        return torch.cat(smoothed, dim=-1)


class ToDecibel(nn.Module):
    """10 log10 of power, not below a floor, less the level of the smoothed power where there is one."""

    def __init__(self, spec: Decibel) -> None:
        super().__init__()
        self.floor = 10 ** (spec.floor / 10)

    def forward(self, power: Tensor, smooth: Tensor | None) -> Tensor:
        """Scale (batch, band, frame)."""
        level = power.clamp(min=self.floor).log10_().mul_(10)
        return level if smooth is None else level - 10 * torch.log10(smooth.clamp(min=self.floor))


class PerChannelEnergyNormalization(nn.Module):
    """PCEN (Wang et al. 2017, "Trainable frontend", in librosa's form).

    It is (power / (eps + smooth)^gain + bias)^r - bias^r, where r is the recipe's `power`.
    """

    def __init__(self, spec: Pcen) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, power: Tensor, smooth: Tensor | None) -> Tensor:
        """Scale (batch, band, frame) by its own slow mean."""
        assert smooth is not None
        spec = self.spec
        gain = torch.exp(-spec.gain * (math.log(spec.eps) + torch.log1p(spec.scale * smooth / spec.eps)))
        scaled = spec.scale * power * gain
        if spec.power == 0:
            return torch.log1p(scaled)
        if spec.bias == 0:
            return scaled**spec.power
        return spec.bias**spec.power * torch.expm1(spec.power * torch.log1p(scaled / spec.bias))


class AsIs(nn.Module):
    """Leave power as it is."""

    def forward(self, power: Tensor, smooth: Tensor | None) -> Tensor:
        """Return `power`."""
        del smooth
        return power


class Scale(nn.Module):
    """Scale band power, then standardize each band: mean 0 and standard deviation 1 over the training set.

    Attributes
    ----------
    mean, deviation : Tensor
        (band, 1); 0 and 1 until `set_statistics` sets those of the training set.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self.smoother = _smoother(recipe)
        self.scaling = _scaling(recipe)
        self.register_buffer("mean", torch.zeros(recipe.n_bands, 1))
        self.register_buffer("deviation", torch.ones(recipe.n_bands, 1))

    @property
    def settled(self) -> int:
        """Number of earlier frames that the scaling of a frame depends on."""
        return 0 if self.smoother is None else self.smoother.settled

    def smooth(self, power: Tensor, state: Tensor | None) -> Tensor | None:
        """Smooth (batch, band, frame) from a state; None where the scaling needs no smoothed power.

        The last frame of the result is the state for the frames that follow.
        """
        return None if self.smoother is None else self.smoother(power, state)

    def forward(self, power: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Scale (batch, band, frame) from a state (batch, band); return the scaled frames and the state after them."""
        smooth = self.smooth(power, state)
        scaled = (self.scaling(power, smooth) - self.mean).div_(self.deviation)
        return scaled, None if smooth is None else smooth[..., -1]

    def set_statistics(self, mean: Tensor, deviation: Tensor) -> None:
        """Store the mean and the standard deviation, (band,) each, of scaled frames of the training set.

        A band that does not vary in the training set, for example one above the band of its recordings, is centred but
        not divided. Divided by nearly zero, it would outweigh all others in a recording where it does vary.
        """
        varies = deviation > CONSTANT * mean.abs()
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(torch.where(varies, deviation, 1.0)[:, None])


def _smoother(recipe: Recipe) -> Smoother | None:
    match recipe.frontend:
        case Waveform():
            return None
        case spec:
            time_constant = spec.scaling.time_constant if isinstance(spec.scaling, Pcen) else spec.background
            return None if time_constant is None else Smoother(time_constant, recipe.frame_rate)


def _scaling(recipe: Recipe) -> nn.Module:
    match recipe.frontend.scaling:
        case Decibel() as spec:
            return ToDecibel(spec)
        case Pcen() as spec:
            return PerChannelEnergyNormalization(spec)
        case Unscaled():
            return AsIs()
