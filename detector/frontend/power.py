"""The linear half of a front end: samples to band power, frame by frame.

Frame k is centred on sample k * hop_length, as in librosa with `center=True` and zeros beyond the ends. A recording of
n samples has ceil(n / hop_length) frames. On average, the power of a mixture is the sum of the powers.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

from detector.recipe import ConstantQ, Linear, Recipe, Waveform, linear_bins


class BandPower(nn.Module):
    """Map samples (batch, sample) to band power (batch, band, frame).

    Nothing is padded: n samples give 1 + (n - n_fft) // hop_length frames.

    Attributes
    ----------
    n_fft : int
        Samples that a frame depends on.
    hop_length : int
        Samples from one frame to the next.
    """

    n_fft: int
    hop_length: int

    @property
    def lead(self) -> int:
        """Number of samples of a frame that lie before its centre."""
        return self.n_fft // 2

    def count_frames(self, n_samples: int) -> int:
        """Count the frames of a recording of `n_samples`."""
        return -(-n_samples // self.hop_length)


class FourierPower(BandPower):
    """Power of the Fourier transform of frames under a Hann window, in the bins from `first` to `end` - 1."""

    window: Tensor

    def __init__(self, n_fft: int, hop_length: int, first: int, end: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.first = first
        self.end = end
        self.register_buffer("window", torch.hann_window(n_fft, dtype=torch.float32), persistent=False)

    def forward(self, samples: Tensor) -> Tensor:
        """Compute the power of each bin."""
        frames = samples.unfold(-1, self.n_fft, self.hop_length)  # (batch, frame, sample)
        spectrum = torch.fft.rfft(frames * self.window)[..., self.first : self.end]
        squares = torch.view_as_real(spectrum.transpose(1, 2).contiguous()).square()  # (batch, bin, frame, part)
        return squares[..., 0] + squares[..., 1]


class FilterBank(FourierPower):
    """Fourier power summed in bands by a matrix of weights (band, bin), most of which are zero."""

    filters: Tensor

    def __init__(self, n_fft: int, hop_length: int, filters: Tensor) -> None:
        super().__init__(n_fft, hop_length, 0, n_fft // 2 + 1)
        self.register_buffer("filters", filters)
        self._sparse = _sparse(filters)

    def forward(self, samples: Tensor) -> Tensor:
        """Compute band power."""
        power = super().forward(samples)  # (batch, bin, frame)
        if power.device.type != "cpu":
            return self.filters @ power
        bands = [self._sparse @ channel for channel in power]  # (band, frame) each
        return torch.stack(bands) if len(bands) > 1 else bands[0][None]  # no copy of a single channel

    def _load_from_state_dict(self, *arguments: Any) -> None:
        super()._load_from_state_dict(*arguments)
        self._sparse = _sparse(self.filters)


def _sparse(filters: Tensor) -> Tensor:
    """Convert a matrix to compressed sparse rows, with which a product takes a sixth of the time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # torch warns that this layout is in beta
        return filters.detach().cpu().to_sparse_csr()


class ConstantQPower(BandPower):
    """Power of constant-Q filters, computed in the frequency domain (Brown & Puckette 1992)."""

    filters: Tensor

    def __init__(self, hop_length: int, filters: Tensor) -> None:
        super().__init__()
        self.n_fft = 2 * (filters.shape[-1] - 1)
        self.hop_length = hop_length
        self.register_buffer("filters", filters)

    def forward(self, samples: Tensor) -> Tensor:
        """Compute band power."""
        frames = samples.unfold(-1, self.n_fft, self.hop_length)  # (batch, frame, sample)
        spectrum = torch.fft.rfft(frames)  # (batch, frame, bin)
        filters_real, filters_imag = self.filters  # (band, bin) each
        real = spectrum.real @ filters_real.T - spectrum.imag @ filters_imag.T  # (batch, frame, band)
        imag = spectrum.real @ filters_imag.T + spectrum.imag @ filters_real.T
        return (real.square() + imag.square()).transpose(1, 2)


class Samples(BandPower):
    """The waveform: one band, and one frame for each sample."""

    def __init__(self) -> None:
        super().__init__()
        self.n_fft = 1
        self.hop_length = 1

    def forward(self, samples: Tensor) -> Tensor:
        """Return the samples as one band."""
        return samples.unsqueeze(1)


def band_power(recipe: Recipe, filters: Tensor) -> BandPower:
    """Build the linear half of a recipe's front end.

    Parameters
    ----------
    recipe : Recipe
        Its `frontend` says what to build.
    filters : Tensor
        The filter basis, as `bases.design` returns it.
    """
    match recipe.frontend:
        case Waveform():
            return Samples()
        case ConstantQ() as spec:
            return ConstantQPower(spec.hop_length, filters)
        case Linear(n_bands=None) as spec:
            return FourierPower(spec.n_fft, spec.hop_length, *linear_bins(spec, recipe.audio.sample_rate))
        case spec:
            return FilterBank(spec.n_fft, spec.hop_length, filters)
