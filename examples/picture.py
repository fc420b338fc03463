"""Draw the spectrogram of a recording with its detections as boxes, the picture in README.

    detector scan examples/recordings -o detections.csv
    python examples/picture.py examples/recordings/roof_20240512_060000Z.flac detections.csv detections.png

Needs matplotlib: pip install "detector[plots]".
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import soundfile
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image  # which matplotlib brings
from scipy.signal import spectrogram

SHOWN_DB = (6.0, 36.0)  # over the background of each band: the darkest and the brightest colour
FRAME_S = 0.02
HOP_S = 0.004
BOX = "#7ff0d0"


def read_power_db(recording: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give frequencies (kHz), times (s) and level over the median of each band (dB; band, frame) of a recording."""
    samples, sample_rate = soundfile.read(recording, always_2d=True)
    n_fft = round(FRAME_S * sample_rate)
    overlap = n_fft - round(HOP_S * sample_rate)
    hertz, seconds, power = spectrogram(samples.mean(axis=1), sample_rate, "hann", n_fft, overlap, nfft=2 * n_fft)
    level = 10 * np.log10(power + 1e-20)
    return hertz / 1000, seconds, level - np.median(level, axis=1, keepdims=True)


def read_detections(table: Path, recording: Path) -> pd.DataFrame:
    """Read the detections in a recording, which is found by its file name."""
    detections = pd.read_csv(table, keep_default_na=False, na_values=[""])
    return detections[detections["recording"].map(lambda name: Path(name).name) == recording.name]


def draw_box(axes: Any, detection: Any, highest_khz: float) -> None:
    """Draw a detection: its times, its band (all frequencies where it has none), its label and score."""
    low_khz = 0.0 if pd.isna(detection.low_hz) else detection.low_hz / 1000
    high_khz = highest_khz if pd.isna(detection.high_hz) else detection.high_hz / 1000
    width_s = detection.end_s - detection.start_s
    axes.add_patch(
        Rectangle((detection.start_s, low_khz), width_s, high_khz - low_khz, fill=False, edgecolor=BOX, linewidth=1.8)
    )
    middle_s = detection.start_s + width_s / 2
    name = f"{detection.label}\n{detection.score:.2f}"
    axes.text(middle_s, highest_khz, name, ha="center", va="bottom", fontsize=11, linespacing=1.1)


def draw(recording: Path, detections: pd.DataFrame) -> Figure:
    """Draw a recording with its detections."""
    khz, seconds, level = read_power_db(recording)
    figure = Figure(figsize=(11, 4.2), layout="constrained")
    axes = figure.subplots()
    shown = axes.pcolormesh(seconds, khz, level, cmap="magma", vmin=SHOWN_DB[0], vmax=SHOWN_DB[1], rasterized=True)
    axes.set(xlabel="time (s)", ylabel="frequency (kHz)", xlim=(0, seconds[-1]), ylim=(0, khz[-1]))
    for detection in detections.itertuples():
        draw_box(axes, detection, khz[-1])
    axes.xaxis.label.set_fontsize(13)
    axes.yaxis.label.set_fontsize(13)
    axes.tick_params(labelsize=12)
    bar = figure.colorbar(shown, ax=axes, pad=0.01, ticks=[10, 20, 30])
    bar.set_label("dB over background", fontsize=13)
    bar.ax.tick_params(labelsize=12)
    return figure


def save(figure: Figure, picture: Path) -> None:
    """Write a picture; a PNG file with 256 colours, which takes less than half of the bytes."""
    figure.savefig(picture, dpi=120)
    if picture.suffix.lower() == ".png":
        Image.open(picture).convert("RGB").quantize(256).save(picture, optimize=True)


def main() -> None:
    """Draw RECORDING with its rows of DETECTIONS into PICTURE."""
    parser = argparse.ArgumentParser(description="Draw the spectrogram of a recording with its detections as boxes.")
    parser.add_argument("recording", type=Path)
    parser.add_argument("detections", type=Path, help="the table that detector scan wrote")
    parser.add_argument("picture", type=Path, help=".png, .svg or .pdf")
    chosen = parser.parse_args()
    try:
        save(draw(chosen.recording, read_detections(chosen.detections, chosen.recording)), chosen.picture)
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
