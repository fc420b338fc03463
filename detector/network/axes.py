"""What frames and bands are in seconds and Hz: the axes of a spectrogram, from its recipe alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from detector.network.geometry import Reach
from detector.recipe import ConstantQ, FrontEnd, Linear, Mel, Recipe, Waveform, filter_samples, linear_bins

Range = tuple[float, float]  # at the lowest and at the highest place along the bands


@dataclass(frozen=True)
class Extent:
    """How far something reaches, in frames and bands, and in ms and Hz.

    Attributes
    ----------
    frames, bands : int
        As the network counts.
    ms, hz : (float, float) or None
        At the lowest and at the highest place along the bands: bands need not be equally wide, nor filters equally
        long. None where bands are no frequencies, or there is but one place.
    """

    frames: int
    bands: int
    ms: Range
    hz: Range | None


class Axes:
    """Frames and bands of a recipe's spectrogram in physical units."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.sample_rate = recipe.audio.sample_rate
        self.n_bands = recipe.n_bands
        self._edge = band_edge(recipe)

    def edge_hz(self, band: float) -> float | None:
        """Find the frequency at which a band begins, half way to the one below; that of `n_bands` ends the last."""
        return None if self._edge is None else self._edge(band)

    def frame_samples(self, band: float) -> float:
        """Count the samples that one frame sees: the Fourier window, or the constant-Q filter of this band."""
        match self.recipe.frontend:
            case Waveform():
                return 1
            case ConstantQ() as spec:
                return filter_samples(spec, self.sample_rate, band)
            case spec:
                return spec.n_fft

    def field(self, bands: Reach, frames: Reach, places: int) -> Extent:
        """Measure what outputs at `places` places along the bands see, with the samples that the outer frames see."""
        lowest, highest = self._span(bands, 0), self._span(bands, places - 1)
        beyond = (frames.size - 1) * self.recipe.hop_length
        ms = [1000 * (beyond + self.frame_samples(low)) / self.sample_rate for low, _ in (lowest, highest)]
        size = lowest[1] - lowest[0]
        return Extent(frames.size, size, (ms[0], ms[1]), self._widths(lowest, highest))

    def step(self, bands: Reach, frames: Reach, places: int) -> Extent:
        """Measure how far apart neighbouring outputs lie."""
        ms = 1000 * frames.step * self.recipe.hop_length / self.sample_rate
        hz = None
        if places > 1:
            first = bands.centre(0) + 0.5
            last = bands.centre(places - 1) + 0.5
            hz = self._widths((first, first + bands.step), (last - bands.step, last))
        return Extent(frames.step, bands.step, (ms, ms), hz)

    def _span(self, bands: Reach, place: int) -> tuple[int, int]:
        start = bands.start + place * bands.step
        low, high = max(0, start), min(self.n_bands, start + bands.size)
        return (low, high) if low < high else (self.n_bands - 1, self.n_bands)

    def _widths(self, *spans: tuple[float, float]) -> Range | None:
        if self._edge is None:
            return None
        widths = [self._edge(high) - self._edge(low) for low, high in spans]
        return widths[0], widths[-1]


def band_edge(recipe: Recipe) -> Callable[[float], float] | None:
    """Give the frequency axis: lower edge of a band, counted from 0, in Hz; None where bands are no frequencies."""
    sample_rate = recipe.audio.sample_rate
    match recipe.frontend:
        case Waveform():
            return None
        case ConstantQ() as spec:
            return partial(_octaves, spec.fmin, spec.bins_per_octave)
        case Mel() as spec:
            low, high = mel(spec.fmin), mel(_fmax(spec, sample_rate))
            width = (high - low) / (spec.n_bands + 1)
            return lambda band: mel_to_hz(low + (band + 0.5) * width)
        case Linear(n_bands=None) as spec:
            first, _ = linear_bins(spec, sample_rate)
            return partial(_even, first * sample_rate / spec.n_fft, sample_rate / spec.n_fft)
        case spec:
            spacing = (_fmax(spec, sample_rate) - spec.fmin) / ((spec.n_bands or 0) + 1)
            return partial(_even, spec.fmin + spacing, spacing)


def _octaves(fmin: float, bins_per_octave: int, band: float) -> float:
    return fmin * 2.0 ** ((band - 0.5) / bins_per_octave)


def _even(first: float, spacing: float, band: float) -> float:
    return first + (band - 0.5) * spacing


def _fmax(spec: Mel | Linear, sample_rate: int) -> float:
    return sample_rate / 2 if spec.fmax is None else spec.fmax


def mel(hz: float) -> float:
    """Convert Hz to mel: linear up to 1 kHz, logarithmic above (Slaney's Auditory Toolbox, as librosa)."""
    return hz * 3 / 200 if hz < 1000 else 15 + math.log(hz / 1000) * 27 / math.log(6.4)


def mel_to_hz(value: float) -> float:
    """Convert mel to Hz; undoes `mel`."""
    return value * 200 / 3 if value < 15 else 1000 * math.exp((value - 15) * math.log(6.4) / 27)


def empty_bands(frontend: FrontEnd, sample_rate: int) -> int:
    """Count mel bands that are narrower than the distance of Fourier bins and hold none of them: they stay at zero."""
    if not isinstance(frontend, Mel):
        return 0
    width = sample_rate / frontend.n_fft
    low, high = mel(frontend.fmin), mel(_fmax(frontend, sample_rate))
    edges = [mel_to_hz(low + n * (high - low) / (frontend.n_bands + 1)) for n in range(frontend.n_bands + 2)]
    return sum(math.floor(a / width) + 1 >= b / width for a, b in zip(edges, edges[2:]))
