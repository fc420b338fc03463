"""The linear half of a front end: samples to band power, frame by frame.

Frame k is centred on sample k * hop_length (as librosa with `center=True` and zeros beyond the ends), and a recording
of n samples has ceil(n / hop_length) frames. Power is additive: that of a mixture is the sum of the powers, on average.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

from detector.recipe import ConstantQ, Linear, Recipe, Waveform, linear_bins


class BandPower(nn.Module):
    """Map (batch, sample) to (batch, band, frame): 1 + (samples - n_fft) // hop_length frames, nothing padded.

    Attributes
    ----------
    n_fft, hop_length : int
        Samples that a frame sees, and from one frame to the next.
    """

    n_fft: int
    hop_length: int

    @property
    def lead(self) -> int:
        """Samples of a frame that lie before its centre."""
        return self.n_fft // 2

    def count_frames(self, n_samples: int) -> int:
        """Count the frames of a recording."""
        return -(-n_samples // self.hop_length)


class FourierPower(BandPower):
    """Power of a Hann-windowed Fourier transform, in the bins from `first` up to `last` (excluded)."""

    window: Tensor

    def __init__(self, n_fft: int, hop_length: int, first: int, last: int) -> None:
        super().__init__()
        self.n_fft, self.hop_length = n_fft, hop_length
        self.first, self.last = first, last
        self.register_buffer("window", torch.hann_window(n_fft, dtype=torch.float32), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Give the power of each bin."""
        frames = samples.unfold(-1, self.n_fft, self.hop_length)  # (batch, frame, sample)
        spectrum = torch.fft.rfft(frames * self.window)[..., self.first : self.last]
        squares = torch.view_as_real(spectrum.transpose(1, 2).contiguous()).square()  # (batch, bin, frame, part)
        return squares[..., 0] + squares[..., 1]


class FilterBank(FourierPower):
    """Fourier power summed in bands by a matrix of weights (band, bin), nearly all of them zero."""

    filters: Tensor

    def __init__(self, n_fft: int, hop_length: int, filters: Tensor) -> None:
        super().__init__(n_fft, hop_length, 0, n_fft // 2 + 1)
        self.register_buffer("filters", filters)
        self._sparse = _sparse(filters)

    def forward(self, samples: Tensor) -> Tensor:
        """Give band power."""
        power = super().forward(samples)  # (batch, bin, frame)
        if power.device.type != "cpu":
            return self.filters @ power
        summed = [self._sparse @ channel for channel in power]
        return torch.stack(summed) if len(summed) > 1 else summed[0][None]

    def _load_from_state_dict(self, *arguments: Any) -> None:
        super()._load_from_state_dict(*arguments)
        self._sparse = _sparse(self.filters)


def _sparse(filters: Tensor) -> Tensor:
    """Give a matrix by the rows of what is not zero, which takes a sixth of the time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch calls this layout a beta
        return filters.detach().cpu().to_sparse_csr()


class ConstantQPower(BandPower):
    """Power of constant-Q filters, by the product of spectra (Brown & Puckette 1992)."""

    filters: Tensor

    def __init__(self, hop_length: int, filters: Tensor) -> None:
        super().__init__()
        self.n_fft, self.hop_length = 2 * (filters.shape[-1] - 1), hop_length
        self.register_buffer("filters", filters)

    def forward(self, samples: Tensor) -> Tensor:
        """Give band power."""
        frames = samples.unfold(-1, self.n_fft, self.hop_length)  # (batch, frame, sample)
        spectrum = torch.fft.rfft(frames)
        re, im = self.filters  # (band, bin) each
        real = spectrum.real @ re.T - spectrum.imag @ im.T
        imag = spectrum.real @ im.T + spectrum.imag @ re.T
        return (real.square() + imag.square()).transpose(1, 2)


class Samples(BandPower):
    """The waveform as it is: one band, a frame a sample."""

    def __init__(self) -> None:
        super().__init__()
        self.n_fft, self.hop_length = 1, 1

    def forward(self, samples: Tensor) -> Tensor:
        """Give the samples as one band."""
        return samples.unsqueeze(1)


def band_power(recipe: Recipe, filters: Tensor) -> BandPower:
    """Build the linear half of a recipe's front end from its filters."""
    match recipe.frontend:
        case Waveform():
            return Samples()
        case ConstantQ() as spec:
            return ConstantQPower(spec.hop_length, filters)
        case Linear(n_bands=None) as spec:
            return FourierPower(spec.n_fft, spec.hop_length, *linear_bins(spec, recipe.audio.sample_rate))
        case spec:
            return FilterBank(spec.n_fft, spec.hop_length, filters)
