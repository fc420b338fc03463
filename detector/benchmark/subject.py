"""The model that is measured: a trained one, or for a recipe alone, one with seeded random weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from detector.device import DeviceName, choose_device
from detector.model import Model, load_model
from detector.presets import DEFAULT_MODEL, WEIGHTS_FILE, find_folder, find_recipe
from detector.recipe import Recipe

NOISE = 0.01
"""Standard deviation, of full scale, of the noise that stands for the training set of random weights."""


@dataclass(frozen=True)
class BenchmarkSubject:
    """A model, the name by which it was found, and whether its weights were trained."""

    name: str
    model: Model
    trained: bool


def find_subject(name: str | None, device: DeviceName) -> BenchmarkSubject:
    """Load a model, or make one for a recipe without weights.

    Parameters
    ----------
    name : str or None
        Folder of a model or recipe, name of a shipped one, or file of a recipe; None for the default model.
    device : str
        Device that the network runs on.

    Raises
    ------
    ConfigurationError, ModelError
        If there is no model or recipe with this name, or it cannot be used.
    """
    chosen = choose_device(device)
    name = name or DEFAULT_MODEL
    recipe = find_recipe(name)
    if not Path(name).is_file():
        folder = find_folder(name)
        if (folder / WEIGHTS_FILE).is_file():
            return BenchmarkSubject(name, load_model(folder, chosen), trained=True)
    return BenchmarkSubject(name, random_model(recipe).to(chosen), trained=False)


def random_model(recipe: Recipe, seed: int = 0) -> Model:
    """Make a model with seeded random weights and the statistics of noise; it gets labels where the recipe has none."""
    labelled = recipe if recipe.labels.names else recipe.with_labels(stand_in_labels(recipe))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = Model(labelled).eval()
        n_samples = max(model.power.n_fft, round(recipe.window.duration * recipe.audio.sample_rate))
        scaled, _ = model.scale(model.power(NOISE * torch.randn(1, n_samples)))  # (1, band, frame)
        model.scale.set_statistics(scaled.mean(dim=(0, 2)), scaled.std(dim=(0, 2)))
    return model


def stand_in_labels(recipe: Recipe) -> tuple[str, ...]:
    """Return as many labels as a recipe without labels needs at least."""
    lone_softmax = recipe.network.dense.output == "softmax" and not recipe.labels.background
    return ("call", "other") if lone_softmax else ("call",)
