"""Filter bases of the front ends.

They are designed once, with librosa, when a model is made, and are then stored with its weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.recipe import ConstantQ, Linear, Mel, Recipe, filter_samples
from detector.recipe.sizes import power_of_two

ROUNDING = 1e-9
"""Relative error of a filter's length that float arithmetic may cause."""


def design(recipe: Recipe) -> Tensor:
    """Design the filters of a recipe's front end.

    Returns
    -------
    Tensor
        (band, bin) weights of power for `mel` and `linear` with `n_bands`; (2, band, bin), the real and imaginary
        parts of the filters' spectra, for `cqt`; (0,) for plain Fourier bins and the waveform, which need no filters.
    """
    sample_rate = recipe.audio.sample_rate
    match recipe.frontend:
        case Mel() as spec:
            filters = _mel(spec, sample_rate)
        case Linear(n_bands=int(n_bands)) as spec:
            filters = _linear(spec, n_bands, sample_rate)
        case ConstantQ() as spec:
            filters = _constant_q(spec, sample_rate)
        case _:
            filters = np.zeros(0, dtype=np.float32)
    return torch.from_numpy(np.ascontiguousarray(filters, dtype=np.float32))


def basis_shapes(recipe: Recipe) -> frozenset[tuple[int, ...]]:
    """List the shapes that the result of `design` may have, without designing; none where no filters are needed.

    There are two for constant-Q filters whose longest one has just about a power of two of samples: rounding decides
    which power of two holds it.
    """
    match recipe.frontend:
        case Mel() | Linear(n_bands=int()) as spec:
            return frozenset({(recipe.n_bands, spec.n_fft // 2 + 1)})
        case ConstantQ() as spec:
            longest = filter_samples(spec, recipe.audio.sample_rate)
            sizes = {power_of_two(longest * (1 + error)) for error in (-ROUNDING, ROUNDING)}
            return frozenset((2, recipe.n_bands, size // 2 + 1) for size in sizes)
        case _:
            return frozenset()


def _mel(spec: Mel, sample_rate: int) -> NDArray[Any]:
    import librosa

    return librosa.filters.mel(sr=sample_rate, n_fft=spec.n_fft, n_mels=spec.n_bands, fmin=spec.fmin, fmax=spec.fmax)


def _linear(spec: Linear, n_bands: int, sample_rate: int) -> NDArray[Any]:
    """Design evenly spaced triangles, each from the centre of the band below to that of the band above.

    A triangle is at least two Fourier bins wide, so that no band is empty.
    """
    n_bins = spec.n_fft // 2 + 1
    fmax_hz = sample_rate / 2 if spec.fmax is None else spec.fmax
    centres_hz = np.linspace(spec.fmin, fmax_hz, n_bands + 2)
    bins_hz = np.arange(n_bins) * sample_rate / spec.n_fft
    half_width_hz = max(centres_hz[1] - centres_hz[0], sample_rate / spec.n_fft)
    return np.maximum(0, 1 - np.abs(bins_hz[None, :] - centres_hz[1:-1, None]) / half_width_hz)


def _constant_q(spec: ConstantQ, sample_rate: int) -> NDArray[Any]:
    """Compute the spectra of librosa's wavelets, each in the centre of a frame (Brown & Puckette 1992)."""
    import librosa

    centres_hz = spec.fmin * 2.0 ** (np.arange(spec.n_bands) / spec.bins_per_octave)
    filters, lengths = librosa.filters.wavelet(freqs=centres_hz, sr=sample_rate, norm=1)
    n_fft = filters.shape[-1]
    spectra = np.fft.fft(filters, axis=-1)[:, : n_fft // 2 + 1] * np.sqrt(lengths)[:, None] / n_fft
    return np.stack([spectra.real, spectra.imag])
