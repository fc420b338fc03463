"""The undamaged recordings: noise with tone bursts whose irregular times tell each from every other."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
import soundfile
from numpy.typing import NDArray

from tests.corpus.ogg import with_serial

RATE = 8000
TONE_HZ = 2000
Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Kind:
    """A format: its suffix, and libsndfile's names for it and the coding of its samples."""

    suffix: str
    format: str
    subtype: str
    bytes_per_sample: int = 0  # 0: coded


KINDS = {
    "wav16": Kind("wav", "WAV", "PCM_16", 2),
    "wav24": Kind("wav", "WAV", "PCM_24", 3),
    "wavfloat": Kind("wav", "WAV", "FLOAT", 4),
    "rf64": Kind("rf64", "RF64", "PCM_16", 2),
    "w64": Kind("w64", "W64", "PCM_16", 2),
    "aiff": Kind("aiff", "AIFF", "PCM_16", 2),
    "flac": Kind("flac", "FLAC", "PCM_16"),
    "vorbis": Kind("ogg", "OGG", "VORBIS"),
    "opus": Kind("opus", "OGG", "OPUS"),
    "mp3": Kind("mp3", "MP3", "MPEG_LAYER_III"),
}
LENGTHS = {"long": 60.0, "short": 6.0, "next": 20.0}
SEEDS = {"long": 1, "short": 2, "next": 3}


@cache
def sound(length: str, rate: int = RATE) -> Samples:
    """Make noise with bursts of 0.15 to 0.35 s, 0.8 to 2.3 s apart, the first after 0.8 s at the earliest."""
    rng = np.random.default_rng(SEEDS[length])
    seconds = LENGTHS[length]
    times = np.arange(round(seconds * rate)) / rate
    samples = 0.02 * rng.standard_normal(len(times))
    start = 0.8 + float(rng.uniform(0, 0.3))
    while start < seconds - 0.6:
        end = start + float(rng.uniform(0.15, 0.35))
        samples += 0.3 * np.sin(2 * np.pi * TONE_HZ * times) * ((times >= start) & (times < end))
        start = end + float(rng.uniform(0.8, 2.3))
    return samples.astype(np.float32)


def encode(samples: Samples, kind: str, rate: int = RATE) -> bytes:
    """Write samples (sample,) or (sample, channel) in a format; the same bytes every time."""
    spec, stream = KINDS[kind], io.BytesIO()
    soundfile.write(stream, samples, rate, format=spec.format, subtype=spec.subtype)
    data = stream.getvalue()
    if spec.format == "OGG":
        return with_serial(data, 1)  # libogg draws it
    at = data.find(b"PEAK", 0, 200)
    return data if at < 0 else data[: at + 12] + bytes(4) + data[at + 16 :]  # the time of writing


@cache
def recording(kind: str, length: str = "long", rate: int = RATE) -> bytes:
    """Give an undamaged recording as the bytes of its file."""
    return encode(sound(length, rate), kind, rate)


def source_name(kind: str, length: str = "long", rate: int = RATE) -> str:
    """Name the file of an undamaged recording."""
    return f"healthy-{kind}-{length}-{rate}.{KINDS[kind].suffix}"


def from_source(name: str) -> bytes:
    """Give the bytes of the undamaged recording of that name."""
    kind, length, rate = name.rsplit(".", 1)[0].removeprefix("healthy-").rsplit("-", 2)
    return recording(kind, length, int(rate))
