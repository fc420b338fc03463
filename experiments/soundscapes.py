"""Make sounds: calls as animals make them, backgrounds without animals, and mixtures whose truth is known.

`python experiments/soundscapes.py examples/recordings` makes the example recordings and their Raven selection tables,
the same ones every time. `call_activity.py` makes the training set of the embedded model from the same parts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, fftconvolve, lfilter, resample, welch

RATE = 24000
LOWEST_HZ = 100.0
HIGHEST_HZ = 11000.0
LONGEST_S = 3.0

Signal = NDArray[np.float64]
Maker = Callable[[Generator], Signal]
Layer = Callable[[Generator, int], Signal]


@dataclass(frozen=True)
class Cue:
    """A dry sound that is to be heard from `at_s`, `snr_db` over the background in its own band."""

    sound: Signal
    at_s: float
    snr_db: float
    label: str
    kind: str


@dataclass(frozen=True)
class PlacedCall:
    """One row of an annotation table: where a call stands, tight in time, in which band (Hz), and what it is."""

    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    label: str
    kind: str


def samples(seconds: float) -> int:
    """Convert seconds to the nearest whole sample."""
    return round(seconds * RATE)


def log_uniform(rng: Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is evenly spread."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def pitch(rng: Generator, low: float, high: float) -> float:
    """Draw a frequency (Hz), low ones more often, as ears and animals have it."""
    return float(rng.uniform(np.sqrt(low), np.sqrt(high)) ** 2)


def decibels(db: float) -> float:
    """Convert decibels to a factor of amplitude."""
    return float(10 ** (db / 20))


def drift(rng: Generator, n: int, hz: float) -> Signal:
    """Wander at random round 0 with unit variance, about `hz` turns a second."""
    knots = rng.standard_normal(max(2, round(n / RATE * hz) + 2))
    return np.interp(np.linspace(0, len(knots) - 1, n), np.arange(len(knots)), knots)


def tone(hz: Signal) -> Signal:
    """Sound a sine whose frequency is `hz` at each sample."""
    return np.sin(2 * np.pi * np.cumsum(hz) / RATE)


def swell(rng: Generator, n: int) -> Signal:
    """Rise and fall as a breath does: one peak, uneven sides, a little unsteady, from and to silence."""
    t = np.linspace(0, 1, n)
    peak = rng.uniform(0.1, 0.7)
    slope = np.minimum(t / peak, (1 - t) / (1 - peak))
    edge = np.clip(np.minimum(t, 1 - t) * n / samples(0.003), 0, 1)
    return edge * np.sin(np.pi / 2 * slope) ** rng.uniform(0.3, 1.5) * np.exp(rng.uniform(0, 0.35) * drift(rng, n, 8))


def glide(rng: Generator, n: int, low: float, high: float) -> Signal:
    """Move between two frequencies: up, down, as a U or as an arch."""
    t = np.linspace(0, 1, n) ** rng.uniform(0.6, 1.6)
    shape = (t, 1 - t, np.abs(2 * t - 1) ** 1.5, 1 - np.abs(2 * t - 1) ** 1.5)[rng.integers(4)]
    return low * (high / low) ** shape


def train(rng: Generator, elements: Sequence[Signal], times: Signal) -> Signal:
    """Repeat elements, in turn, at `times` (s), a little uneven in time and loudness."""
    longest = max(len(element) for element in elements)
    out = np.zeros(samples(float(times[-1])) + longest + samples(0.01))
    for i, at in enumerate(times):
        element = elements[i % len(elements)]
        start = samples(max(0.0, at + rng.normal(0, 0.0005)))
        out[start : start + len(element)] += decibels(rng.normal(0, 0.7)) * element
    return out


def sweep(rng: Generator) -> Signal:
    """Sweep a tone, perhaps with an overtone, over a third of an octave to two and a half octaves."""
    low = pitch(rng, LOWEST_HZ, 7000)
    high = min(HIGHEST_HZ, low * 2 ** rng.uniform(0.33, 2.5))
    n = samples(max(log_uniform(rng, 0.05, 1.2), 8 / low))
    hz = glide(rng, n, low, high)
    overtone = rng.uniform(0, 0.4) if 2 * high < HIGHEST_HZ else 0.0
    return swell(rng, n) * (tone(hz) + overtone * tone(2 * hz))


def whistle(rng: Generator) -> Signal:
    """Whistle one note, steady or gently wavering."""
    n = samples(log_uniform(rng, 0.15, LONGEST_S))
    waver = rng.uniform(0, 0.02) * np.sin(2 * np.pi * rng.uniform(2, 12) * np.arange(n) / RATE)
    hz = pitch(rng, 120, 9500) * (1 + waver + rng.uniform(0, 0.015) * drift(rng, n, 3))
    return swell(rng, n) * tone(hz)


def throat(rng: Generator, hz: Signal) -> Signal:
    """Draw the gain of a throat at the frequencies `hz`: a tilt with two or three resonances."""
    db = -rng.uniform(3, 12) * np.log2(hz / 100)
    for _ in range(rng.integers(2, 4)):
        octaves = np.log2(hz / log_uniform(rng, 400, 8000))
        db += rng.uniform(6, 20) * np.exp(-0.5 * (octaves / rng.uniform(0.2, 0.6)) ** 2)
    return np.asarray(10 ** (db / 20))


def stack(rng: Generator) -> Signal:
    """Call with a voice: harmonics of a bent note through resonances, with vibrato and roughness."""
    low = log_uniform(rng, 120, 1500)
    n = samples(max(log_uniform(rng, 0.08, 1.8), 8 / low))
    vibrato = rng.uniform(0, 0.03) * np.sin(2 * np.pi * log_uniform(rng, 5, 40) * np.arange(n) / RATE)
    rough = rng.choice([0.0, 0.004, 0.02]) * drift(rng, n, 250)
    hz = glide(rng, n, low, low * rng.uniform(1.02, 1.5)) * (1 + vibrato + rough)
    grid = np.geomspace(50, RATE / 2, 300)
    voice = np.zeros(n)
    gain = throat(rng, grid)
    for harmonic in range(1, int(HIGHEST_HZ / hz.max()) + 1):
        voice += np.interp(harmonic * hz, grid, gain) * tone(harmonic * hz)
    return swell(rng, n) * voice


def pulse(rng: Generator) -> Signal:
    """Make one pulse of a cricket (a short tone), a frog (a ringing knock) or a beak (a burst of noise)."""
    n = samples(log_uniform(rng, 0.004, 0.03))
    hz = pitch(rng, 300, 9000)
    n = max(n, samples(4 / hz))
    t = np.linspace(0, 1, n)
    kind = rng.integers(3)
    if kind == 0:
        return np.sin(np.pi * t) * tone(np.full(n, hz))
    if kind == 1:
        return np.minimum(1, 20 * t) * np.exp(-5 * t) * (1 - t) * tone(hz * (1.1 - 0.2 * t))
    burst = lfilter(*butter(2, [0.7 * hz, min(HIGHEST_HZ, 1.4 * hz)], "bandpass", fs=RATE), rng.standard_normal(n))
    return np.asarray(np.hanning(n) * burst)


def pulses(rng: Generator) -> Signal:
    """Pulse in a regular rhythm, evenly or in groups of three to five."""
    element = pulse(rng)
    period = max(1 / log_uniform(rng, 7, 60), 1.3 * len(element) / RATE)
    times = np.arange(0, max(rng.uniform(0.25, LONGEST_S - 0.2), 4 * period), period)
    if period < 0.035 and rng.random() < 0.5:
        times = times[np.arange(len(times)) % 7 < rng.integers(3, 6)]
    called = train(rng, [element], times)
    return called * np.sqrt(swell(rng, len(called)))


def trill(rng: Generator) -> Signal:
    """Repeat one or two short glides quickly, perhaps rising or falling as a whole."""
    n = samples(log_uniform(rng, 0.02, 0.09))
    low = pitch(rng, 400, 6500)
    times = np.arange(0, rng.uniform(0.4, LONGEST_S - 0.3), n / RATE * rng.uniform(1.05, 2))
    steps = low * 2 ** np.resize(rng.uniform(0, 0.4, rng.integers(1, 3)), len(times))
    steps *= 2 ** (rng.choice([0, 0.4]) * rng.uniform(-1, 1) * np.linspace(0, 1, len(times)))
    note = glide(rng, n, 1, 2 ** rng.uniform(0.1, 0.6))
    called = train(rng, [np.hanning(n) * tone(hz * note) for hz in steps], times)
    return called * np.sqrt(swell(rng, len(called)))


CALLS: dict[str, Maker] = {"whistle": whistle, "trill": trill, "sweep": sweep, "stack": stack, "pulses": pulses}


def varied(rng: Generator, sound: Signal, share: float = 0.04) -> Signal:
    """Say it again: a little higher and shorter, or lower and longer (by at most `share`)."""
    return np.asarray(resample(sound, max(8, round(len(sound) * (1 + rng.uniform(-share, share))))))


def phrase(rng: Generator, maker: Maker) -> Signal:
    """Say a call up to five times close together: one event, for the gaps are under 0.2 s."""
    element = maker(rng)
    seconds = len(element) / RATE
    times = np.arange(0, max(LONGEST_S - seconds, 0.01), seconds + rng.uniform(0.02, 0.12))[: rng.integers(2, 6)]
    return train(rng, [varied(rng, element) for _ in times], times)


def distance(rng: Generator, far: float) -> Signal:
    """Draw the impulse response of the way from the animal: the farther (0..1), the duller and the more echoes."""
    way = np.zeros(samples(0.02 + 0.6 * far))
    for _ in range(rng.integers(0, 4)):
        way[rng.integers(samples(0.01), len(way))] += rng.uniform(-0.4, 0.4) * far
    decay = np.exp(-np.arange(len(way)) / RATE * 6.9 / rng.uniform(0.15, 0.3 + far))
    tail = decay * rng.standard_normal(len(way))
    way += tail / np.sqrt((tail**2).sum()) * far * decibels(rng.uniform(-25, -8))
    way[0] = 1.0
    return np.asarray(lfilter(*butter(1, 11000 * 0.2**far, fs=RATE), way))


def level(sound: Signal) -> Signal:
    """Bring a sound to unit power."""
    return sound / max(float(np.sqrt(np.mean(sound**2))), 1e-12)


def coloured(rng: Generator, n: int, tilt: float | None = None) -> Signal:
    """Make steady noise that falls by `tilt` dB an octave (drawn from 0, white, to 8), with broad bumps."""
    octave = np.log2(np.maximum(np.fft.rfftfreq(n, 1 / RATE), 30) / 1000)
    db = -(rng.uniform(0, 8) if tilt is None else tilt) * octave
    for _ in range(rng.integers(0, 4) if tilt is None else 0):
        db += rng.uniform(-12, 12) * np.exp(-0.5 * ((octave - rng.uniform(-3, 3.5)) / rng.uniform(0.2, 1)) ** 2)
    return level(np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * 10 ** (db / 20), n))


def knock(rng: Generator, seconds: float, low: float, high: float) -> Signal:
    """Make one knock: a burst of noise between two frequencies that dies away at once."""
    n = samples(6 * seconds)
    burst = lfilter(*butter(2, [low, high], "bandpass", fs=RATE), rng.standard_normal(n))
    return np.asarray(level(burst * np.exp(-np.arange(n) / samples(seconds))))


def rain(rng: Generator, n: int) -> Signal:
    """Let many drops fall on leaves, over a hiss."""
    drops = np.zeros(n)
    for _ in range(4):
        falls = np.where(rng.random(n) < log_uniform(rng, 5, 100) / RATE, rng.pareto(3, n) + 0.1, 0.0)
        low = log_uniform(rng, 500, 4000)
        drops += fftconvolve(falls, knock(rng, log_uniform(rng, 0.0004, 0.003), low, 2.5 * low))[:n]
    return level(level(drops) + decibels(rng.uniform(-12, 6)) * coloured(rng, n, rng.uniform(-2, 4)))


def wind(rng: Generator, n: int) -> Signal:
    """Blow in gusts: a rumble, and leaves that rustle when it is strong."""
    gust = np.exp(rng.uniform(0.3, 0.9) * drift(rng, n, rng.uniform(0.2, 1)))
    rustle = decibels(rng.uniform(-40, -15)) * gust**2 * coloured(rng, n, rng.uniform(-2, 3))
    return level(gust * coloured(rng, n, rng.uniform(8, 12)) + rustle)


def hum(rng: Generator, n: int) -> Signal:
    """Hum as mains or an engine does: a steady harmonic series on 50 to 200 Hz."""
    engine = rng.random() < 0.5
    base = rng.uniform(50, 200) if engine else float(rng.choice([50.0, 60.0, 100.0, 120.0]))
    hz = base * (1 + (0.01 if engine else 0.0002) * drift(rng, n, 0.2))
    fall = rng.uniform(0.5, 2)
    out = np.zeros(n)
    for harmonic in range(1, rng.integers(4, 25)):
        out += rng.uniform(0.2, 1) * harmonic**-fall * tone(harmonic * hz)
    return level(out * np.exp(rng.uniform(0, 0.5) * engine * drift(rng, n, 0.2)))


def ticks(rng: Generator, n: int) -> Signal:
    """Tick as a clock does, or crack and bump now and then: single knocks, never a call."""
    clock = rng.random() < 0.5
    times = np.arange(rng.uniform(0, 1), n / RATE, 1 / rng.uniform(1, 5)) if clock else rng.uniform(0, n / RATE, 20)
    low = log_uniform(rng, 300, 3000)
    kinds = [knock(rng, log_uniform(rng, 0.0005, 0.005), low, min(HIGHEST_HZ, 4 * low)) for _ in range(2)]
    if not clock:
        kinds.append(knock(rng, 0.03, 40, 200))
    out = np.zeros(n + samples(0.2))
    for i, at in enumerate(times):
        one = kinds[i % len(kinds)]
        out[samples(at) : samples(at) + len(one)] += one * decibels(rng.normal(0, 1 if clock else 6))
    return level(out[:n])


LAYERS: dict[str, Layer] = {"rain": rain, "wind": wind, "hum": hum, "ticks": ticks}


def backdrop(rng: Generator, n: int) -> Signal:
    """Make a background: coloured noise and none to two of rain, wind, hum and ticks, weaker or stronger than it."""
    out = coloured(rng, n)
    for name in rng.permutation(list(LAYERS))[: rng.integers(0, 3)]:
        out = out + decibels(rng.uniform(-15, 10)) * LAYERS[name](rng, n)
    return level(out)


def heard(sound: Signal, snr_db: float = 30.0) -> tuple[int, int]:
    """Find the first and last sample of a call that a person would box.

    Its envelope (5 ms) is within 20 dB of its peak there; within `snr_db` + 10 dB (at least 10) where noise hides more.
    """
    envelope = uniform_filter1d(sound**2, samples(0.005), mode="constant")
    loud = np.flatnonzero(envelope >= envelope.max() * 10 ** (-np.clip(snr_db + 10, 10, 20) / 10))
    return int(loud[0]), int(loud[-1]) + 1


def spectrum(sound: Signal) -> tuple[Signal, Signal]:
    """Measure power up to each frequency: (Hz, power)."""
    hz, density = welch(sound, RATE, "hann", min(1024, len(sound)), detrend=False)
    return hz + hz[1] / 2, np.cumsum(density) * hz[1]


def band_of(sound: Signal) -> tuple[float, float]:
    """Find the band that holds 99 % of a call's power, and 50 Hz on either side."""
    hz, power = spectrum(np.pad(sound, 512))  # so that the ends weigh as much as the middle
    low, high = np.interp([0.005, 0.995], power / power[-1], hz)
    return round(max(0.0, float(low) - 50), 1), round(min(RATE / 2, float(high) + 50), 1)


def band_power(sound: Signal, low: float, high: float) -> float:
    """Measure the power of a sound between two frequencies (Hz)."""
    hz, power = spectrum(sound)
    return float(np.interp(high, hz, power) - np.interp(low, hz, power))


def mix(background: Signal, cues: Sequence[Cue]) -> tuple[NDArray[np.float32], list[PlacedCall]]:
    """Place calls in a background, each at its own signal-to-noise ratio; give the samples and the truth.

    The ratio is that of the call's power, in its band and span, to the background's in that band from 1 s before the
    call to 1 s after it, with what rounding to 16 bits adds. A call is cut off where the background ends.
    """
    out = background.copy()
    placed = []
    for cue in cues:
        at = samples(cue.at_s)
        sound = cue.sound[: len(out) - at]
        start, end = heard(sound, cue.snr_db)
        low, high = band_of(sound[start:end])
        around = background[max(0, at + start - RATE) : at + end + RATE]
        noise = band_power(around, low, high) + 2.0**-30 / 12 * (high - low) / (RATE / 2)
        gain = np.sqrt(10 ** (cue.snr_db / 10) * noise / np.mean(sound[start:end] ** 2))
        out[at : at + len(sound)] += gain * sound
        span = round((at + start) / RATE, 3), round((at + end) / RATE, 3)
        placed.append(PlacedCall(*span, low, high, cue.label, cue.kind))
    return out.astype(np.float32), placed


def write_flac(path: Path, sound: NDArray[np.float32]) -> None:
    """Write 16-bit FLAC; what is louder than full scale is turned down, all of it."""
    loudest = max(1.0, float(np.abs(sound).max()))
    whole = np.round(sound / loudest * 32767).astype(np.int16)
    soundfile.write(path, whole, RATE, subtype="PCM_16", compression_level=1.0)


SCENES: dict[str, Layer | None] = {
    "meadow_20240511_053000Z": None,
    "pond_20240511_213000Z": None,
    "roof_20240512_060000Z": rain,
    "shore_20240513_070000Z": wind,
    "cellar_20240514_220000Z": hum,
    "kitchen_20240515_120000Z": ticks,
    "empty_20240517_030000Z": hum,
}
TABLE = "Selection\tView\tChannel\tBegin Time (s)\tEnd Time (s)\tLow Freq (Hz)\tHigh Freq (Hz)\tAnnotation\n"


VOICES = {"whistle": (6, 24), "trill": (16, 41), "sweep": (17, 57), "stack": (21, 57), "pulses": (3, 42)}


def write_table(path: Path, calls: Sequence[PlacedCall], views: Sequence[str]) -> None:
    """Write calls as a Raven selection table, each once for every view."""
    with path.open("w", encoding="utf-8", newline="") as table:
        table.write(TABLE)
        for number, call in enumerate(calls, 1):
            span = f"{call.start_s:.9f}\t{call.end_s:.9f}"
            band = f"{call.low_hz:.3f}\t{call.high_hz:.3f}"
            table.writelines(f"{number}\t{view} 1\t1\t{span}\t{band}\t{call.label}\n" for view in views)


def utterances(rng: Generator, animals: dict[str, list[Signal]], each: int) -> list[Cue]:
    """Let every animal be heard `each` times, in a drawn order, one after the other."""
    cues = []
    at_s = rng.uniform(0.3, 0.8)
    for label in rng.permutation([name for name in animals for _ in range(each)]):
        song = animals[label][rng.integers(len(animals[label]))]
        sound = fftconvolve(varied(rng, song), distance(rng, rng.uniform(0, 0.3)))
        cues.append(Cue(sound, at_s, rng.uniform(20, 40), str(label), str(label)))
        at_s += len(sound) / RATE + rng.uniform(0.2, 0.7)
    return cues


def write_examples(folder: Path) -> None:
    """Write every scene and its table, with each row once for every view or only once, as people export them."""
    animals = {name: [CALLS[name](np.random.default_rng(seed)) for seed in seeds] for name, seeds in VOICES.items()}
    for number, (name, layer) in enumerate(SCENES.items()):
        rng = np.random.default_rng([2024, number])
        cues = [] if name.startswith("empty") else utterances(rng, animals, each=2)
        seconds = 8.0 if not cues else cues[-1].at_s + len(cues[-1].sound) / RATE + 0.5
        quiet = coloured(rng, samples(seconds), tilt=7)
        background = quiet if layer is None else quiet + decibels(-12) * layer(rng, len(quiet))
        sound, calls = mix(decibels(-60) * background, cues)
        write_flac(folder / f"{name}.flac", sound)
        write_table(folder / f"{name}.Table.1.selections.txt", calls, ("Waveform", "Spectrogram")[number % 2 :])


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("usage: python experiments/soundscapes.py FOLDER (one that exists)")
    write_examples(Path(sys.argv[1]))
