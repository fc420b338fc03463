"""What a trained first layer makes of a bird-like and of a whale-like sound: which of its maps rise in calls.

No example holds a whale: it is the recording, which stands for the bird, played 4 times as slowly. The model's own
scores say where the calls are. `python examples/lecture/08_feature_maps.py [--recording FILE] [--plot FILE]`
"""

from __future__ import annotations

import numpy as np
import soxr
import torch
from common import options, samples_of, table
from pictures import figure, image, save
from torch import Tensor

from detector.model import Model, load_model
from detector.presets import DEFAULT_MODEL, find_folder


@torch.no_grad()
def look(model: Model, samples: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Give the spectrogram (band, frame), the first maps (kernel, band, column), and which columns lie in a call."""
    spectrogram, _ = model.scale(model.power(samples))
    maps, scores = model.network.trunk.stages[0](spectrogram[:, None])[0], model.score(spectrogram)[0, :, 0]
    reaches = (model.network.geometry.layers[1].frames, maps.shape[2]), (model.network.geometry.frames, len(scores))
    centres = [[reach.centre(n) for n in range(count)] for reach, count in reaches]  # in frames
    return spectrogram[0], maps, torch.from_numpy(np.interp(*centres, scores) >= model.operating.label[0].threshold)


def rise(maps: Tensor, called: Tensor) -> Tensor:
    """Measure how much higher the top of each map is in calls, in standard deviations of the background."""
    calls, background = maps.amax(dim=1)[:, called], maps.amax(dim=1)[:, ~called]
    return (calls.mean(dim=1) - background.mean(dim=1)) / background.std(dim=1)


def main() -> None:
    chosen, model = options(__doc__ or "", recording="shore"), load_model(find_folder(DEFAULT_MODEL))
    bird = samples_of(chosen.recording, model.recipe)
    views = look(model, bird), look(model, torch.from_numpy(soxr.resample(bird[0].numpy(), 1, 4))[None])
    if not all(called.any() for _, _, called in views):
        raise SystemExit(f"{chosen.recording}: the model finds no call in it")
    rises = torch.stack([rise(maps, called) for _, maps, called in views], dim=1)  # (kernel, view)
    rows = [(n, f"{high:.2f}", f"{low:.2f}") for n, (high, low) in enumerate(rises.tolist(), 1)]
    print(table([("map", "bird", "whale"), *rows]))
    if chosen.plot:
        drawn, axes = figure(2, 4, (14, 6.5))
        best = rises[:, 1].argsort(descending=True)[[0, 1, -1]].tolist()  # the two that rise most, and the last
        for row, view, (spectrogram, maps, _), seconds in zip(axes, ("bird", "whale"), views, (3, 12)):
            for ax, n, shown in zip(row, (None, *best), (spectrogram, *maps[best])):
                rate = model.recipe.frame_rate / (1 if n is None else 2)
                start = int(0.45 * shown.shape[1])
                part = shown[:, start : start + int(seconds * rate)]
                name = "spectrogram" if n is None else f"map {n + 1}"
                image(ax, part, rate, f"{view}: {name}", vmax=float(shown.quantile(0.998)))
        save(drawn, chosen.plot)


if __name__ == "__main__":
    main()
