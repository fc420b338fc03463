"""Soundscapes of one minute whose truth is exact: which call, when, in which band, how far over the background."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import soundfile
from call_activity import Source
from hard.sources import draw_background, draw_call, energy_band, sources, within
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, lfilter
from soundscapes import RATE, Signal, decibels, heard, log_uniform, samples, varied

SECONDS = 60.0
SNR_DB = (-15.0, 20.0)
CALLS = (4, 12)  # in a soundscape
LEVEL_DB = -35.0  # of a background, below full scale
EMPTY = 4  # one in so many has no calls
PARTS = {"train": "training", "validation": "training", "test": "test"}


@dataclass(frozen=True)
class Truth:
    """One call as it was placed: the span of its direct sound, and the band that holds 5 to 95 % of its energy."""

    recording: str
    start_s: float
    end_s: float
    low_hz: float
    high_hz: float
    label: str
    snr_db: float
    background: str
    source: str


@dataclass(frozen=True)
class Recording:
    """One soundscape: its split, its length, its background, and the files that this was made from."""

    recording: str
    split: str
    seconds: float
    background: str
    sources: str


@dataclass(frozen=True)
class Scene:
    """What is heard, and the truth of it; `background` is what is heard without the calls, at the same gain."""

    sound: Signal
    background: Signal
    recording: Recording
    truth: list[Truth]


def gain_for(snr_db: float, call: Signal, background: Signal, span: slice, band: tuple[float, float]) -> float:
    """Find the factor that puts a call `snr_db` over the background: power against power, in band and span.

    Parameters
    ----------
    call, background : ndarray, shape (n,)
        Alone, as they will be heard together.
    """
    signal, noise = (np.mean(within(sound, band)[span] ** 2) for sound in (call, background))
    return float(np.sqrt(10 ** (snr_db / 10) * noise / signal))


def way(rng: Generator) -> Signal:
    """Draw the impulse response of the way from the animal: a low-pass, and reflections that die away."""
    times = rng.uniform(0.005, 0.3, rng.integers(0, 20))
    decay = 10 ** (-3 * times / rng.uniform(0.1, 0.6))  # to a thousandth in so many seconds
    strength = rng.uniform(-0.5, 0.5)
    signs = rng.choice([-1, 1], len(times))
    response = np.zeros(samples(0.35))
    np.add.at(response, np.round(times * RATE).astype(int), strength * signs * decay)
    response[0] = 1.0
    return np.asarray(lfilter(*butter(1, log_uniform(rng, 1500, 11000), fs=RATE), response))


def place(out: Signal, background: Signal, call: Signal, span: tuple[int, int], snr_db: float) -> tuple[float, float]:
    """Add a call, as long as `out`, that sounds within `span` (samples), `snr_db` over `background`; give its band."""
    band = energy_band(call[slice(*span)])
    first = max(0, span[0] - RATE // 2)  # the filter sees half a second more on both sides
    last = span[1] + RATE // 2
    near = slice(span[0] - first, span[1] - first)
    out += gain_for(snr_db, call[first:last], background[first:last], near, band) * call
    return band


def shifted(sound: Signal, at: int, n: int) -> Signal:
    """Let a sound begin at sample `at` (perhaps before the first) of `n`."""
    out = np.zeros(n)
    kept = sound[max(0, -at) : n - at]
    out[max(0, at) : max(0, at) + len(kept)] = kept
    return out


def scene(rng: Generator, data: Path, own: Sequence[Source], name: str, seconds: float = SECONDS) -> Scene:
    """Make one soundscape from the sources of one split; with calls where `name` says so."""
    beds, background = draw_background(rng, data, own, samples(seconds))
    background *= decibels(LEVEL_DB)
    kind = beds[0].kind
    out = background.copy()
    truth = []
    for _ in range(rng.integers(*CALLS, endpoint=True) if name.startswith("calls/") else 0):
        source, song = draw_call(rng, data, own)
        dry = varied(rng, song)
        snr_db = round(rng.uniform(*SNR_DB), 2)
        start, end = heard(dry)
        at = int(rng.integers(-start, len(out) - end, endpoint=True))
        call = shifted(fftconvolve(dry, way(rng)), at, len(out))
        band = place(out, background, call, (at + start, at + end), snr_db)
        span = [round((at + edge) / RATE, 4) for edge in (start, end)]
        truth.append(
            Truth(name, *span, *(round(hz, 1) for hz in band), source.kind, snr_db, kind, source.path.as_posix())
        )
    gain = min(1.0, 0.99 / float(np.abs(out).max()))
    made_from = ";".join(bed.path.as_posix() for bed in beds)
    recording = Recording(name, own[0].split, seconds, kind, made_from)
    return Scene(gain * out, gain * background, recording, sorted(truth, key=lambda call: call.start_s))


def scenes(
    data: Path,
    minutes: dict[str, int],
    seed: int,
    seconds: float = SECONDS,
    turn: int = 0,
    *,
    exchange: bool = False,
) -> Iterator[Scene]:
    """Make `minutes` soundscapes of each split, one at a time; every fourth has no calls."""
    everything = sources(data, turn, exchange=exchange)
    for number, (split, count) in enumerate(minutes.items()):
        own = [source for source in everything if source.split == split]
        for i in range(count):
            folder = "background" if i % EMPTY == EMPTY - 1 else "calls"
            yield scene(np.random.default_rng([seed, number, i]), data, own, f"{folder}/{split}-{i:04d}.wav", seconds)


def write_set(folder: Path, made: Iterator[Scene]) -> None:
    """Write soundscapes as they come, as WAV of 16 bits, and `calls.csv` and `recordings.csv` of each part."""
    for part in sorted(set(PARTS.values())):
        for content in ("calls", "background"):
            (folder / part / content).mkdir(parents=True)
        write_rows(folder / part / "calls.csv", Truth, [])
        write_rows(folder / part / "recordings.csv", Recording, [])
    for one in made:
        part = folder / PARTS[one.recording.split]
        whole: NDArray[np.int16] = np.round(one.sound * 32767).astype(np.int16)
        soundfile.write(part / one.recording.recording, whole, RATE, subtype="PCM_16")
        write_rows(part / "calls.csv", Truth, one.truth)
        write_rows(part / "recordings.csv", Recording, [one.recording])


def write_rows(path: Path, kind: type, rows: Sequence[Truth | Recording]) -> None:
    """Add rows to a table; begin it with its header where it is new."""
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(kind)], lineterminator="\n")
        if new:
            table.writeheader()
        table.writerows(asdict(row) for row in rows)
