"""Sound adds: the power of two sounds is the sum of their powers; in a picture, what is in front hides the rest.

Training mixes clips as sound does. `python examples/lecture/10_sound_is_no_picture.py [--recording FILE] [--plot FILE]`
"""

from __future__ import annotations

import torch
from common import RECORDINGS, options, samples_of, table
from pictures import figure, image, save
from torch import Tensor

from detector.frontend.bases import design
from detector.frontend.power import band_power
from detector.frontend.scaling import ToDecibel
from detector.presets import find_recipe
from detector.recipe import Decibel

LEVELS = ToDecibel(Decibel(floor=-120.0))  # as the program scales power
HEADS = ("way", "all, dB", "worst band, dB", "median place, dB")
TOLERANCE_DB = 0.75  # of a band's mean power over 8 s; the worst band of the 15 pairs of examples is off by 0.57


def put_together(first: Tensor, second: Tensor) -> dict[str, Tensor]:
    """Put one power spectrogram (band, frame) into another."""
    stands_out = first > 10 * first.median(dim=1, keepdim=True).values  # by 10 dB: calls
    return {
        "powers added": first + second,
        "first in front": torch.where(stands_out, first, second),
        "mean of pictures": (first * second).sqrt(),  # of levels in dB, so the geometric mean of powers
    }


def differences(mixed: Tensor, heard: Tensor) -> tuple[float, float, float]:
    """Compare powers (band, frame), dB: all together, the mean over time of the worst band, the median place."""
    whole, bands = (LEVELS(mixed.sum(dim=over), None) - LEVELS(heard.sum(dim=over), None) for over in ((0, 1), 1))
    return float(whole), float(bands.abs().max()), float((LEVELS(mixed, None) - LEVELS(heard, None)).abs().median())


def main() -> None:
    chosen, recipe = options(__doc__ or "", recording="shore"), find_recipe("small-cnn")
    power = band_power(recipe, design(recipe))
    sounds = [samples_of(path, recipe) for path in (chosen.recording, *RECORDINGS.glob("pond_*.flac"))]
    first, second = (sound[:, : min(sound.shape[1] for sound in sounds)] for sound in sounds)
    heard, ways = power(first + second)[0], put_together(power(first)[0], power(second)[0])
    rows = [(way, *differences(mixed, heard)) for way, mixed in ways.items()]
    rows.append(("powers added, one sound twice", *differences(2 * power(first)[0], power(2 * first)[0])))
    print(table([HEADS, *((way, *(f"{x:.2f}" for x in row)) for way, *row in rows)]))
    if chosen.plot:
        drawn, axes = figure(1, 4, (15, 4.5), sharey=True)
        for ax, (title, shown) in zip(axes, {"samples added": heard, **ways}.items()):
            scale = image(ax, LEVELS(shown, None), recipe.frame_rate, title, vmin=-70, vmax=-20)
            ax.set_xlim(4.5, 8.5)
        drawn.colorbar(scale, ax=axes, label="power (dB)")
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
