"""Samples that are no numbers, or far beyond full scale."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.corpus import riff
from tests.corpus.case import WHOLE, Case, Source, content
from tests.corpus.sound import RATE, source_name

_AT_S = 25.0
_SINGLE = {"1e30": 1e30, "minus-1e30": -1e30, "1e10": 1e10, "nan": np.nan, "inf": np.inf, "minus-inf": -np.inf}


def values(quick: bool) -> Iterator[Case]:
    """Give all of them, in WAV files of 32- and 64-bit floats."""
    whole = np.frombuffer(riff.samples("wavfloat"), np.float32)
    source = source_name("wavfloat")
    at = round(_AT_S * RATE)
    for bits, kind in ((32, np.float32), (64, np.float64)):
        for name, value in _SINGLE.items():
            for n in (1, 1000):
                changed = whole.astype(kind)
                changed[at : at + n] = value
                damaged = ((_AT_S, _AT_S + n / RATE),)
                yield Case(f"value-{name}-{n}-of-{bits}.wav", _float_wav(changed), (Source(source),), damaged)
        everything = np.full(len(whole), np.nan, kind)
        yield Case(f"value-nan-only-of-{bits}.wav", _float_wav(everything), damaged=(WHOLE,), failed=True)
        scaled = (whole * 32768).astype(kind)  # by a program that took floats for integers
        yield Case(f"value-unscaled-of-{bits}.wav", _float_wav(scaled), damaged=(WHOLE,), named="may", failed=True)
    for name, word in {"signalling-nan": 0x7F800001, "denormal": 1}.items():
        changed = bytearray(whole.tobytes())
        changed[4 * at : 4 * at + 4] = struct.pack("<I", word)
        data = riff.wav([riff.fmt(bits=32, tag=3), riff.chunk(b"data", bytes(changed))])
        told = "must" if "nan" in name else "never"
        yield Case(f"value-{name}.wav", content(data), (Source(source),), ((_AT_S, _AT_S),), named=told)


def _float_wav(samples: NDArray[np.floating]) -> Callable[[Path], None]:
    bits = 8 * samples.dtype.itemsize
    return content(riff.wav([riff.fmt(bits=bits, tag=3), riff.chunk(b"data", samples.tobytes())]))
