"""A model: recipe, front end, network, weights and operating points. Load it, save it, compute scores.

Training and scanning share this preprocessing. Loading runs no code, because the files are TOML and safetensors.
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
from detector.operating.points import (
    ONSET,
    OPERATING_FILE,
    Operating,
    OperatingPoint,
    operating_toml,
    read_operating,
)
from detector.presets import RECIPE_FILE, WEIGHTS_FILE
from detector.recipe import Recipe, parse_recipe, read_recipe
from detector.weights import Expected, Weights, open_weights, write_weights

FILTERS = "power.filters"
DEVIATION = "scale.deviation"
RECIPE_KEY = "recipe"  # of the metadata of the weights
WEIGHTS_DEPEND_ON = ("audio", "window", "frontend", "network", "labels")  # sections of the recipe


class Model(nn.Module):
    """The front end and the network of a recipe, with operating points.

    Parameters
    ----------
    recipe : Recipe
        The recipe, with its labels.
    filters : Tensor, optional
        The filter basis of the front end; computed from the recipe by default.
    operating : Operating, optional
        Thresholds, gaps and lengths; by default thresholds of 0.5 and no gaps.

    Raises
    ------
    ModelError
        If the recipe names no labels.
    """

    def __init__(self, recipe: Recipe, filters: Tensor | None = None, operating: Operating | None = None) -> None:
        super().__init__()
        if not recipe.labels.names:
            raise ModelError("labels.names: is empty; a model needs the name of at least one label")
        self.recipe = recipe
        self.power = band_power(recipe, design(recipe) if filters is None else filters)
        self.scale = Scale(recipe)
        self.network = DetectorNetwork(recipe)
        onset = ONSET if recipe.labels.onsets else None
        points = (OperatingPoint(name=name, onset_threshold=onset) for name in recipe.labels.names)
        self.operating = operating or Operating(label=tuple(points))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the labels. Scores have a column for each of `recipe.labels.outputs`, and these come first."""
        return self.recipe.labels.names

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.scale.mean.device

    def fingerprint(self) -> str:
        """Return 12 hexadecimal digits that stand for the recipe and the weights."""
        content = hashlib.sha256(self.recipe.to_toml().encode())
        for name, tensor in sorted(self.state_dict().items()):
            content.update(name.encode())
            content.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        return content.hexdigest()[:12]

    def score(self, spectrogram: Tensor) -> Tensor:
        """Compute scores from 0 to 1 of scaled spectrograms (batch, band, frame).

        Returns
        -------
        Tensor
            (batch, label), or (batch, column, output) for a model with frame outputs.
        """
        return self.scores(self.network(spectrogram))

    def scores(self, logits: Tensor) -> Tensor:
        """Turn logits (..., output) into scores (..., output); the background output of a softmax is left out."""
        if self.recipe.network.dense.output == "softmax":
            return logits.softmax(dim=-1)[..., : len(self.labels)]
        return logits.sigmoid()


def save_model(model: Model, folder: Path) -> None:
    """Write recipe, weights with their checksum, and operating points into an existing folder."""
    (folder / RECIPE_FILE).write_text(model.recipe.to_toml(), encoding="utf-8")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    write_weights(tensors, folder / WEIGHTS_FILE, {RECIPE_KEY: model.recipe.to_toml()})
    (folder / WEIGHTS_FILE).chmod(
        (folder / RECIPE_FILE).stat().st_mode
    )  # safetensors makes it readable to its owner only
    (folder / OPERATING_FILE).write_text(operating_toml(model.operating), encoding="utf-8")


def load_model(folder: Path, device: torch.device | str = "cpu") -> Model:
    """Read a model folder.

    Raises
    ------
    ModelError
        If a file is missing or broken, or the weights do not fit the recipe.
    """
    recipe = read_recipe(folder / RECIPE_FILE, stored=True)
    if not (folder / WEIGHTS_FILE).exists():
        raise ModelError(
            f"{folder}: has no {WEIGHTS_FILE}, so it is a recipe and not a model; train a model with it first"
        )
    try:
        expected = expected_tensors(recipe)
    except ConfigurationError as error:
        raise ModelError(f"{folder / RECIPE_FILE}: {error}") from error
    with open_weights(folder / WEIGHTS_FILE, expected) as weights:
        _check_recipe(weights, recipe)
        tensors = weights.read(expected)
    if not (tensors[DEVIATION] > 0).all():
        raise ModelError(f"{folder / WEIGHTS_FILE}: {DEVIATION} must hold only values above 0")
    model = Model(recipe, filters=tensors.get(FILTERS), operating=read_operating(folder, recipe.labels))
    model.load_state_dict(tensors)
    return model.to(device).eval()


def expected_tensors(recipe: Recipe) -> dict[str, Expected]:
    """List the tensors that the weights of a recipe's model must hold, without allocating any of them.

    Raises
    ------
    ConfigurationError
        If the window is too short for a layer, or the memory of the machine too small.
    """
    with torch.device("meta"):
        state = DetectorNetwork(recipe).state_dict(prefix="network.")
    expected = {name: Expected(tensor.dtype, frozenset({tuple(tensor.shape)})) for name, tensor in state.items()}
    if shapes := basis_shapes(recipe):
        expected[FILTERS] = Expected(torch.float32, shapes)
    statistics = Expected(torch.float32, frozenset({(recipe.n_bands, 1)}))
    return expected | {"scale.mean": statistics, DEVIATION: statistics}


def _check_recipe(weights: Weights, recipe: Recipe) -> None:
    """Raise `ModelError` if the weights were trained with another recipe; shapes alone would not show that."""
    text = weights.metadata.get(RECIPE_KEY)
    if text is None:
        raise ModelError(f"{weights.path}: does not contain its recipe; use weights that detector train has written")
    trained = parse_recipe(text, str(weights.path), stored=True)
    changed = [section for section in WEIGHTS_DEPEND_ON if getattr(trained, section) != getattr(recipe, section)]
    if changed:
        raise ModelError(
            f"{weights.path}: does not fit {RECIPE_FILE}: {', '.join(changed)} changed after training; "
            "only the section training may change"
        )
