"""The sound of a benchmark: made recordings, and excerpts of recordings for an engine that is too slow for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, cycle
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from detector.audio.reading import read_header
from detector.audio.stream import AudioStream, Stretch
from detector.recipe import Audio

BLOCK_S = 10.0  # sound that is made or read at once; each made block begins with a tone of a second
NOISE = 0.01  # standard deviation of the noise, of full scale
TONE = 0.1  # amplitude of the tones, of full scale
LEAST_S = 1e-3  # a shorter rest makes no excerpt


def make_sound(folder: Path, n_recordings: int, seconds: float, audio: Audio) -> list[Path]:
    """Write seeded noise with tones as WAV files of 16 bits: every ten seconds, a tone of one second.

    Parameters
    ----------
    folder : Path
        Where to write the files.
    n_recordings : int
        Number of files, all of the same length.
    seconds : float
        Total length of all files.
    audio : Audio
        Sample rate of the files, and a channel that they must have.
    """
    rate = audio.sample_rate
    n_channels = audio.channel + 1 if isinstance(audio.channel, int) else 1
    paths = [folder / f"made-{number}.wav" for number in range(n_recordings)]
    for seed, path in enumerate(paths):
        rng = np.random.default_rng(seed)
        remaining = round(seconds / n_recordings * rate)
        with soundfile.SoundFile(path, "w", rate, n_channels, "PCM_16") as file:
            while remaining > 0:
                n = min(remaining, round(BLOCK_S * rate))
                file.write(np.repeat(_made_block(n, rate, rng)[:, None], n_channels, axis=1))
                remaining -= n
    return paths


def _made_block(n: int, rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make `n` samples of noise that begin with a tone of a second; its frequency is drawn as a share of the rate."""
    samples = NOISE * rng.standard_normal(n, dtype=np.float32)
    ticks = np.arange(min(n, rate))
    samples[: len(ticks)] += TONE * np.sin(2 * np.pi * rng.uniform(0.02, 0.4) * ticks).astype(np.float32)
    return samples


def cut_excerpts(
    recordings: Sequence[tuple[Path, float]], seconds: float, longest_s: float, folder: Path
) -> Iterator[Path]:
    """Cut the beginnings of recordings until the excerpts have the wanted length; recordings are used in turn.

    Parameters
    ----------
    recordings : sequence of (Path, float)
        Each with its length in s.
    seconds : float
        Total length of the excerpts.
    longest_s : float
        Largest length of one excerpt, in s. A recording that is not longer is not cut.
    folder : Path
        A folder to make, for the excerpts.
    """
    folder.mkdir()
    remaining_s = seconds
    for number, (recording, length_s) in zip(count(), cycle(recordings)):
        wanted_s = min(longest_s, remaining_s)
        if wanted_s < LEAST_S:
            return
        is_short = length_s <= wanted_s + LEAST_S
        yield recording if is_short else cut(recording, wanted_s, folder / f"excerpt-{number}.wav")
        remaining_s -= min(length_s, wanted_s)


def cut(recording: Path, seconds: float, path: Path) -> Path:
    """Write the first `seconds` of a recording to `path`, with all channels and at the recording's rate."""
    header = read_header(recording)
    rate = header.sample_rate
    audio = Audio().model_copy(update={"sample_rate": rate, "channel": "each"})
    stretch = Stretch(0, max(1, round(seconds * rate)))
    with soundfile.SoundFile(path, "w", rate, header.n_channels, "FLOAT") as file:
        for block in AudioStream(header, audio, BLOCK_S, stretch).blocks():
            file.write(block.T)
    return path
