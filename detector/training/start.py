"""Begin training from a model: which layers are taken over, which start afresh, and which stay as they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Literal

import torch
from pydantic import ValidationError
from torch import nn

from detector.errors import ParameterError, fault_lines
from detector.model import Model, load_model
from detector.network.head import Recurrence
from detector.network.stages import ConvolutionStage
from detector.presets import find_folder
from detector.provenance import Origin, Provenance, read_provenance
from detector.recipe import Recipe
from detector.training.fitting import differences

INPUT = {"audio": {"sample_rate"}, "frontend": True}  # what must agree, or the first stage hears other numbers


@dataclass(frozen=True)
class Start:
    """The model that training begins from.

    Attributes
    ----------
    name : str
        What the user calls it.
    model : Model
        Its weights.
    provenance : Provenance
        Where it comes from itself: its licence and data are written into the new model's provenance.
    freeze : int or "all"
        How many stages of its trunk stay as they are, from the first on.
    """

    name: str
    model: Model
    provenance: Provenance
    freeze: int | Literal["all"] = 0

    @property
    def key(self) -> str:
        """Name the weights, and what of them stays, for runs that are resumed."""
        return f"{self.model.fingerprint()} {self.freeze}"

    def origins(self) -> tuple[Origin, ...]:
        """Give what provenance keeps of this model, and of those that it began from itself."""
        return self.provenance.origins(self.name, self.model.fingerprint(), self.freeze)

    def recipe(self, clips: Recipe) -> Recipe:
        """Give the clips' recipe with this model's network, but for what its outputs say, which the labels decide."""
        dense = clips.network.dense.model_dump(include={"output", "per"})
        network = self.model.recipe.network.model_dump()
        content = clips.model_dump() | {"network": network | {"dense": network["dense"] | dense}}
        try:
            return Recipe.model_validate(content)
        except ValidationError as error:
            told = "; ".join(fault_lines(error))
            raise ParameterError("start", self.name, f"its network does not fit the clips: {told}") from error

    def check(self, recipe: Recipe) -> None:
        """Raise `ConfigurationError` where a model of `recipe` cannot begin with these weights."""
        places = (self.name, "the clips")
        if told := differences(self.model.recipe, recipe, INPUT, places):
            raise ParameterError("start", self.name, f"hears sound through another front end: {told}")
        taken = _count_stages(self.model.recipe, recipe)
        wanted = len(recipe.network.stage)
        if not taken:
            include: Any = {"network": {"padding": True, "position": True, "stage": {0}}}
            told = differences(self.model.recipe, recipe, include, (self.name, "the recipe"))
            raise ParameterError("start", self.name, f"has another first stage: {told}")
        frozen = wanted if self.freeze == "all" else self.freeze
        if frozen > taken:
            told = f"only the first {taken} of {wanted} stages are those of {self.name}"
            raise ParameterError("freeze", self.freeze, told)

    def into(self, model: Model) -> None:
        """Put weights and scaling statistics into a model that is to be trained, and freeze what shall stay."""
        for mine, its in self._taken(model):
            mine.module.load_state_dict(its.module.state_dict())
        # the weights were fitted to bands of this mean and deviation; others would shift and stretch what they hear
        model.scale.mean.copy_(self.model.scale.mean)
        model.scale.deviation.copy_(self.model.scale.deviation)
        stages = _stages(model)
        for stage in stages if self.freeze == "all" else stages[: self.freeze]:
            stage.requires_grad_(requires_grad=False)

    def whole(self, model: Model) -> bool:
        """Tell whether all layers of a model come from this one, so that it begins as good as this one is."""
        return len(self._taken(model)) == len(layers(model))

    def _taken(self, model: Model) -> list[tuple[Layer, Layer]]:
        """Pair the layers of a model with those that they come from: all up to the first that differs."""
        return list(takewhile(lambda pair: pair[0].fits(pair[1]), zip(layers(model), layers(self.model))))

    def notes(self, model: Model) -> list[str]:
        """Tell which layers are taken over, which start afresh, and which are frozen."""
        names = [layer.name for layer in layers(model)]
        taken = len(self._taken(model))
        lines = [f"from {self.name}: {', '.join(names[:taken])}"]
        if taken < len(names):
            lines.append(f"afresh, as shape or meaning differs: {', '.join(names[taken:])}")
        if frozen := [layer.name for layer in layers(model) if layer.frozen]:
            lines.append(f"frozen: {', '.join(frozen)}")
        return lines


@dataclass(frozen=True)
class Layer:
    """A layer with weights; `meaning` is what else must be equal for the weights of another to be of use to it."""

    name: str
    module: nn.Module
    meaning: Any

    def fits(self, other: Layer) -> bool:
        """Tell whether the other's weights mean the same here."""
        mine, its = ({key: tensor.shape for key, tensor in one.module.state_dict().items()} for one in (self, other))
        return mine == its and self.meaning == other.meaning

    @property
    def frozen(self) -> bool:
        """Tell whether training leaves it as it is."""
        return not any(parameter.requires_grad for parameter in self.module.parameters())


def layers(model: Model) -> list[Layer]:
    """List the layers that hold weights, in the order in which sound passes through them."""
    network = model.recipe.network
    labels = model.recipe.labels
    found = [Layer(f"stage {n + 1}", stage, _meaning(model.recipe, n)) for n, stage in enumerate(_stages(model))]
    before: tuple[Any, ...] = (network.grid, network.recurrent)
    if isinstance(model.network.head.recurrent, Recurrence):
        found.append(Layer("recurrent", model.network.head.recurrent, before))
    before = (*before, network.dense.per, network.dense.activation)
    *hidden, output = [layer for layer in model.network.head.dense if isinstance(layer, nn.Linear)]
    found += [Layer(f"dense {n + 1}", layer, before) for n, layer in enumerate(hidden)]
    return [*found, Layer("output", output, (*before, labels.names, labels.background, network.dense.output))]


def _meaning(recipe: Recipe, stage: int) -> tuple[Any, ...]:
    network = recipe.network
    return network.padding, network.position, network.stage[stage].model_dump(exclude={"dropout"})


def _count_stages(one: Recipe, other: Recipe) -> int:
    """Count the stages, from the first on, that two recipes have in common."""
    n = min(len(one.network.stage), len(other.network.stage))
    return sum(1 for _ in takewhile(lambda stage: _meaning(one, stage) == _meaning(other, stage), range(n)))


def _stages(model: Model) -> list[ConvolutionStage]:
    return [stage for stage in model.network.trunk.stages if isinstance(stage, ConvolutionStage)]


def keep_still(network: nn.Module) -> None:
    """Put what is frozen into evaluation mode: batch norm would go on measuring, and dropout would still drop."""
    for module in network.modules():
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            module.eval()


def read_start(name: str, freeze: int | Literal["all"], device: torch.device | str = "cpu") -> Start:
    """Read the model to begin from; raise `ConfigurationError` or `ModelError` where there is none, or it is broken."""
    folder = find_folder(name)
    return Start(folder.absolute().name, load_model(folder, device), read_provenance(folder), freeze)
