"""The recipe: everything that defines a model, as frozen and valid values that read from TOML and write to it."""

from detector.recipe.definition import Recipe
from detector.recipe.frontends import (
    ConstantQ,
    Decibel,
    FrontEnd,
    Linear,
    Mel,
    Pcen,
    Unscaled,
    Waveform,
    filter_samples,
    heard_hz,
    linear_bins,
)
from detector.recipe.networks import Activation, Dense, Grid, Network, Pool, Recurrent, Stage
from detector.recipe.reading import parse_recipe, read_recipe
from detector.recipe.sections import Audio, Labels, Window
from detector.recipe.training import Training
from detector.recipe.values import Frozen

__all__ = [
    "Activation",
    "Audio",
    "ConstantQ",
    "Decibel",
    "Dense",
    "FrontEnd",
    "Frozen",
    "Grid",
    "Labels",
    "Linear",
    "Mel",
    "Network",
    "Pcen",
    "Pool",
    "Recipe",
    "Recurrent",
    "Stage",
    "Training",
    "Unscaled",
    "Waveform",
    "Window",
    "filter_samples",
    "heard_hz",
    "linear_bins",
    "parse_recipe",
    "read_recipe",
]
