"""Begin training from a model: which layers are copied, which begin with new weights, and which are frozen."""

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

INPUT = {"audio": {"sample_rate"}, "frontend": True}  # must agree, or the first stage gets other values


@dataclass(frozen=True)
class Start:
    """The model that training begins from.

    Attributes
    ----------
    name : str
        Its name, for messages and provenance.
    model : Model
        The model with its weights.
    provenance : Provenance
        Its licence and data become part of the provenance of the new model.
    freeze : int or "all"
        How many stages of its trunk, from the first on, are not trained.
    """

    name: str
    model: Model
    provenance: Provenance
    freeze: int | Literal["all"] = 0

    @property
    def key(self) -> str:
        """Text that stands for the weights and `freeze`; a run resumes only with the same key."""
        return f"{self.model.fingerprint()} {self.freeze}"

    def origins(self) -> tuple[Origin, ...]:
        """Return the origins for provenance: this model, then the one that it began from, and so on."""
        return self.provenance.origins(self.name, self.model.fingerprint(), self.freeze)

    def recipe(self, clips: Recipe) -> Recipe:
        """Return the recipe of the clips with the network of this model, but keep the kind of outputs of the clips."""
        dense = clips.network.dense.model_dump(include={"output", "per"})
        network = self.model.recipe.network.model_dump()
        content = clips.model_dump() | {"network": network | {"dense": network["dense"] | dense}}
        try:
            return Recipe.model_validate(content)
        except ValidationError as error:
            faults = "; ".join(fault_lines(error))
            raise ParameterError("start", self.name, f"its network does not fit the clips: {faults}") from error

    def check(self, recipe: Recipe) -> None:
        """Raise `ConfigurationError` if a model of `recipe` cannot begin with these weights."""
        if differing := differences(self.model.recipe, recipe, INPUT, (self.name, "the clips")):
            raise ParameterError("start", self.name, f"has another front end: {differing}")
        n_stages = len(recipe.network.stage)
        n_copied = _count_stages(self.model.recipe, recipe)
        if not n_copied:
            include: Any = {"network": {"padding": True, "position": True, "stage": {0}}}
            differing = differences(self.model.recipe, recipe, include, (self.name, "the recipe"))
            raise ParameterError("start", self.name, f"has another first stage: {differing}")
        n_frozen = n_stages if self.freeze == "all" else self.freeze
        if n_frozen > n_copied:
            problem = f"only the first {n_copied} of {n_stages} stages come from {self.name}"
            raise ParameterError("freeze", self.freeze, problem)

    def copy_into(self, model: Model) -> None:
        """Copy weights and scaling statistics into a model that is to be trained, and freeze its first stages."""
        for layer, source in self._copied(model):
            layer.module.load_state_dict(source.module.state_dict())
        # the weights fit bands that are scaled with these statistics; others would shift and stretch their input
        model.scale.mean.copy_(self.model.scale.mean)
        model.scale.deviation.copy_(self.model.scale.deviation)
        stages = _stages(model)
        for stage in stages if self.freeze == "all" else stages[: self.freeze]:
            stage.requires_grad_(requires_grad=False)

    def is_whole(self, model: Model) -> bool:
        """Return whether all layers of a model come from this one, so that both give equal scores before training."""
        return len(self._copied(model)) == len(layers(model))

    def _copied(self, model: Model) -> list[tuple[Layer, Layer]]:
        """Pair the layers of a model with their sources in this one, up to the first layer that differs."""
        return list(takewhile(lambda pair: pair[0].fits(pair[1]), zip(layers(model), layers(self.model))))

    def notes(self, model: Model) -> list[str]:
        """Write lines on which layers are copied, which begin with new weights, and which are frozen."""
        names = [layer.name for layer in layers(model)]
        n_copied = len(self._copied(model))
        lines = [f"from {self.name}: {', '.join(names[:n_copied])}"]
        if n_copied < len(names):
            lines.append(f"new weights, because shape or meaning differs: {', '.join(names[n_copied:])}")
        if frozen := [layer.name for layer in layers(model) if layer.frozen]:
            lines.append(f"frozen: {', '.join(frozen)}")
        return lines


@dataclass(frozen=True)
class Layer:
    """A layer with weights; weights of another layer are of use only if its `meaning` is equal, too."""

    name: str
    module: nn.Module
    meaning: Any

    def fits(self, other: Layer) -> bool:
        """Return whether the weights of the other layer have the same shapes and the same meaning."""
        return self._shapes() == other._shapes() and self.meaning == other.meaning

    def _shapes(self) -> dict[str, torch.Size]:
        return {key: tensor.shape for key, tensor in self.module.state_dict().items()}

    @property
    def frozen(self) -> bool:
        """Whether training does not change the layer."""
        return not any(parameter.requires_grad for parameter in self.module.parameters())


def layers(model: Model) -> list[Layer]:
    """List the layers with weights, from the input to the output."""
    network = model.recipe.network
    labels = model.recipe.labels
    listed = [Layer(f"stage {n + 1}", stage, _meaning(model.recipe, n)) for n, stage in enumerate(_stages(model))]
    before: tuple[Any, ...] = (network.grid, network.recurrent)
    if isinstance(model.network.head.recurrent, Recurrence):
        listed.append(Layer("recurrent", model.network.head.recurrent, before))
    before = (*before, network.dense.per, network.dense.activation)
    *hidden, output = [layer for layer in model.network.head.dense if isinstance(layer, nn.Linear)]
    listed += [Layer(f"dense {n + 1}", layer, before) for n, layer in enumerate(hidden)]
    return [*listed, Layer("output", output, (*before, labels.outputs, labels.background, network.dense.output))]


def _meaning(recipe: Recipe, stage: int) -> tuple[Any, ...]:
    network = recipe.network
    return network.padding, network.position, network.stage[stage].model_dump(exclude={"dropout"})


def _count_stages(first: Recipe, second: Recipe) -> int:
    """Count the stages, from the first on, that two recipes have in common."""
    n = min(len(first.network.stage), len(second.network.stage))
    return sum(1 for _ in takewhile(lambda stage: _meaning(first, stage) == _meaning(second, stage), range(n)))


def _stages(model: Model) -> list[ConvolutionStage]:
    return [stage for stage in model.network.trunk.stages if isinstance(stage, ConvolutionStage)]


def keep_frozen(network: nn.Module) -> None:
    """Put frozen layers into evaluation mode, or batch norm would change its statistics and dropout would be active."""
    for module in network.modules():
        parameters = list(module.parameters())
        if parameters and not any(parameter.requires_grad for parameter in parameters):
            module.eval()


def read_start(name: str, freeze: int | Literal["all"]) -> Start:
    """Read the model to begin from; raise `ConfigurationError` or `ModelError` if it is missing or damaged."""
    folder = find_folder(name)
    return Start(folder.absolute().name, load_model(folder, "cpu"), read_provenance(folder), freeze)
