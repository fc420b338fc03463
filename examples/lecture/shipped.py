"""The shipped model in parts: up to a layer, on a recording, and as the engine of the scan that runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from common import samples_of
from torch import Tensor, nn

from detector.clock import Clock
from detector.model import Model, load_model
from detector.network.layers import Layer
from detector.network.trunk import Trunk
from detector.presets import DEFAULT_MODEL, find_folder
from detector.scanning.engine import Scores, SharedEngine, WindowEngine
from detector.scanning.layout import EngineName, lay_out
from detector.scanning.trunks import trunk_runner


def shipped_model(recording: Path) -> tuple[Model, Tensor]:
    """Load the model call-activity; give it with a recording as it sees it (band, frame)."""
    model = load_model(find_folder(DEFAULT_MODEL)).requires_grad_(False)
    return model, model.scale(model.power(samples_of(recording, model.recipe, least=3)))[0][0]


def trunk_up_to(model: Model, layer: Layer) -> Trunk:
    """Build the model's trunk up to a layer, with its weights."""
    network, (n, *pool) = model.recipe.network, layer.name.removeprefix("network.stage.").split(".")
    *below, last = network.stage[: int(n) + 1]
    last = last if pool else last.model_copy(update={"pool": None})
    trunk = Trunk(network.model_copy(update={"stage": (*below, last)}), model.recipe.n_bands).eval()
    weights = model.network.trunk.state_dict()
    trunk.load_state_dict({name: weights[name] for name in trunk.state_dict()})
    return trunk


def scan(model: Model, spectrogram: Tensor, engine: EngineName) -> tuple[Scores, float]:
    """Score a recording's windows, one every 0.2 s (window, column, label); give the trunk's time, too, s."""
    layout, clock = lay_out(model.recipe, 0.2, engine), Clock()
    kind = SharedEngine if engine == "shared" else WindowEngine
    scorer = kind(model, layout, trunk_runner(model, layout.step, "float32"), clock)
    pushed = scorer.push(nn.functional.pad(spectrogram, (-layout.grid.first, 0)))
    scores = np.concatenate([*pushed, *scorer.finish(layout.grid.count(spectrogram.shape[1]))])
    return scores, clock.seconds["trunk"]
