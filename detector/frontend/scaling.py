"""The scaling half of a front end: band power to a scaled spectrogram, with the statistics of the training set.

Nothing here looks at a window as a whole: each frame depends on itself and on the past, so overlapping windows see
the same scaled frames. What depends on the past is one linear filter over power, whose state travels with the stream.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from detector.recipe import Decibel, Pcen, Recipe, Unscaled, Waveform

CHUNK = 128  # frames that the smoother takes in one matrix product
SETTLED = 32.0  # time constants, after which a sound 130 dB above the rest is below the rounding of float32
CONSTANT = 1e-5  # a deviation below this share of the mean is rounding in float32


class Smoother(nn.Module):
    """A first-order low-pass filter over frames, m[t] = (1 - b) m[t-1] + b x[t].

    The coefficient is librosa's: b = (sqrt(1 + 4 T^2) - 1) / (2 T^2) for a time constant of T frames. Before the first
    frame the state is the first frame, unless one is given.
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
        """Count the frames after which float32 does not tell any more from what state the filter began."""
        return math.ceil(SETTLED / -math.log1p(-self.coefficient)) if self.coefficient < 1 else 1

    def forward(self, power: Tensor, state: Tensor | None) -> Tensor:
        """Smooth (batch, band, frame) from a state (batch, band): the value before the first frame."""
        last = power[..., 0] if state is None else state
        smooth = []
        for chunk in power.split(CHUNK, dim=-1):
            n = chunk.shape[-1]
            smooth.append(chunk @ self.rise[:n, :n] + last[..., None] * self.decay[:n])
            last = smooth[-1][..., -1]
        return torch.cat(smooth, dim=-1)


class ToDecibel(nn.Module):
    """10 log10 of power, floored; against the slow background where the recipe asks for it."""

    def __init__(self, spec: Decibel) -> None:
        super().__init__()
        self.floor = 10 ** (spec.floor / 10)

    def forward(self, power: Tensor, smooth: Tensor | None) -> Tensor:
        """Scale (batch, band, frame)."""
        level = power.clamp(min=self.floor).log10_().mul_(10)
        return level if smooth is None else level - 10 * torch.log10(smooth.clamp(min=self.floor))


class PerChannelEnergyNormalization(nn.Module):
    """PCEN: (power / (eps + smooth)^gain + bias)^r - bias^r (Wang et al. 2017, "Trainable frontend"), as librosa."""

    def __init__(self, spec: Pcen) -> None:
        super().__init__()
        self.spec = spec

    def forward(self, power: Tensor, smooth: Tensor | None) -> Tensor:
        """Scale (batch, band, frame) by its own slow mean."""
        assert smooth is not None
        spec = self.spec
        gained = torch.exp(-spec.gain * (math.log(spec.eps) + torch.log1p(spec.scale * smooth / spec.eps)))
        scaled = spec.scale * power * gained
        if spec.power == 0:
            return torch.log1p(scaled)
        if spec.bias == 0:
            return scaled**spec.power
        return spec.bias**spec.power * torch.expm1(spec.power * torch.log1p(scaled / spec.bias))


class AsIs(nn.Module):
    """Leave power as it is."""

    def forward(self, power: Tensor, smooth: Tensor | None) -> Tensor:
        """Give `power`."""
        del smooth
        return power


class Scale(nn.Module):
    """Scale band power and bring each band to mean 0 and deviation 1 of the training set.

    Attributes
    ----------
    mean, deviation : Tensor
        (band, 1), zero and one until `set_statistics` is given those of the training set.
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
        """Count the frames that the scaling of a frame depends on before it."""
        return 0 if self.smoother is None else self.smoother.settled

    def smooth(self, power: Tensor, state: Tensor | None) -> Tensor | None:
        """Follow the slow mean of (batch, band, frame), where one is needed; its last frame is the next state."""
        return None if self.smoother is None else self.smoother(power, state)

    def forward(self, power: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """Scale (batch, band, frame); give the scaled frames and the state after them."""
        smooth = self.smooth(power, state)
        scaled = (self.scaling(power, smooth) - self.mean).div_(self.deviation)
        return scaled, None if smooth is None else smooth[..., -1]

    def set_statistics(self, mean: Tensor, deviation: Tensor) -> None:
        """Store the mean and deviation, (band,) each, of scaled frames of the training set.

        A band that did not vary there (one above what its recordings hold, say) is centred and left at its own size:
        divided by next to nothing, it would drown all others in a recording where it does vary.
        """
        varies = deviation > CONSTANT * mean.abs()
        self.mean.copy_(mean[:, None])
        self.deviation.copy_(torch.where(varies, deviation, 1.0)[:, None])


def _smoother(recipe: Recipe) -> Smoother | None:
    match recipe.frontend:
        case Waveform():
            return None
        case spec:
            slow = spec.scaling.time_constant if isinstance(spec.scaling, Pcen) else spec.background
            return None if slow is None else Smoother(slow, recipe.frame_rate)


def _scaling(recipe: Recipe) -> nn.Module:
    match recipe.frontend.scaling:
        case Decibel() as spec:
            return ToDecibel(spec)
        case Pcen() as spec:
            return PerChannelEnergyNormalization(spec)
        case Unscaled():
            return AsIs()
