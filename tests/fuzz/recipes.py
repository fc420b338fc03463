"""Recipes: what is no recipe is refused with the program's own error."""

from __future__ import annotations

import random
from contextlib import suppress
from functools import cache
from pathlib import Path

from detector.errors import DetectorError
from detector.presets import find_recipe, list_presets
from detector.recipe import parse_recipe
from tests.fuzz.target import Target, replaced, spoilt

PIECES = (
    *(b"", b"0", b"-1", b"1", b"1e400", b"nan", b"inf", b"1e-320", b"true", b"[]", b"{}", b'""', b'"mel"', b"[1, 2]"),
    *(b"9" * 30, b"9" * 5000, b"0.5", b"[[a]]", b"[network]", b"kind", b"stage", b'"cqt"', b'"waveform"', b'"conv1d"'),
    *(b"2024-01-01", b"0x10", b'"""', b"'", b"\0", b"\xff", b"[" * 3000, b"a." * 2000 + b"a", b"size = [0, 1]"),
    *(b"filters = 1000000000", b"n_fft = 16", b"fmax = 1", b"per = 'frame'", b"stride = 100", b"units = [0]"),
)


@cache
def seeds() -> tuple[bytes, ...]:
    """Give the shipped recipes."""
    return tuple(find_recipe(name).to_toml().encode() for name in list_presets())


def run(data: bytes, folder: Path) -> None:
    """Parse a spoilt recipe; what is taken must be written and read again as the same."""
    del folder
    with suppress(DetectorError, UnicodeDecodeError):  # a file is decoded, and refused, before it is parsed
        recipe = parse_recipe(data.decode("utf-8"), "fuzzed")
        text = recipe.to_toml()
        try:
            again = parse_recipe(text, "again")
        except DetectorError as error:
            raise AssertionError(f"its own text is refused: {error}") from error
        assert again == recipe, "its own text is another recipe"


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Exchange keys and values, or spoil bytes."""
    return replaced(data, rng, PIECES, b"\n=,[]{}") if rng.random() < 0.8 else spoilt(data, rng)


TARGET = Target("recipes", seeds, run, mutate)
