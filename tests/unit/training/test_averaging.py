"""Averages of weights: what they are after some steps, and that training goes on without them."""

from __future__ import annotations

import pytest
import torch

from detector.network.assembly import DetectorNetwork
from detector.training.averaging import DECAY, Averaged
from tests.made import recipe


def network_of(value: float) -> DetectorNetwork:
    network = DetectorNetwork(recipe(labels={"names": ["a"]}))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(value)
    return network


def value_of(averaged: Averaged) -> float:
    values = torch.cat([parameter.flatten() for parameter in averaged.network.parameters()])
    assert torch.allclose(values, values[:1].expand_as(values))
    return float(values[0])


def test_without_averaging_the_weights_are_the_networks_own() -> None:
    network = network_of(1.0)
    averaged = Averaged(network, "none")
    averaged.update(network)
    assert averaged.network is network


def test_the_exponential_average_follows_fast_at_first_and_slowly_later() -> None:
    averaged, network = Averaged(network_of(0.0), "ema"), network_of(1.0)
    for _ in range(60):
        averaged.update(network)
    assert value_of(averaged) > 0.99
    averaged.steps.fill_(10_000)
    before = value_of(averaged)
    averaged.update(network_of(0.0))
    assert value_of(averaged) == pytest.approx(DECAY * before, abs=1e-5)


def test_the_network_that_is_trained_does_not_change() -> None:
    network = network_of(1.0)
    averaged = Averaged(network, "ema")
    averaged.update(network_of(3.0))
    assert all((parameter == 1.0).all() for parameter in network.parameters())
    assert not any(parameter.requires_grad for parameter in averaged.network.parameters())
