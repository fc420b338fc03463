"""Networks drawn at random, and one thread for them: small tensors are faster on one than on many."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import assume
from hypothesis import strategies as st
from torch import nn

from detector.errors import ConfigurationError
from detector.network.geometry import measure
from detector.network.layers import Geometry
from detector.recipe import Linear, Network, Pool, Recipe, Stage, Window

BANDS = 24
SIZES = st.integers(1, 4)


def made(*stages: Stage, frames: int = 60, bands: int = BANDS, **network: Any) -> Recipe:
    """Make a recipe whose windows have this many frames and bands."""
    front = Linear(n_fft=2 * bands - 2, hop_length=10, fmin=0)
    return Recipe.model_validate(
        {
            "audio": {"sample_rate": 1000},
            "window": Window(duration=frames / 100),
            "frontend": front,
            "network": Network(stage=stages, **network),
        }
    )


@st.composite
def stacks(draw: st.DrawFn, *, linear: bool = False) -> tuple[Stage, ...]:
    """Draw one to three stages; with `linear`, such that no input is lost in a maximum or an activation."""
    kinds = sorted(draw(st.lists(st.sampled_from(["conv2d", "conv1d"]), min_size=1, max_size=3)), reverse=True)
    stages = []
    for kind in kinds:
        size = SIZES if kind == "conv1d" else st.one_of(SIZES, st.tuples(SIZES, SIZES))
        pool = st.builds(
            Pool,
            kind=st.just("mean") if linear else st.sampled_from(["max", "mean"]),
            size=size,
            stride=st.one_of(st.none(), size),
        )
        stage = st.builds(
            Stage,
            kind=st.just(kind),
            filters=st.integers(1, 3),
            kernel=size,
            stride=size,
            activation=st.just("linear") if linear else st.sampled_from(["relu", "tanh", "gelu"]),
            norm=st.sampled_from(["none", "batch"]),
            pool=st.one_of(st.none(), pool),
            residual=st.booleans(),
        )
        stages.append(draw(stage))
    return tuple(stages)


def measured(recipe: Recipe) -> Geometry:
    """Measure a recipe; let hypothesis draw another where it does not fit."""
    try:
        return measure(recipe)
    except ConfigurationError:
        assume(False)
        raise


def trained(network: nn.Module) -> nn.Module:
    """Give a network with batch norms as training leaves them: no two channels alike."""
    generator = torch.Generator().manual_seed(2)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor in (module.running_mean, module.running_var, module.weight.data, module.bias.data):
                assert tensor is not None
                tensor.uniform_(0.3, 1.7, generator=generator)
    return network.eval()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
