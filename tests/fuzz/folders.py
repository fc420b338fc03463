"""Inputs that stand for one file of a folder, which is sound otherwise. An input's first byte chooses the file."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz import recipes
from tests.fuzz.target import replaced, spoilt


def seeds_of(folder: Path, names: Sequence[str]) -> tuple[bytes, ...]:
    """Give each file as an input."""
    return tuple(bytes([n]) + (folder / name).read_bytes() for n, name in enumerate(names))


def with_file(sound: Path, names: Sequence[str], data: bytes, folder: Path) -> Path:
    """Copy a sound folder, with the input in the place of one of its files; without the file for an empty input."""
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(sound, copy)
    spoilt_file = copy / names[(data[0] if data else 0) % len(names)]
    if len(data) > 1:
        spoilt_file.write_bytes(data[1:])
    else:
        spoilt_file.unlink()
    return copy


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Exchange keys, values and cells in text, and spoil bytes of the rest, mostly at its head."""
    binary = b"\0" in data[1:]
    if not binary and rng.random() < 0.8:
        return data[:1] + replaced(data[1:], rng, recipes.PIECES, b'\n=,[]{}:"')
    if binary and rng.random() < 0.3:  # a head in JSON or Python, at the beginning of a binary file
        return data[:1] + replaced(data[1:300], rng, recipes.PIECES, b'=,[]{}:"') + data[300:]
    return data[:1] + spoilt(data[1:], rng, rng.choice((16, 300, len(data))))
