"""What soundscapes are made of: real calls that stand clear of their own background, and real backgrounds without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from call_activity import FOLDS, RUMBLE, SHARES, Cut, Source, lifted, read, read_sources
from exchange import exchanged, swapped
from numpy.random import Generator
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfilt, sosfiltfilt
from soundscapes import RATE, Signal, decibels, level, samples

from detector.errors import RecordingError

BACKGROUNDS = ("Rain", "Sea waves", "Helicopter", "Chainsaw", "field")
# Recordings of negative/ in whose spectrograms no bird and no owl is seen, only insects, wind and drops; by site.
FIELD = {
    "neg_1/miles_cotton_01_2982_772219_20210304_095630_30_0.flac": "train",
    "neg_1/miles_cotton_01_2982_772292_20210317_095300_30_0.flac": "train",
    "neg_1/st_george_cotton_01_2983_772166_20210222_084030_30_0.flac": "validation",
    "neg_1/st_george_bush_01_2978_702944_20201214_081130_30_0.flac": "test",
    "neg_1/st_george_bush_01_2978_772284_20210318_094800_30_0.flac": "test",
}
WHOLE = ("rooster", "boobook")  # a crow and a "boo-book" are one call; barks and syllables are one each
CLEAR_DB = {"dog": 20.0, "rooster": 20.0, "finch": 20.0, "boobook": 6.0}  # over the call's own background, in its band
SHORTEST_S = {"dog": 0.05, "rooster": 0.5, "finch": 0.03, "boobook": 0.2}
FADE_S = 0.5
PLACES = 3  # in the background of a soundscape


def sources(data: Path, turn: int = 0, *, exchange: bool = False) -> list[Source]:
    """List calls one by one, and backgrounds; splits are those of `call_activity.py`, field recordings go by site."""
    field = [Source(Path("boobook", "negative", name), "field", split) for name, split in FIELD.items()]
    for source in field:
        if not (data / source.path).is_file():
            raise RecordingError(f"{data / source.path}: no such file; it serves as background")
    found = dealt([*read_sources(data), *field], turn, exchange=exchange)
    calls = [one_by_one(source) for source in found if source.cuts]
    backgrounds = [source for source in found if source.kind in BACKGROUNDS]
    return [*(source for source in calls if source.cuts), *backgrounds]


def dealt(found: Sequence[Source], turn: int, *, exchange: bool) -> list[Source]:
    """Let other recordings test: with `turn`, folds of ESC-10 change parts; with `exchange`, finches and owls do.

    A part of the finches that trained test, and those for testing train; owls and field recordings go by site, and all
    sites change.
    """
    found = [turned(source, turn) for source in found]
    if not exchange:
        return found
    splits: dict[str, str] = {}
    for folder, change in {"zebra-finch": exchanged, "boobook": swapped}.items():
        own = {str(source.path): source.split for source in found if source.path.parts[0] == folder}
        splits |= change(own)
    return [replace(source, split=splits.get(str(source.path), source.split)) for source in found]


def turned(source: Source, turn: int) -> Source:
    """Give a clip of ESC-10 the split of the fold that is `turn` folds after its own, with which its name begins."""
    if source.path.parts[0] != "esc10":
        return source
    fold = (int(source.path.name.partition("-")[0]) - 1 + turn) % len(FOLDS) + 1
    return replace(source, split=FOLDS[str(fold)])


def one_by_one(source: Source) -> Source:
    """Cut a source into single calls; what is too short to be one goes."""
    cuts = source.cuts
    if source.kind not in WHOLE:
        cuts = tuple(replace(cut, parts=(part,)) for cut in source.cuts for part in cut.parts)
    least = SHORTEST_S[source.kind]
    return replace(source, cuts=tuple(cut for cut in cuts if cut.parts[-1][1] - cut.parts[0][0] >= least))


def energy_band(sound: Signal) -> tuple[float, float]:
    """Find the band (Hz) between the frequencies below which 5 and 95 % of the energy lie; at least 100 Hz wide."""
    power = np.cumsum(np.abs(np.fft.rfft(sound)) ** 2)
    low, high = np.interp([0.05, 0.95], power / power[-1], np.fft.rfftfreq(len(sound), 1 / RATE))
    low = min(max(float(low), 50.0), RATE / 2 - 200)
    return low, min(max(float(high), low + 100), RATE / 2 - 100)


def within(sound: Signal, band: tuple[float, float]) -> Signal:
    """Keep a band (Hz) of a sound, without delay."""
    return np.asarray(sosfiltfilt(butter(3, band, "bandpass", fs=RATE, output="sos"), sound))


def standing_db(path: Path, cut: Cut, band: tuple[float, float]) -> float:
    """Measure a call's level in its band over the quietest fifth of what is heard within 2 s of it."""
    start = cut.parts[0][0]
    end = cut.parts[-1][1]
    begin = max(0.0, start - 2)
    power = sosfilt(butter(3, band, "bandpass", fs=RATE, output="sos"), read(path, begin, end + 2)) ** 2
    call = np.mean(power[samples(start - begin) : samples(end - begin)])
    frames = uniform_filter1d(power, samples(0.02))[:: samples(0.01)]
    audible = frames[frames > 1e-11]  # some clips are padded with digital silence
    quiet = np.percentile(audible, 20) if audible.size else 1e-11
    return float(10 * np.log10(call / quiet + 1e-20))


@lru_cache(maxsize=2000)
def clear_call(path: Path, cut: Cut, least_db: float) -> Signal | None:
    """Lift a call off its background; give None where it does not stand `least_db` over it: its level is not its own.

    The background's part of a call that stands 20 dB clear is 1 %: an error of 0.04 dB. Owls stand 6 to 15 dB clear,
    and only in the cells of the spectrogram that the lifting keeps is their background left.
    """
    sound = np.asarray(sosfilt(RUMBLE, lifted(path, cut)))
    if not sound.any() or standing_db(path, cut, energy_band(sound)) < least_db:
        return None
    return level(sound)


def draw_call(rng: Generator, data: Path, own: Sequence[Source]) -> tuple[Source, Signal]:
    """Draw an animal, a recording of it and a clear call in that."""
    kinds = sorted({source.kind for source in own if source.cuts})
    shares = np.array([SHARES[kind] for kind in kinds])
    kind = rng.choice(kinds, p=shares / shares.sum())
    alike = [source for source in own if source.kind == kind]
    order = [(alike[i], int(j)) for i in rng.permutation(len(alike)) for j in rng.permutation(len(alike[i].cuts))]
    for source, j in order:
        call = clear_call(data / source.path, source.cuts[j], CLEAR_DB[kind])
        if call is not None:
            return source, call
    raise RecordingError(f"{data}: no {kind} of {own[0].split} stands {CLEAR_DB[kind]:g} dB over its background")


def draw_background(rng: Generator, data: Path, own: Sequence[Source], n: int) -> tuple[list[Source], Signal]:
    """Draw a kind of background and three places where it was recorded, one after the other; unit power.

    White noise 45 dB below stands for the recorder, so that no call is compared with digital silence.
    """
    kind = rng.choice([name for name in BACKGROUNDS if any(source.kind == name for source in own)])
    alike = [source for source in own if source.kind == kind]
    places = [alike[i] for i in rng.permutation(len(alike))[:PLACES]]
    stay = n // len(places) + samples(FADE_S)
    stays = [looped(audible(read(data / place.path)), int(rng.integers(samples(5))), stay) for place in places]
    sound = level(joined(stays)[:n]) + decibels(-45) * rng.standard_normal(n)
    return places, level(sound)


def joined(clips: Sequence[Signal]) -> Signal:
    """Join sounds end to end, with soft joints that keep the power."""
    fade = samples(FADE_S)
    ramp = np.sin(np.linspace(0, np.pi / 2, fade))
    out = clips[0]
    for clip in clips[1:]:
        joint = out[-fade:] * ramp[::-1] + clip[:fade] * ramp
        out = np.concatenate([out[:-fade], joint, clip[fade:]])
    return out


def looped(clip: Signal, first: int, n: int) -> Signal:
    """Repeat a clip and give `n` samples of that, from sample `first`."""
    turns = -(-(first + n) // (len(clip) - samples(FADE_S))) + 1
    return joined([clip] * turns)[first:][:n]


def audible(clip: Signal) -> Signal:
    """Trim digital silence off the ends; unit power."""
    loud = np.flatnonzero(uniform_filter1d(clip**2, samples(0.02)) > 1e-8)
    return level(clip[loud[0] : loud[-1] + 1])


def census(data: Path, all_sources: Sequence[Source]) -> Iterator[tuple[str, str, int, int, int]]:
    """Count recordings, clear calls and dropped calls by kind and split."""
    for kind, split in sorted({(source.kind, source.split) for source in all_sources}):
        own = [source for source in all_sources if (source.kind, source.split) == (kind, split)]
        heard = [clear_call(data / s.path, cut, CLEAR_DB[kind]) is not None for s in own for cut in s.cuts]
        yield kind, split, len(own), sum(heard), len(heard) - sum(heard)
