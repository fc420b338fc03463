"""Place rows in made backgrounds, in a light room, and write recordings with the exact spans of all elements."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from math import ceil
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from soundscapes import RATE, backdrop, band_of, band_power, decibels, distance, samples, write_flac

from neighbours.sounds import SPACINGS, Row, Spacing, row

SPLITS = ("train", "validation", "test")  # their order is part of the seeds
LABEL = "element"
LEVELS_DB = (10, 20, 30)  # of the elements of a row over the background, in their own band
BACKGROUND_DB = -40
FARTHEST = 0.3  # of `distance`: a light room
PAUSE_S = (1.0, 2.0)  # between rows
BLOCK = samples(0.1)  # recordings are whole blocks long: Fourier transforms of prime lengths are slow
SEED = 22
PAIRS = 2  # rows with each overlap, for one row with each gap: a pair has fewer elements
RECORDINGS_OF_A_DECK = 3

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Element:
    """A line of the table of elements; `row` counts the rows of a recording, `value` is in ms or %."""

    recording: str
    start_s: str
    end_s: str
    label: str
    row: int
    spacing: str
    value: int
    kind: str
    snr_db: int


@dataclass(frozen=True)
class Recording:
    """A line of the table of recordings."""

    recording: str
    split: str
    seconds: float


@dataclass(frozen=True)
class Scene:
    """A recording before it is written: its sound, and of each row the start (samples), the row and its level (dB)."""

    sound: Samples
    rows: tuple[tuple[int, Row, int], ...]

    def elements(self, name: str) -> Iterator[Element]:
        """List the elements; nine decimals of a second say which sample is meant."""
        for number, (at, own, snr_db) in enumerate(self.rows):
            for start, end in own.spans:
                span = f"{(at + start) / RATE:.9f}", f"{(at + end) / RATE:.9f}"
                yield Element(name, *span, LABEL, number, own.spacing.kind, own.spacing.value, own.kind, snr_db)


def scene(rng: Generator, spacings: Sequence[Spacing]) -> Scene:
    """Place a row with each spacing in a background, one after the other."""
    rows = [row(rng, spacing) for spacing in spacings]
    starts = []
    n = samples(rng.uniform(*PAUSE_S))
    for own in rows:
        starts.append(n)
        n += len(own.sound) + samples(rng.uniform(*PAUSE_S))
    n = BLOCK * ceil(n / BLOCK)
    background = decibels(BACKGROUND_DB) * backdrop(rng, n)
    levels = [int(rng.choice(LEVELS_DB)) for _ in rows]
    dry = np.zeros(n)
    for at, own, snr_db in zip(starts, rows, levels):
        band = band_of(own.sound[slice(*own.spans[0])])
        around = background[max(0, at - RATE) : at + len(own.sound) + RATE]
        gain = np.sqrt(10 ** (snr_db / 10) * band_power(around, *band))
        dry[at : at + len(own.sound)] = gain * own.sound
    wet = fftconvolve(dry, distance(rng, rng.uniform(0, FARTHEST)))[:n]
    return Scene((background + wet).astype(np.float32), tuple(zip(starts, rows, levels)))


def scenes(split: str, decks: int) -> Iterator[Scene]:
    """Make three recordings of each deck, which holds each gap once and each overlap twice, shuffled."""
    place = SPLITS.index(split)
    cards = [spacing for spacing in SPACINGS for _ in range(PAIRS if spacing.kind == "overlap" else 1)]
    for deck in range(decks):
        rng = np.random.default_rng([SEED, place, deck])
        shuffled = [cards[n] for n in rng.permutation(len(cards))]
        for first in range(RECORDINGS_OF_A_DECK):
            yield scene(rng, shuffled[first::RECORDINGS_OF_A_DECK])


def write_split(folder: Path, split: str, decks: int) -> tuple[list[Recording], list[Element]]:
    """Write the recordings of a split into a folder of its name; return the lines of their tables."""
    (folder / split).mkdir()
    recordings = []
    elements: list[Element] = []
    for number, made in enumerate(scenes(split, decks)):
        name = f"{split}/{split}-{number:03d}.flac"
        write_flac(folder / name, made.sound)
        recordings.append(Recording(name, split, round(len(made.sound) / RATE, 3)))
        elements += made.elements(name)
    return recordings, elements


def write_set(folder: Path, decks: dict[str, int]) -> None:
    """Write `training` (the splits train and validation) and `test`: recordings, elements.csv and recordings.csv."""
    for part, splits in (("training", SPLITS[:2]), ("test", SPLITS[2:])):
        (folder / part).mkdir()
        written = [write_split(folder / part, split, decks[split]) for split in splits]
        write_lines(folder / part / "recordings.csv", Recording, [line for lines, _ in written for line in lines])
        write_lines(folder / part / "elements.csv", Element, [line for _, lines in written for line in lines])
        for split, (_, elements) in zip(splits, written):
            write_lines(folder / f"{split}.csv", Element, elements)


def write_lines(path: Path, kind: type[Element] | type[Recording], lines: Sequence[Element | Recording]) -> None:
    """Write a table, whose columns are the attributes of `kind`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, [column.name for column in fields(kind)], lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(line) for line in lines)
