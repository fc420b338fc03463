"""What is scanned: made sound, and excerpts of recordings for what is too slow to scan all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, cycle
from pathlib import Path

import numpy as np
import soundfile

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream, Stretch
from detector.recipe import Audio

BLOCK_S = 10.0
NOISE, TONE = 0.01, 0.1  # standard deviation and amplitude, of full scale
LEAST_S = 1e-3


def make_sound(folder: Path, n_recordings: int, seconds: float, audio: Audio) -> list[Path]:
    """Write seeded noise, with a tone of a second in every ten, as WAV files of 16 bits.

    Parameters
    ----------
    folder : Path
        Where to write them.
    n_recordings : int
        How many there are to be, all of the same length.
    seconds : float
        Their length together, s.
    audio : Audio
        Their sample rate, and the channel that they need to have.
    """
    rate, n_channels = audio.sample_rate, audio.channel + 1 if isinstance(audio.channel, int) else 1
    paths = [folder / f"made-{number}.wav" for number in range(n_recordings)]
    for seed, path in enumerate(paths):
        rng, left = np.random.default_rng(seed), round(seconds / n_recordings * rate)
        with soundfile.SoundFile(path, "w", rate, n_channels, "PCM_16") as file:
            while left > 0:
                n = min(left, round(BLOCK_S * rate))
                samples = NOISE * rng.standard_normal(n, dtype=np.float32)
                tone = np.arange(min(n, rate))
                samples[: len(tone)] += TONE * np.sin(2 * np.pi * rng.uniform(0.02, 0.4) * tone).astype(np.float32)
                file.write(np.repeat(samples[:, None], n_channels, axis=1))
                left -= n
    return paths


def cut_excerpts(
    recordings: Sequence[tuple[Path, float]], seconds: float, longest_s: float, folder: Path
) -> Iterator[Path]:
    """Cut the beginnings of recordings, one after another and over again, until they are long enough together.

    Parameters
    ----------
    recordings : sequence of (Path, float)
        Each with its length, s.
    seconds : float
        What the excerpts come to, s.
    longest_s : float
        Most of one excerpt, s; a recording that is no longer is given as it is.
    folder : Path
        Where to write them.
    """
    folder.mkdir()
    for number, (recording, whole_s) in zip(count(), cycle(recordings)):
        wanted_s = min(longest_s, seconds)
        if wanted_s < LEAST_S:
            return
        whole = whole_s <= wanted_s + LEAST_S
        yield recording if whole else cut(recording, wanted_s, folder / f"excerpt-{number}.wav")
        seconds -= min(whole_s, wanted_s)


def cut(recording: Path, seconds: float, path: Path) -> Path:
    """Write the first `seconds` of a recording, with all its channels, at its own rate."""
    header = read_header(recording)
    rate = header.sample_rate
    audio = Audio().model_copy(update={"sample_rate": rate, "channel": "each"})
    stretch = Stretch(0, max(1, round(seconds * rate)))
    with soundfile.SoundFile(path, "w", rate, header.n_channels, "FLOAT") as file:
        for block in AudioStream(header, audio, BLOCK_S, stretch).blocks():
            file.write(block.T)
    return path
