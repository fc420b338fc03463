"""Make the training set of the embedded model `call-activity`: soundscapes in which every animal call is annotated.

`python experiments/call_activity.py DATA OUTPUT [--hours H] [--seed S]` mixes real calls and backgrounds in DATA
(folders esc10, zebra-finch and boobook) with made ones (`soundscapes.py`). It writes 30-s recordings,
`annotations.csv`, `splits.csv`, and `sources.csv`, which names the files that each recording was made from. No source
is heard in two splits: ESC-10 goes by its folds, zebra finch by its own table, boobook by site.
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter, uniform_filter1d
from scipy.signal import butter, fftconvolve, istft, sosfilt, stft
from soundscapes import (
    CALLS,
    RATE,
    Cue,
    PlacedCall,
    Signal,
    backdrop,
    coloured,
    decibels,
    distance,
    level,
    log_uniform,
    mix,
    phrase,
    samples,
    varied,
    write_flac,
)

SECONDS = 30.0
GAP_S = 0.2  # parts of one call are nearer than this
SPLITS = ("train", "validation", "test")
FOLDERS = ("esc10", "zebra-finch", "boobook/positive")
FOLDS = {"1": "train", "2": "train", "3": "train", "4": "validation", "5": "test"}
SITES = {
    "dalby_bush_01_2980": "train",
    "miles_cotton_01_2982": "train",
    "st_george_cotton_01_2983": "validation",
    "dalby_cotton_01_2981": "test",
}
# Baby cry and sneeze are left out: whether they count as animal calls is a matter of opinion.
ESC10_CALLS = {"Dog bark": "dog", "Rooster": "rooster"}
ESC10_BACKGROUNDS = {"Rain", "Sea waves", "Helicopter", "Chainsaw", "Clock tick", "Fire crackling"}
# Clips of background classes in which a voice, music or a bird is heard as well (seen in their spectrograms).
IMPURE = {"1-172649-A", "1-172649-B", "2-119748-A", "3-104632-A", "3-158476-A", "4-195497-B", "4-204618-A"}
SHARES = {"dog": 0.3, "rooster": 0.25, "finch": 0.3, "boobook": 0.15}  # of the real callers

RUMBLE = butter(4, 200, "highpass", fs=RATE, output="sos")

Span = tuple[float, float]


@dataclass(frozen=True)
class Cut:
    """A call within a file: the spans that sound (s), and the band (Hz) that is kept."""

    parts: tuple[Span, ...]
    low_hz: float = 200.0
    high_hz: float = 12000.0


@dataclass(frozen=True)
class Source:
    """A file of real sound: the calls that can be cut from it, or none where it serves as background."""

    path: Path
    kind: str
    split: str
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True)
class Caller:
    """One animal at one place: what it says, the way from it to the microphone, and how loud it is."""

    kind: str
    songs: tuple[Signal, ...]
    way: Signal
    snr_db: float

    def cue(self, rng: Generator, at_s: float) -> Cue:
        """Let it be heard once from `at_s`, never twice quite the same."""
        sound = fftconvolve(varied(rng, self.songs[rng.integers(len(self.songs))]), self.way)
        snr_db = float(np.clip(self.snr_db + rng.normal(0, 2), -3, 30))
        return Cue(sound, at_s, snr_db, "call", self.kind)


@dataclass(frozen=True)
class Soundscape:
    """A made recording, its calls, and the files that it was made from."""

    sound: NDArray[np.float32]
    calls: list[PlacedCall]
    sources: list[Path]


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a table with a header."""
    with path.open(encoding="utf-8-sig", newline="") as table:
        return list(csv.DictReader(table, delimiter=delimiter))


def read(path: Path, start_s: float = 0.0, end_s: float = np.inf) -> Signal:
    """Read a stretch of a recording as one channel at 24 kHz."""
    with soundfile.SoundFile(path) as file:
        first = max(0, round(start_s * file.samplerate))
        file.seek(min(first, file.frames))
        last = file.frames if np.isinf(end_s) else min(file.frames, round(end_s * file.samplerate))
        sound = file.read(max(0, last - first), always_2d=True).mean(axis=1)
        return np.asarray(soxr.resample(sound, file.samplerate, RATE))


def joined(spans: Iterable[Span], gap_s: float, longest_s: float = np.inf) -> list[tuple[Span, ...]]:
    """Group spans that lie less than `gap_s` apart, while the group stays under `longest_s`."""
    groups: list[tuple[Span, ...]] = []
    for span in sorted(spans):
        if groups and span[0] - groups[-1][-1][1] < gap_s and span[1] - groups[-1][0][0] < longest_s:
            groups[-1] += (span,)
        else:
            groups.append((span,))
    return groups


def loud_parts(sound: Signal) -> list[Span]:
    """Find where a clip sounds, whether it is padded with digital silence or lies over noise.

    That is within 25 dB of the loudest 10 ms, and 10 dB over the clip's floor: the quietest tenth of what is not
    digital silence. A clip that rises less than 20 dB over its floor has no part that could be cut out cleanly.
    """
    audible = sosfilt(RUMBLE, sound)
    power = uniform_filter1d(audible**2, samples(0.01), mode="constant")[:: samples(0.001)]
    db = 10 * np.log10(power + 1e-12)
    floor = float(np.percentile(db[db > -85], 10)) if (db > -85).any() else 0.0
    if db.max() < floor + 20:
        return []
    loud = np.concatenate([[False], db > max(floor + 10, db.max() - 25), [False]])
    edges = np.flatnonzero(np.diff(loud.astype(int))).reshape(-1, 2) / 1000
    groups = joined([(float(start), float(end)) for start, end in edges], 0.05)
    return [(group[0][0], group[-1][1]) for group in groups if group[-1][1] - group[0][0] >= 0.04]


def esc10_sources(data: Path) -> Iterator[Source]:
    """List dogs, roosters and backgrounds, split by the published folds."""
    for row in rows(data / "esc10" / "meta.csv"):
        path = Path("esc10", row["file"])
        if row["class"] in ESC10_CALLS:
            cuts = tuple(Cut(parts) for parts in joined(loud_parts(read(data / path)), GAP_S))
            if cuts:
                yield Source(path, ESC10_CALLS[row["class"]], FOLDS[row["fold"]], cuts)
        elif row["class"] in ESC10_BACKGROUNDS and path.stem not in IMPURE:
            yield Source(path, row["class"], FOLDS[row["fold"]])


def finch_sources(data: Path) -> Iterator[Source]:
    """List songs: syllables less than 0.2 s apart are one call. Noise (`n`) and rows that end before they start go."""
    syllables: dict[str, list[Span]] = {}
    for row in rows(data / "zebra-finch" / "annotations.csv"):
        start = float(row["start_s"])
        end = float(row["end_s"])
        if row["label"] != "n" and end > start:
            syllables.setdefault(row["file"], []).append((start, end))
    for row in rows(data / "zebra-finch" / "recordings.csv"):
        songs = joined(syllables.get(row["recording"], []), GAP_S, longest_s=1.5)
        if songs:
            path = Path("zebra-finch", row["recording"])
            yield Source(path, "finch", row["split"], tuple(Cut(song, 400) for song in songs))


def boobook_sources(data: Path) -> Iterator[Source]:
    """List owls, cut to their boxes.

    The recordings themselves are of no use here: in those with calls and in those without (negative/, some of which are
    the same files under another name), other birds and insects are heard that nobody boxed.
    """
    for path in sorted((data / "boobook" / "positive").glob("*.flac")):
        site = re.match(r"\D+\d+_\d+(?=_\d)", path.name)
        if site is None or site[0] not in SITES:
            sys.exit(f"{path}: its site must be one of {', '.join(SITES)}")
        table = path.with_name(path.stem + ".Table.1.selections.txt")
        boxes = [
            [float(row[key]) for key in ("Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)")]
            for row in rows(table, "\t")
            if row["View"].startswith("Spectrogram")
        ]
        cuts = tuple(Cut(((start, end),), low, high) for start, end, low, high in boxes if end - start > 0.1)
        yield Source(path.relative_to(data), "boobook", SITES[site[0]], cuts)


def read_sources(data: Path) -> list[Source]:
    """List every real source; end with a clear line where a folder is missing."""
    for folder in FOLDERS:
        if not (data / folder).is_dir():
            sys.exit(f"{data}: lacks the folder {folder}; it must hold {', '.join(FOLDERS)}")
    return [*esc10_sources(data), *finch_sources(data), *boobook_sources(data)]


def lifted(path: Path, cut: Cut) -> Signal:
    """Lift a call off its own background: what stands 5 dB over the noise around it, within its parts and band."""
    begin = max(0.0, cut.parts[0][0] - 1.5)
    sound = read(path, begin, cut.parts[-1][1] + 1.5)
    hz, _, shape = stft(sound, RATE, nperseg=512, noverlap=384)
    power = uniform_filter(np.abs(shape) ** 2, (3, 7))
    noise = 1.3 * np.percentile(power, 20, axis=1, keepdims=True)  # about the mean, where most of it is noise
    stands = (power > 3 * noise) & ((hz >= cut.low_hz) & (hz <= cut.high_hz))[:, None]
    clean = istft(shape * uniform_filter(stands.astype(float), 3), RATE, nperseg=512, noverlap=384)[1]
    within = np.zeros(min(len(sound), len(clean)))
    for start, end in cut.parts:
        within[max(0, samples(start - begin - 0.005)) : samples(end - begin + 0.005)] = 1.0
    first, last = np.flatnonzero(within)[[0, -1]]
    return (clean[: len(within)] * uniform_filter1d(within, samples(0.008)))[max(0, first - 100) : last + 100]


def made_caller(rng: Generator) -> Caller:
    """Invent an animal with one or two calls, said once or in phrases."""
    kind = str(rng.choice(list(CALLS)))
    songs = [phrase(rng, CALLS[kind]) if rng.random() < 0.3 else CALLS[kind](rng) for _ in range(rng.integers(1, 3))]
    return Caller(kind, tuple(songs), distance(rng, rng.uniform(0, 0.8)), rng.triangular(-3, 10, 30))


def real_caller(rng: Generator, data: Path, sources: Sequence[Source]) -> tuple[Caller, Path]:
    """Take an animal from one real recording, a little larger or smaller than it was; tell which recording."""
    kinds = sorted({source.kind for source in sources if source.cuts})
    shares = np.array([SHARES[kind] for kind in kinds])
    kind = rng.choice(kinds, p=shares / shares.sum())
    alike = [source for source in sources if source.kind == kind]
    source = alike[rng.integers(len(alike))]
    chosen = rng.permutation(len(source.cuts))[:4]
    size = 1 + rng.uniform(-0.2, 0.25)
    songs = [np.asarray(soxr.resample(lifted(data / source.path, source.cuts[i]), RATE, RATE * size)) for i in chosen]
    way = distance(rng, rng.uniform(0, 0.5))
    return Caller(source.kind, tuple(songs), way, rng.triangular(-3, 10, 30)), source.path


def real_backdrop(rng: Generator, data: Path, sources: Sequence[Source], n: int) -> tuple[Signal, list[Path]]:
    """Join one to three clips of one class, again and again, with soft joints; tell which clips."""
    kind = rng.choice(sorted({source.kind for source in sources if not source.cuts}))
    alike = [source for source in sources if source.kind == kind]
    paths = [alike[i].path for i in rng.permutation(len(alike))[: rng.integers(1, 4)]]
    fade = samples(0.3)
    ramp = np.sin(np.linspace(0, np.pi / 2, fade))
    clips = []
    for path in paths:
        clip = read(data / path)
        loud = np.flatnonzero(uniform_filter1d(clip**2, samples(0.02)) > 1e-8)
        clip = level(clip[loud[0] : loud[-1] + 1])
        clip[:fade] *= ramp
        clip[-fade:] *= ramp[::-1]
        clips.append(clip)
    out = np.zeros(n + max(map(len, clips)))
    at = 0
    turn = 0
    while at < n:
        clip = clips[turn % len(clips)]
        out[at : at + len(clip)] += clip
        at = at + len(clip) - fade
        turn = turn + 1
    return level(out[:n]), paths


def background(rng: Generator, data: Path, sources: Sequence[Source], n: int) -> tuple[Signal, list[Path]]:
    """Make a background: made alone, or real with a little made noise; tell which clips it holds."""
    sound = backdrop(rng, n)
    if rng.random() < 0.5:
        return sound, []
    real, paths = real_backdrop(rng, data, sources, n)
    return level(real + decibels(rng.uniform(-40, -5)) * sound), paths


def recorder(rng: Generator) -> Signal:
    """Draw the impulse response of a recorder: some keep nothing above a few kHz."""
    click = np.zeros(samples(0.05))
    click[0] = 1.0
    low_pass = butter(8, rng.uniform(3500, 10000), fs=RATE, output="sos")
    return np.asarray(sosfilt(low_pass, click)) if rng.random() < 0.15 else click[:1]


def bouts(rng: Generator, callers: Sequence[Caller]) -> list[Cue]:
    """Let callers be heard in turn, densely or sparsely, never two at once."""
    cues: list[Cue] = []
    pause = log_uniform(rng, 0.2, 5)
    at_s = rng.uniform(0, 4)
    who = 0
    while at_s < SECONDS - 0.3:
        if rng.random() < 0.4:
            who = int(rng.integers(len(callers)))
        cues.append(callers[who].cue(rng, round(at_s, 3)))
        at_s += len(cues[-1].sound) / RATE + 0.25 + rng.exponential(pause)
    return cues


def silenced(rng: Generator, sound: NDArray[np.float32], calls: Sequence[PlacedCall]) -> NDArray[np.float32]:
    """Put digital silence, as faulty, gated and padded recordings have it, where no call is."""
    choice = rng.random()
    keep = np.ones(len(sound), dtype=bool)
    if choice < 0.06:
        keep[:] = False
        for start in rng.uniform(0, SECONDS, 3):
            keep[samples(start) : samples(start + rng.uniform(0.2, 4))] = True
    elif choice < 0.2:
        start = rng.choice([0.0, rng.uniform(0, SECONDS)])
        keep[samples(start) : samples(start + rng.uniform(0.5, 6))] = False
    margin = rng.uniform(0.02, 0.4)
    for call in calls:
        keep[max(0, samples(call.start_s - margin)) : samples(call.end_s + margin)] = True
    return np.where(keep, sound, np.float32(0))


def cast(rng: Generator, data: Path, sources: Sequence[Source], device: Signal) -> tuple[list[Caller], list[Path]]:
    """Choose one to three callers that `device` can record; tell which real recordings they are from."""
    callers: list[Caller] = []
    paths: list[Path] = []
    wanted = rng.integers(1, 4)
    while len(callers) < wanted:
        caller, path = (made_caller(rng), None) if rng.random() < 0.55 else real_caller(rng, data, sources)
        kept = [np.sum(fftconvolve(song, device) ** 2) / np.sum(song**2) for song in caller.songs]
        if min(kept) > 0.1:
            callers.append(replace(caller, way=fftconvolve(caller.way, device)))
            paths += [] if path is None else [path]
    return callers, paths


def soundscape(rng: Generator, data: Path, sources: Sequence[Source], empty: bool) -> Soundscape:
    """Make one recording, at any level, from the sources of one split; with callers unless it is to be empty."""
    sound, paths = background(rng, data, sources, samples(SECONDS))
    device = recorder(rng)
    callers, heard_in = ([], []) if empty else cast(rng, data, sources, device)
    sound = level(fftconvolve(sound, device)[: len(sound)]) + decibels(-60) * coloured(rng, len(sound), tilt=0)
    mixed, calls = mix(decibels(rng.uniform(-60, -10)) * sound, bouts(rng, callers) if callers else [])
    return Soundscape(silenced(rng, mixed, calls), calls, sorted({*paths, *heard_in}))


def plan(hours: float) -> list[str]:
    """List the split of every recording: 70 % train, 15 % validation, 15 % test."""
    n = max(3, round(hours * 3600 / SECONDS))
    held = max(1, round(0.15 * n))
    return [SPLITS[0]] * (n - 2 * held) + [SPLITS[1]] * held + [SPLITS[2]] * held


def make(data: Path, sources: list[Source], output: Path, hours: float, seed: int) -> Counter[tuple[str, str]]:
    """Write the set, recording by recording; count recordings, empty ones, calls and milliseconds of call by split."""
    counts = Counter[tuple[str, str]]()
    for folder in ("calls", "background"):
        (output / folder).mkdir(parents=True, exist_ok=True)
    append(output / "annotations.csv", [("recording", "start_s", "end_s", "low_hz", "high_hz", "label")])
    append(output / "splits.csv", [("recording", "split")])
    append(output / "sources.csv", [("recording", "source")])
    for number, split in enumerate(plan(hours)):
        own = [source for source in sources if source.split == split]
        scene = soundscape(np.random.default_rng([seed, number]), data, own, empty=number % 4 == 3)
        recording = f"{'calls' if scene.calls else 'background'}/{split}-{number:04d}.flac"
        write_flac(output / recording, scene.sound)
        spans = [(c.start_s, c.end_s, c.low_hz, c.high_hz, c.label) for c in scene.calls]
        append(output / "annotations.csv", [(recording, *span) for span in spans])
        append(output / "splits.csv", [(recording, split)])
        append(output / "sources.csv", [(recording, path.as_posix()) for path in scene.sources])
        counts[split, "recordings"] += 1
        counts[split, "empty"] += not scene.calls
        counts[split, "calls"] += len(spans)
        counts[split, "milliseconds"] += round(1000 * sum(end - start for start, end, *_ in spans))
    return counts


def append(table: Path, content: Sequence[Sequence[object]]) -> None:
    """Add rows to a table."""
    with table.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(content)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, make the set, print what it holds."""
    parser = argparse.ArgumentParser(description="Make the training set of the embedded model call-activity.")
    parser.add_argument("data", type=Path, help="folder that holds " + ", ".join(FOLDERS))
    parser.add_argument("output", type=Path, help="a new or empty folder")
    parser.add_argument("--hours", type=float, default=1.5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.output.exists() and (not options.output.is_dir() or any(options.output.iterdir())):
        sys.exit(f"{options.output}: exists and is not an empty folder; name a new one")
    counts = make(options.data, read_sources(options.data), options.output, options.hours, options.seed)
    for split in SPLITS:
        n = counts[split, "recordings"]
        seconds = counts[split, "milliseconds"] / 1000
        print(
            f"{split}: {n} recordings ({counts[split, 'empty']} without calls), {n * SECONDS / 3600:.2f} h, "
            f"{counts[split, 'calls']} calls, {seconds:.0f} s of call ({seconds / n / SECONDS:.0%})"
        )


if __name__ == "__main__":
    main()
