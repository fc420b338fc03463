"""Small made recordings, their tables, and tiny recipes, for the tests that need sound and a network."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from detector.clips import Clip, ClipWriter, LabelFacts
from detector.progress import Progress, Work
from detector.recipe import Recipe

RATE = 8000
TONES = {"low": 1000.0, "high": 2500.0}
Call = tuple[float, float, str]  # start in s, end in s, a label that is a key of TONES

MEL = {"kind": "mel", "n_fft": 256, "hop_length": 128, "n_bands": 16, "fmin": 100, "fmax": 4000, "scaling": "db"}
FRONTENDS: dict[str, dict[str, Any]] = {
    "mel": MEL,
    "pcen": MEL | {"scaling": {"kind": "pcen", "time_constant": 0.2}},
    "background": MEL | {"background": 0.5},
    "linear": {"kind": "linear", "n_fft": 256, "hop_length": 100, "fmin": 500, "fmax": 3500},
    "cqt": {"kind": "cqt", "hop_length": 160, "n_bands": 24, "bins_per_octave": 8, "fmin": 300},
    "waveform": {"kind": "waveform"},
}
STAGES = ({"filters": 4, "kernel": 3, "norm": "batch", "pool": {"kind": "max", "size": 2}, "dropout": 0.1},)
TRAINING = {"epochs": 4, "batch_size": 8, "learning_rate": 0.01, "jitter": 0.1}


class Heard(Progress):
    """Keep what the library tells: lines, and of each piece of work what it is, its units and how many were done."""

    def __init__(self, lines: list[str] | None = None) -> None:
        self.lines = [] if lines is None else lines
        self.works: list[HeardWork] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def begin(self, total: int, unit: str, task: str = "") -> HeardWork:
        self.works.append(HeardWork(total, unit, task))
        return self.works[-1]


@dataclass
class HeardWork(Work):
    total: int
    unit: str
    what: str
    n: float = 0
    ended: bool = False

    def advance(self, n: float = 1) -> None:
        self.n += n

    def done(self) -> None:
        self.ended = True


def recipe(frontend: str = "mel", **sections: Mapping[str, Any]) -> Recipe:
    """Make a recipe for 8-kHz audio, windows of 0.5 s and next to no network; `sections` overrides keys."""
    waveform = frontend == "waveform"
    stages = [{"kind": "conv1d", "filters": 4, "kernel": 64, "stride": 32}] if waveform else list(STAGES)
    content: dict[str, Any] = {
        "audio": {"sample_rate": RATE},
        "window": {"duration": 0.5},
        "frontend": FRONTENDS[frontend],
        "network": {"stage": stages, "dense": {"units": [8], "dropout": 0.1}},
        "labels": {},
        "training": TRAINING,
    }
    for name, keys in sections.items():
        content[name] = content[name] | dict(keys)
    return Recipe.model_validate(content)


def write_recipe(path: Path, made: Recipe) -> Path:
    """Write a recipe as a file."""
    path.write_text(made.to_toml(), encoding="utf-8")
    return path


def sound(
    seconds: float, calls: Sequence[Call] = (), seed: int = 0, *, rate: int = RATE, level: float = 0.2
) -> NDArray[np.float32]:
    """Make noise with tone bursts where the calls are."""
    times = np.arange(round(seconds * rate)) / rate
    samples = 0.02 * np.random.default_rng(seed).standard_normal(len(times))
    for start, end, label in calls:
        samples += level * np.sin(2 * np.pi * TONES[label] * times) * ((times >= start) & (times < end))
    return samples.astype(np.float32)


def write_sound(path: Path, samples: NDArray[np.float32], rate: int = RATE) -> Path:
    """Write samples (sample,) or (sample, channel) without loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


def write_table(path: Path, rows: Iterable[tuple[str, object, object, str]]) -> Path:
    """Write a CSV of recording, onset, offset and label."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["recording", "start_s", "end_s", "label"])
        writer.writerows(rows)
    return path


def draw_calls(seconds: float, labels: Sequence[str], seed: int) -> list[Call]:
    """Draw calls of 0.2 to 0.4 s, the labels in turn, with 1 to 2 s between them."""
    rng = np.random.default_rng(seed)
    calls: list[Call] = []
    start = float(rng.uniform(0.2, 1.0))
    while start < seconds - 0.5:
        end = start + float(rng.uniform(0.2, 0.4))
        calls.append((round(start, 3), round(end, 3), labels[len(calls) % len(labels)]))
        start = end + float(rng.uniform(1.0, 2.0))
    return calls


def write_set(folder: Path, labels: Sequence[str] = ("low",), *, n: int = 8, seconds: float = 8.0) -> tuple[Path, Path]:
    """Write `n` recordings with calls, and a table of all of them; give the table and the folder of recordings."""
    rows = []
    for number in range(n):
        name, calls = f"site{number % 4}_{number}.wav", draw_calls(seconds, labels, number)
        write_sound(folder / "recordings" / name, sound(seconds, calls, number))
        rows += [(name, *call) for call in calls]
    return write_table(folder / "calls.csv", rows), folder / "recordings"


def write_clips(folder: Path, made: Recipe, *, n: int = 24, seed: int = 0) -> Path:
    """Write clips of noise power without recordings: six with a call of each label, louder in some bands, six without.

    Of six, two are in the split validation and one in the split test, each from a recording of its own.
    """
    rng, labels = np.random.default_rng(seed), made.labels.names
    waveform, pcen = made.frontend.kind == "waveform", made.frontend.scaling.kind == "pcen"
    slow = pcen or (not waveform and made.frontend.background is not None)
    margin = int(np.ceil(made.training.jitter * made.frame_rate))
    folder.mkdir(parents=True)
    writer = ClipWriter(folder, made)
    length = made.window_frames + 2 * margin
    for number in range(n):
        kind = number // 6 % (len(labels) + 1)
        power = rng.exponential(1.0, (made.n_bands, length)).astype(np.float32)
        events: tuple[tuple[float, float, str], ...] = ()
        if kind < len(labels):
            power[kind :: len(labels) + 1] *= 50
            events = ((0.1, made.window.duration - 0.2, labels[kind]),)
        split = "test" if number % 6 == 5 else "validation" if number % 3 == 1 else "train"
        name, found = f"made/{number}.wav", [label for _, _, label in events]
        clip = Clip(
            name, "mix", 1.0, "call" if events else "background", "|".join(found), split, name, True, 0, length, events
        )
        writer.add(clip, power, power.mean(axis=1) if slow else None)
    writer.close({label: LabelFacts(4, 0.3, 0.2, 0.5, 100.0, 200.0) for label in labels})
    return folder


def link_recordings(folder: Path, sources: Mapping[str, Path]) -> None:
    """Make links to recordings below a folder, by name."""
    for name, source in sources.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(source)
