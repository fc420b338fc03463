"""The seeds and mutations of recordings, and their file. An input's first byte chooses the suffix."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.corpus import ogg, riff
from tests.corpus.chunks import BODIES
from tests.corpus.sound import KINDS, encode, sound
from tests.fuzz.target import spoilt

SUFFIXES = tuple(dict.fromkeys(kind.suffix for kind in KINDS.values()))


@cache
def seeds() -> tuple[bytes, ...]:
    """Give a second in every format, and a WAV file with chunks of every kind."""
    short = sound("short")[6000:14000]
    files = [(kind.suffix, encode(short, name)) for name, kind in KINDS.items()]
    data = riff.chunk(b"data", riff.samples("wav16", "short")[:8000])
    files.append(("wav", riff.wav([riff.fmt(), *(riff.chunk(*each) for each in BODIES.items()), data])))
    return tuple(bytes([SUFFIXES.index(suffix)]) + content for suffix, content in files)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Spoil the head, or the whole; in Ogg, often with a checksum that fits."""
    if data[1:5] == b"OggS" and rng.random() < 0.6:
        try:
            pages = ogg.pages(data[1:])
        except (IndexError, ValueError):
            pages = []
        if pages:
            n = rng.randrange(len(pages))
            if rng.random() < 0.5:
                pages[n] = replace(pages[n], body=spoilt(pages[n].body, rng)[: len(pages[n].body)])
            else:
                pages[n] = replace(pages[n], granule=rng.choice((-1, 0, 1, 2**40, 2**63 - 1, rng.randrange(10**6))))
            return data[:1] + ogg.joined(pages)
    within = rng.choice((64, 200, 1000, len(data)))
    return data[:1] + spoilt(data[1:], rng, within)


def written(data: bytes, folder: Path) -> Path:
    """Write an input as a file with its suffix."""
    suffix = SUFFIXES[data[0] % len(SUFFIXES)] if data else "wav"
    path = folder / f"recording.{suffix}"
    path.write_bytes(data[1:])
    return path
