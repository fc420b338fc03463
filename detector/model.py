"""A model: recipe, front end, network, weights and operating points. It can be loaded, saved and used to score.

Extraction, training and scanning all use the front end of this module, so that they cannot differ. A model folder
contains no code: its files are TOML and safetensors.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn

from detector.errors import ConfigurationError, ModelError
from detector.frontend.bases import basis_shapes, design
from detector.frontend.power import band_power
from detector.frontend.scaling import Scale
from detector.network.assembly import DetectorNetwork
from detector.operating.points import OPERATING_FILE, Operating, OperatingPoint, operating_toml, read_operating
from detector.presets import RECIPE_FILE, WEIGHTS_FILE
from detector.recipe import Recipe, parse_recipe, read_recipe
from detector.weights import Expected, Weights, open_weights, write_weights

FILTERS = "power.filters"
DEVIATION = "scale.deviation"
MADE_FOR = "recipe"
"""Key of the metadata of a weights file that holds the recipe of its model."""

SECTIONS_OF_WEIGHTS = ("audio", "window", "frontend", "network", "labels")
"""Sections of a recipe that the weights depend on."""


class Model(nn.Module):
    """The front end and the network of a recipe: from samples to scores.

    Parameters
    ----------
    recipe : Recipe
        What to build. It must name labels.
    filters : Tensor, optional
        The filter basis of the front end, as `bases.design` returns it; designed by default.
    operating : Operating, optional
        Operating points of the labels; a threshold of 0.5 and no gaps by default.

    Raises
    ------
    ModelError
        Where the recipe names no labels.
    ConfigurationError
        Where the network does not fit the window or the memory of this machine.
    """

    def __init__(self, recipe: Recipe, filters: Tensor | None = None, operating: Operating | None = None) -> None:
        super().__init__()
        if not recipe.labels.names:
            raise ModelError("labels.names: is empty; a model needs at least one label")
        self.recipe = recipe
        self.power = band_power(recipe, design(recipe) if filters is None else filters)
        self.scale = Scale(recipe)
        self.network = DetectorNetwork(recipe)
        self.operating = operating or Operating(label=tuple(OperatingPoint(name=name) for name in recipe.labels.names))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the score columns."""
        return self.recipe.labels.names

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.scale.mean.device

    def fingerprint(self) -> str:
        """Hash the recipe and the weights to 12 hexadecimal digits."""
        digest = hashlib.sha256(self.recipe.to_toml().encode())
        for name, tensor in sorted(self.state_dict().items()):
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:12]

    def score(self, spectrogram: Tensor) -> Tensor:
        """Compute scores from 0 to 1 of scaled spectrograms (batch, band, frame).

        Returns
        -------
        Tensor
            (batch, label), or (batch, column, label) for a model with frame outputs.
        """
        return self.scores(self.network(spectrogram))

    def scores(self, logits: Tensor) -> Tensor:
        """Convert logits (..., output) to scores (..., label); the output for background gives no score."""
        if self.recipe.network.dense.output == "softmax":
            return logits.softmax(dim=-1)[..., : len(self.labels)]
        return logits.sigmoid()


def save_model(model: Model, folder: Path) -> None:
    """Write recipe, weights with their checksum, and operating points into an existing folder."""
    (folder / RECIPE_FILE).write_text(model.recipe.to_toml(), encoding="utf-8")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    write_weights(tensors, folder / WEIGHTS_FILE, {MADE_FOR: model.recipe.to_toml()})
    (folder / WEIGHTS_FILE).chmod((folder / RECIPE_FILE).stat().st_mode)  # safetensors lets only the owner read it
    (folder / OPERATING_FILE).write_text(operating_toml(model.operating), encoding="utf-8")


def load_model(folder: Path, device: torch.device | str = "cpu") -> Model:
    """Read a model folder.

    Raises
    ------
    ModelError
        Where the weights are missing or damaged, or do not fit the recipe.
    ConfigurationError
        Where the recipe cannot be read or has faults.
    """
    recipe = read_recipe(folder / RECIPE_FILE, stored=True)
    if not (folder / WEIGHTS_FILE).exists():
        raise ModelError(f"{folder}: has no {WEIGHTS_FILE}: it holds a recipe only; train a model with it first")
    try:
        expected = expected_tensors(recipe)
    except ConfigurationError as error:
        raise ModelError(f"{folder / RECIPE_FILE}: {error}") from error
    with open_weights(folder / WEIGHTS_FILE, expected) as weights:
        _check_recipe(weights, recipe)
        tensors = weights.read(expected)
    if not (tensors[DEVIATION] > 0).all():
        raise ModelError(f"{folder / WEIGHTS_FILE}: {DEVIATION} holds values that are not above 0")
    model = Model(recipe, filters=tensors.get(FILTERS), operating=read_operating(folder, recipe.labels.names))
    model.load_state_dict(tensors)
    return model.to(device).eval()


def expected_tensors(recipe: Recipe) -> dict[str, Expected]:
    """List the tensors that the weights of a recipe's model must hold, without allocating any.

    Raises
    ------
    ConfigurationError
        Where the network does not fit the window or the memory of this machine.
    """
    with torch.device("meta"):
        state = DetectorNetwork(recipe).state_dict(prefix="network.")
    expected = {name: Expected(tensor.dtype, frozenset({tuple(tensor.shape)})) for name, tensor in state.items()}
    if shapes := basis_shapes(recipe):
        expected[FILTERS] = Expected(torch.float32, shapes)
    statistics = Expected(torch.float32, frozenset({(recipe.n_bands, 1)}))
    return expected | {"scale.mean": statistics, DEVIATION: statistics}


def _check_recipe(weights: Weights, recipe: Recipe) -> None:
    """Refuse weights of another recipe: they may have the right shapes and still give wrong scores."""
    toml = weights.metadata.get(MADE_FOR)
    if toml is None:
        raise ModelError(f"{weights.path}: names no recipe; only weights that detector train wrote can be used")
    trained = parse_recipe(toml, str(weights.path), stored=True)
    changed = [section for section in SECTIONS_OF_WEIGHTS if getattr(trained, section) != getattr(recipe, section)]
    if changed:
        raise ModelError(
            f"{weights.path}: does not fit {RECIPE_FILE}: {', '.join(changed)} changed after training; "
            "only the section training may change"
        )
