"""The axes of a spectrogram: frames in seconds and bands in Hz, computed from the recipe."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from detector.network.layers import Reach
from detector.recipe import ConstantQ, FrontEnd, Linear, Mel, Recipe, Waveform, filter_samples, linear_bins

Range = tuple[float, float]  # at the lowest and at the highest place along the bands


@dataclass(frozen=True)
class Extent:
    """A size or a distance in a spectrogram, in frames and bands, and in ms and Hz.

    Attributes
    ----------
    frames, bands : int
        Its number of frames and of bands.
    ms : (float, float)
        Its length at the lowest and at the highest place along the bands; constant-Q filters differ in length.
    hz : (float, float) or None
        Its width at the lowest and at the highest place; bands may differ in width. None where bands are no
        frequencies, and for the distance of places where there is only one.
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
        """Return the lower edge of a band, in Hz: half way from its centre to that of the band below.

        The edge of `n_bands` is the upper edge of the last band. None for a waveform.
        """
        return None if self._edge is None else self._edge(band)

    def frame_samples(self, band: float) -> float:
        """Return the samples that one frame depends on: the Fourier window, or the constant-Q filter of this band."""
        match self.recipe.frontend:
            case Waveform():
                return 1
            case ConstantQ() as spec:
                return filter_samples(spec, self.sample_rate, band)
            case spec:
                return spec.n_fft

    def field(self, bands: Reach, frames: Reach, places: int) -> Extent:
        """Compute the receptive field of an output, including all samples that its first and last frame depend on.

        Parameters
        ----------
        bands, frames : Reach
            Receptive field along both axes.
        places : int
            Outputs along the bands.
        """
        lowest = self._span(bands, 0)
        highest = self._span(bands, places - 1)
        between_outer_frames = (frames.size - 1) * self.recipe.hop_length
        samples = [between_outer_frames + self.frame_samples(first_band) for first_band, _ in (lowest, highest)]
        ms = (1000 * samples[0] / self.sample_rate, 1000 * samples[1] / self.sample_rate)
        return Extent(frames.size, lowest[1] - lowest[0], ms, self._widths(lowest, highest))

    def step(self, bands: Reach, frames: Reach, places: int) -> Extent:
        """Compute the distance from one output to the next; parameters as in `field`."""
        ms = 1000 * frames.step * self.recipe.hop_length / self.sample_rate
        hz = None
        if places > 1:
            first = bands.centre(0) + 0.5
            last = bands.centre(places - 1) + 0.5
            hz = self._widths((first, first + bands.step), (last - bands.step, last))
        return Extent(frames.step, bands.step, (ms, ms), hz)

    def _span(self, bands: Reach, place: int) -> tuple[int, int]:
        """Find the first band that an output depends on, and the one after its last; at least one band."""
        start = bands.start + place * bands.step
        low = max(0, start)
        high = min(self.n_bands, start + bands.size)
        return (low, high) if low < high else (self.n_bands - 1, self.n_bands)

    def _widths(self, *spans: tuple[float, float]) -> Range | None:
        if self._edge is None:
            return None
        widths = [self._edge(high) - self._edge(low) for low, high in spans]
        return widths[0], widths[-1]


def band_edge(recipe: Recipe) -> Callable[[float], float] | None:
    """Return a function from a band, counted from 0, to its lower edge in Hz; None where bands are no frequencies."""
    sample_rate = recipe.audio.sample_rate
    match recipe.frontend:
        case Waveform():
            return None
        case ConstantQ() as spec:
            return partial(_octaves, spec.fmin, spec.bins_per_octave)
        case Mel() as spec:
            low = mel(spec.fmin)
            spacing = (mel(_fmax(spec, sample_rate)) - low) / (spec.n_bands + 1)
            return lambda band: mel_to_hz(low + (band + 0.5) * spacing)
        case Linear(n_bands=None) as spec:
            first, _ = linear_bins(spec, sample_rate)
            return partial(_even, first * sample_rate / spec.n_fft, sample_rate / spec.n_fft)
        case spec:
            spacing_hz = (_fmax(spec, sample_rate) - spec.fmin) / ((spec.n_bands or 0) + 1)
            return partial(_even, spec.fmin + spacing_hz, spacing_hz)


def _octaves(fmin: float, bins_per_octave: int, band: float) -> float:
    return fmin * 2.0 ** ((band - 0.5) / bins_per_octave)


def _even(first_hz: float, spacing_hz: float, band: float) -> float:
    return first_hz + (band - 0.5) * spacing_hz


def _fmax(spec: Mel | Linear, sample_rate: int) -> float:
    return sample_rate / 2 if spec.fmax is None else spec.fmax


def mel(hz: float) -> float:
    """Convert Hz to mel: linear up to 1 kHz, logarithmic above (Slaney's Auditory Toolbox, as librosa)."""
    return hz * 3 / 200 if hz < 1000 else 15 + math.log(hz / 1000) * 27 / math.log(6.4)


def mel_to_hz(value: float) -> float:
    """Convert mel to Hz, the inverse of `mel`."""
    return value * 200 / 3 if value < 15 else 1000 * math.exp((value - 15) * math.log(6.4) / 27)


def empty_bands(frontend: FrontEnd, sample_rate: int) -> int:
    """Count the mel bands that contain no Fourier bin because they are too narrow; their power is always zero."""
    if not isinstance(frontend, Mel):
        return 0
    bin_hz = sample_rate / frontend.n_fft
    low = mel(frontend.fmin)
    high = mel(_fmax(frontend, sample_rate))
    edges_hz = [mel_to_hz(low + n * (high - low) / (frontend.n_bands + 1)) for n in range(frontend.n_bands + 2)]
    return sum(math.floor(lower / bin_hz) + 1 >= upper / bin_hz for lower, upper in zip(edges_hz, edges_hz[2:]))
