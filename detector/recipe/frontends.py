"""The front ends: how samples become the spectrogram that the network gets."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, assert_never

from pydantic import BeforeValidator, Field

from detector.recipe.values import Bands, Count, Frozen, Hertz, Seconds


class Decibel(Frozen):
    """10 log10 of band power, and at least `floor` dB re full scale."""

    kind: Literal["db"] = "db"
    floor: float = Field(-100.0, ge=-300, le=0)


class Pcen(Frozen):
    """Per-channel energy normalization (Wang et al. 2017).

    Band power is multiplied by `scale` first, as in librosa's examples.
    """

    kind: Literal["pcen"] = "pcen"
    gain: float = Field(0.98, ge=0, le=2)
    bias: float = Field(2.0, ge=0, le=1e9)
    power: float = Field(0.5, ge=0, le=2)
    time_constant: Seconds = 0.4
    eps: float = Field(1e-6, ge=1e-15, le=1e15)
    scale: float = Field(float(2**31), ge=1e-15, le=1e15)


class Unscaled(Frozen):
    """Band power or the waveform, unchanged."""

    kind: Literal["none"] = "none"


def _by_kind(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


Scaling = Annotated[Annotated[Decibel | Pcen | Unscaled, Field(discriminator="kind")], BeforeValidator(_by_kind)]


class _Spectral(Frozen):
    """The keys that front ends with band power share; `fmin` and `fmax` in Hz, `background` in s."""

    hop_length: Count = Field(480, description="samples between frames")
    fmin: Hertz = 50.0
    scaling: Scaling = Decibel()
    background: Seconds | None = Field(
        None, description="subtract the level of a running mean with this time constant, in s"
    )


class Mel(_Spectral):
    """Power in triangular bands that are evenly spaced on the mel scale (Slaney's, as in librosa)."""

    kind: Literal["mel"] = "mel"
    n_fft: int = Field(1024, ge=16, le=1 << 18)
    n_bands: Bands = 128
    fmax: Hertz | None = None


class Linear(_Spectral):
    """Power of Fourier bins from `fmin` to `fmax`; with `n_bands`, in that many evenly spaced triangular bands."""

    kind: Literal["linear"] = "linear"
    n_fft: int = Field(1024, ge=16, le=1 << 18)
    n_bands: Bands | None = None
    fmax: Hertz | None = None


class ConstantQ(_Spectral):
    """Power of `n_bands` constant-Q filters from `fmin` upwards, with `bins_per_octave` filters in each octave."""

    kind: Literal["cqt"] = "cqt"
    n_bands: int = Field(84, ge=2, le=2**13, strict=True)
    bins_per_octave: Count = 12


class Waveform(Frozen):
    """The samples themselves: one band, and one frame for each sample."""

    kind: Literal["waveform"] = "waveform"
    scaling: Annotated[Unscaled, BeforeValidator(_by_kind)] = Unscaled()


FrontEnd = Annotated[Mel | Linear | ConstantQ | Waveform, Field(discriminator="kind")]


def heard_hz(frontend: FrontEnd, sample_rate: int) -> tuple[float, float]:
    """Return the lowest and the highest frequency that a front end hears, Hz."""
    nyquist_hz = sample_rate / 2
    match frontend:
        case Mel() | Linear():
            return frontend.fmin, nyquist_hz if frontend.fmax is None else frontend.fmax
        case ConstantQ():
            highest = frontend.fmin * 2 ** ((frontend.n_bands - 1) / frontend.bins_per_octave)
            return frontend.fmin, min(nyquist_hz, highest)
        case Waveform():
            return 0.0, nyquist_hz
        case _:
            assert_never(frontend)


def filter_samples(frontend: ConstantQ, sample_rate: int, band: float = 0) -> float:
    """Return the length of the constant-Q filter of a band, in samples; the lowest band has the longest filter.

    Filters of neighbouring bands meet at their half-power points, as in librosa. That decides Q, the ratio of a
    filter's centre frequency to its width.
    """
    ratio_squared = 4 ** (1 / frontend.bins_per_octave)  # of the centres of neighbouring bands
    quality = (ratio_squared + 1) / (ratio_squared - 1)
    return quality * sample_rate / (frontend.fmin * 2 ** (band / frontend.bins_per_octave))


def linear_bins(frontend: Linear, sample_rate: int) -> tuple[int, int]:
    """Return the first Fourier bin of a linear front end, and the bin after its last one."""
    bin_hz = sample_rate / frontend.n_fft
    fmax = sample_rate / 2 if frontend.fmax is None else frontend.fmax
    first = math.ceil(frontend.fmin / bin_hz - 1e-9)
    last = min(frontend.n_fft // 2, math.floor(fmax / bin_hz + 1e-9))
    return first, last + 1
