"""A model without training: its frame columns say "tone" while the band around 2 kHz is louder than 10 dB."""

from __future__ import annotations

from pathlib import Path

import torch

from detector.model import Model, save_model
from detector.operating.points import Operating, OperatingPoint
from detector.recipe import parse_recipe
from tests.corpus.sound import RATE, TONE_HZ

_RECIPE = f"""
audio = {{sample_rate={RATE}, channel="mix"}}
window = {{duration=0.5}}
frontend = {{kind="linear", n_fft=256, hop_length=80, fmin=500, fmax=3500, scaling="db"}}
labels = {{names=["tone"]}}
[network]
stage = [{{kind="conv1d", filters=1, kernel=1, activation="sigmoid"}}]
dense = {{units=[], per="frame"}}
"""


def write_model(folder: Path) -> Path:
    """Write the model's folder. Damage has an effect on its scores only within half of its 32-ms frames."""
    model = Model(parse_recipe(_RECIPE, "corpus")).eval()
    band = round((TONE_HZ - 500) / (RATE / 256))
    with torch.no_grad():
        model.scale.set_statistics(torch.zeros(model.recipe.n_bands), torch.ones(model.recipe.n_bands))
        loud = model.network.trunk.stages[1].convolution
        loud.weight.zero_()
        loud.weight[0, band] = 0.04  # so soft that times follow shifts of far less than a hop
        loud.bias.fill_(-0.4)
        dense = model.network.head.dense[-1]
        dense.weight.fill_(8.0)
        dense.bias.fill_(-4.0)
    model.operating = Operating(label=(OperatingPoint(name="tone", low_hz=1900, high_hz=2100),))
    folder.mkdir(parents=True)
    save_model(model, folder)
    return folder
