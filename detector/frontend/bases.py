"""Filter bases, designed with librosa once, when a model is made; afterwards they travel with its weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from detector.recipe import ConstantQ, Linear, Mel, Recipe, filter_samples
from detector.recipe.sizes import power_of_two

ROUNDING = 1e-9


def design(recipe: Recipe) -> Tensor:
    """Design the filters of a recipe's front end.

    Returns
    -------
    Tensor
        (band, bin) weights of power for `mel` and `linear`; (2, band, bin) real and imaginary parts of the filters'
        spectra for `cqt`; (0,) where there is nothing to design: plain Fourier bins and the waveform.
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
    """List the shapes that `design` may give, without designing; none where there is nothing to design.

    There are two where the longest constant-Q filter has a power of two of samples, give or take the rounding.
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
    n_bins = spec.n_fft // 2 + 1
    fmax = sample_rate / 2 if spec.fmax is None else spec.fmax
    centres = np.linspace(spec.fmin, fmax, n_bands + 2)
    bins = np.arange(n_bins) * sample_rate / spec.n_fft
    step = centres[1] - centres[0]
    return np.maximum(0, 1 - np.abs(bins[None, :] - centres[1:-1, None]) / max(step, sample_rate / spec.n_fft))


def _constant_q(spec: ConstantQ, sample_rate: int) -> NDArray[Any]:
    """Take the spectra of librosa's wavelets, each in the middle of a frame (Brown & Puckette 1992)."""
    import librosa

    frequencies = spec.fmin * 2.0 ** (np.arange(spec.n_bands) / spec.bins_per_octave)
    filters, lengths = librosa.filters.wavelet(freqs=frequencies, sr=sample_rate, norm=1)
    n_fft = filters.shape[-1]
    spectra = np.fft.fft(filters, axis=-1)[:, : n_fft // 2 + 1] * np.sqrt(lengths)[:, None] / n_fft
    return np.stack([spectra.real, spectra.imag])
