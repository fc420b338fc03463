"""A detector of band energy, the simplest that people use: decibels over the background in the calls' band."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from call_activity import read, rows
from numpy.typing import NDArray
from scipy.ndimage import percentile_filter, uniform_filter1d
from scipy.signal import stft
from soundscapes import RATE

from detector.outputs import new_file

STEP = 240  # samples between levels
SMOOTHED_S = 0.1
BACKGROUND_S = 10.0
GAP_S = 0.1
SHORTEST_S = 0.03

Levels = NDArray[np.float64]


def band_of_calls(calls: Path) -> tuple[float, float]:
    """Find the band (Hz) that three quarters of the annotated calls reach on either side."""
    table = rows(calls)
    low, high = ([float(row[key]) for row in table] for key in ("low_hz", "high_hz"))
    return float(np.quantile(low, 0.25)), float(np.quantile(high, 0.75))


def levels_of(recording: Path, band: tuple[float, float]) -> Levels:
    """Measure dB over the median of the 10 s around, in a band (Hz), every 10 ms, smoothed over 0.1 s."""
    hz, _, spectra = stft(read(recording), RATE, nperseg=1024, noverlap=1024 - STEP)
    inside = (hz >= band[0]) & (hz <= band[1])
    power = uniform_filter1d((np.abs(spectra[inside]) ** 2).sum(axis=0), round(SMOOTHED_S * RATE / STEP))
    db = 10 * np.log10(power + 1e-12)
    sparse = percentile_filter(db[::10], 50, round(BACKGROUND_S * RATE / STEP / 10))
    return db - np.repeat(sparse, 10)[: len(db)]


def write_detections(levels: Mapping[str, Levels], least_db: float, path: Path) -> None:
    """Write what stands at least `least_db` over the background, as a table with the highest level as its score."""
    with new_file(path, force=False) as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(("recording", "start_s", "end_s", "label", "score"))
        for recording, db in levels.items():
            table.writerows((recording, *span, "call", score) for *span, score in runs(db, least_db))


def runs(db: Levels, least_db: float) -> Sequence[tuple[float, float, float]]:
    """Find the runs of levels at or over the least; near ones are joined, short ones dropped."""
    loud = np.concatenate([[False], db >= least_db, [False]])
    edges = np.flatnonzero(np.diff(loud.astype(int))).reshape(-1, 2)
    kept: list[list[int]] = []
    for first, end in edges.tolist():
        if kept and first - kept[-1][1] <= GAP_S * RATE / STEP:
            kept[-1][1] = end
        else:
            kept.append([first, end])
    step = STEP / RATE
    return [
        (round(first * step, 3), round(end * step, 3), round(float(db[first:end].max()), 4))
        for first, end in kept
        if (end - first) * step >= SHORTEST_S
    ]
