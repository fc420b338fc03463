"""Make elements of an exact length, and rows of them with an exact gap or overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.signal import butter, lfilter
from soundscapes import (
    HIGHEST_HZ,
    RATE,
    Signal,
    decibels,
    glide,
    level,
    log_uniform,
    pitch,
    samples,
    throat,
    tone,
)

Voice = Callable[[int, float], Signal]  # samples, factor of pitch -> sound of exactly so many samples

GAPS_MS = (20, 35, 50, 75, 100, 150, 200, 300, 500)
OVERLAPS = (0, 20, 40, 60, 80)  # %
FEWEST = 3  # elements of a row with gaps
MOST = 12
ELEMENT_S = (0.04, 0.3)
CALL_S = (0.1, 0.5)  # of a pair that overlaps
VARIATION = 0.08  # of the length of the elements of a row
RAMP_S = 0.004
PARTS = 5  # an overlapping call has a multiple of so many samples: each of OVERLAPS is then exact


@dataclass(frozen=True)
class Spacing:
    """How far the elements of a row are apart.

    Attributes
    ----------
    kind : str
        "gap" or "overlap".
    value : int
        Of a gap: ms from an offset to the next onset. Of an overlap: % of the length of a call.
    """

    kind: str
    value: int

    def step(self, n: int) -> int:
        """Count the samples from the onset of an element of `n` samples to the next onset."""
        if self.kind == "gap":
            return n + samples(self.value / 1000)
        return n - n * self.value // 100


SPACINGS = (
    *(Spacing("gap", gap) for gap in GAPS_MS),
    *(Spacing("overlap", overlap) for overlap in OVERLAPS),
)


@dataclass(frozen=True)
class Row:
    """A dry row of elements.

    Attributes
    ----------
    spacing : Spacing
        How far its elements are apart.
    kind : str
        The kind of its elements.
    spans : tuple of (int, int)
        First sample of each element, and the sample after its last one, from the start of the row.
    sound : ndarray, shape (sample,)
        Elements of about unit power; 0 where there is none.
    """

    spacing: Spacing
    kind: str
    spans: tuple[tuple[int, int], ...]
    sound: Signal


def sweep(rng: Generator) -> Voice:
    """Draw a tone that moves over a third of an octave to one and a half octaves."""
    low = pitch(rng, 300, 4000)
    high = low * 2 ** rng.uniform(0.33, 1.5)
    shape = int(rng.integers(2**32))
    return lambda n, factor: tone(factor * glide(np.random.default_rng(shape), n, low, high))


def stack(rng: Generator) -> Voice:
    """Draw a voice: harmonics of a bent note through resonances."""
    low = log_uniform(rng, 250, 1200)
    high = low * rng.uniform(1.02, 1.4)
    grid = np.geomspace(50, RATE / 2, 300)
    gain = throat(rng, grid)
    shape = int(rng.integers(2**32))
    numbers = np.arange(1, int(0.95 * HIGHEST_HZ / high) + 1)[:, None]

    def sound(n: int, factor: float) -> Signal:
        hz = factor * glide(np.random.default_rng(shape), n, low, high)
        phase = 2 * np.pi * np.cumsum(hz) / RATE
        return np.asarray((np.interp(numbers * hz, grid, gain) * np.sin(numbers * phase)).sum(axis=0))

    return sound


def burst(rng: Generator) -> Voice:
    """Draw a band of noise, half an octave to one and a half octaves wide."""
    low = pitch(rng, 300, 4000)
    octaves = rng.uniform(0.5, 1.5)
    noise = np.random.default_rng(rng.integers(2**32))
    settle = samples(0.02)

    def sound(n: int, factor: float) -> Signal:
        band = butter(2, [factor * low, factor * low * 2**octaves], "bandpass", fs=RATE)
        return np.asarray(lfilter(*band, noise.standard_normal(settle + n))[settle:])

    return sound


def trill(rng: Generator) -> Voice:
    """Draw a tone that pulses 80 to 160 times a second, which leaves no pause as long as the shortest gap."""
    hz = pitch(rng, 800, 8000)
    pulses = rng.uniform(80, 160)

    def sound(n: int, factor: float) -> Signal:
        pulse = 0.55 - 0.45 * np.cos(2 * np.pi * pulses * np.arange(n) / RATE + np.pi)
        return pulse * tone(np.full(n, factor * hz))

    return sound


VOICES: dict[str, Callable[[Generator], Voice]] = {"sweep": sweep, "stack": stack, "burst": burst, "trill": trill}


def element(voice: Voice, n: int, factor: float = 1.0) -> Signal:
    """Sound an element of exactly `n` samples and unit power, with edges that are as steep as a click allows."""
    ramp = min(samples(RAMP_S), n // 4)
    rise = np.sin(np.pi / 2 * (np.arange(ramp) + 0.5) / ramp)
    shape = 0.7 + 0.3 * np.sin(np.pi * (np.arange(n) + 0.5) / n)
    shape[:ramp] *= rise
    shape[n - ramp :] *= rise[::-1]
    return level(shape * voice(n, factor))


def row(rng: Generator, spacing: Spacing) -> Row:
    """Draw a row: an element said again 3 to 12 times, or two animals of a kind that call at once."""
    kind = str(rng.choice(list(VOICES)))
    if spacing.kind == "gap":
        voice = VOICES[kind](rng)
        voices = [voice] * int(rng.integers(FEWEST, MOST + 1))
        typical = log_uniform(rng, *ELEMENT_S)
        drawn = typical * (1 + rng.uniform(-VARIATION, VARIATION, len(voices)))
        lengths = [samples(seconds) for seconds in np.clip(drawn, *ELEMENT_S)]
    else:
        voices = [VOICES[kind](rng) for _ in range(2)]
        lengths = [PARTS * round(samples(log_uniform(rng, *CALL_S)) / PARTS)] * 2
    starts = np.cumsum([0, *(spacing.step(n) for n in lengths[:-1])]).tolist()
    spans = tuple((start, start + n) for start, n in zip(starts, lengths))
    sound = np.zeros(spans[-1][1])
    for voice, (start, end) in zip(voices, spans):
        factor = 1 + rng.uniform(-0.03, 0.03)
        sound[start:end] += decibels(rng.normal(0, 1)) * element(voice, end - start, factor)
    return Row(spacing, kind, spans, sound)
