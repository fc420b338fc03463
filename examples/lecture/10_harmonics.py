"""Harmonics at another pitch: on a linear axis their pattern stretches, on a constant-Q axis it only moves.

100, 200, 300 and 400 Hz against 120, 240, 360 and 480 Hz. 1.2 times as high is 5.00 bands higher where an octave has
19 bands; where it has 12, it is 3.16, and no whole number fits. `python examples/lecture/10_harmonics.py [--plot FILE]`
"""

from __future__ import annotations

import torch
from common import options, spectrogram_of, table
from pictures import figure, save

from detector.recipe import Audio, ConstantQ, Decibel, FrontEnd, Linear, Network, Recipe, Stage

DB = Decibel(floor=-60.0)
FRONT_ENDS: dict[str, FrontEnd] = {
    "linear, 10 Hz a band": Linear(n_fft=400, hop_length=40, fmin=50, fmax=800, scaling=DB),
    "constant-Q, 19 an octave": ConstantQ(n_bands=76, bins_per_octave=19, hop_length=40, fmin=50, scaling=DB),
    "constant-Q, 12 an octave": ConstantQ(n_bands=48, bins_per_octave=12, hop_length=40, fmin=50, scaling=DB),
}


def pattern(pitch: float, frontend: FrontEnd) -> torch.Tensor:
    """Give the levels (band,) of four harmonics of a pitch (Hz), dB, in the middle of 3 s."""
    recipe = Recipe(audio=Audio(sample_rate=4000), frontend=frontend, network=Network(stage=(Stage(filters=1),)))
    turns = torch.arange(3 * recipe.audio.sample_rate, dtype=torch.float64) * pitch / recipe.audio.sample_rate
    sound = torch.stack([torch.sin(2 * torch.pi * n * turns) for n in (1, 2, 3, 4)]).mean(dim=0)
    spectrogram = spectrogram_of(sound[None].float(), recipe)[0]
    return spectrogram[:, spectrogram.shape[1] // 2]


def best_shift(low: torch.Tensor, high: torch.Tensor) -> tuple[float, int]:
    """Find the shift, in bands, at which `low` resembles `high` most: correlation, bands. What moves in is silent."""
    n = len(low)
    padded = torch.nn.functional.pad(low[None], (n, n), value=float(low.min()))[0]
    shifts = range(-n // 2, n // 2 + 1)
    moved = [torch.corrcoef(torch.stack([padded[n - k : 2 * n - k], high]))[0, 1].nan_to_num(-1) for k in shifts]
    return max(zip(map(float, moved), shifts))


def main() -> None:
    chosen, rows = options(__doc__ or ""), [("front end", "best correlation", "at bands")]
    drawn, axes = figure(1, 3, (15, 4.5), sharey=True) if chosen.plot else (None, [None] * 3)
    for ax, (name, frontend) in zip(axes, FRONT_ENDS.items()):
        low, high = (pattern(pitch, frontend) for pitch in (100.0, 120.0))
        correlation, shift = best_shift(low, high)
        rows.append((name, f"{correlation:.4f}", f"{shift:+d}"))
        if ax:
            ax.plot(low, label="100 Hz")
            ax.plot(high, label="120 Hz")
            ax.set(title=f"{name}: {correlation:.4f}", xlabel="band", ylabel="level (dB)")
            ax.legend(fontsize=12)
    print(table(rows))
    if drawn:
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
