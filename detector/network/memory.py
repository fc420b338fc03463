"""Check whether a network can be trained in the memory of this machine, and whether one window is small enough."""

from __future__ import annotations

import os

from detector.errors import ConfigurationError
from detector.network.layers import Geometry, Layer

GIB = 2**30
TRAINING_COPIES = 4  # weights, gradients and the two moments of Adam
WINDOW_BYTES = 4 * GIB
"""Bytes that the outputs of all layers for one window may take, on any machine: half the memory of most machines."""


def memory_bytes() -> int:
    """Return the bytes of memory of this machine; 2^62, which is no limit, where the system does not say (Windows)."""
    if not hasattr(os, "sysconf"):
        return 2**62
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def too_large(layer: Layer, memory: int | None = None) -> str | None:
    """Say why a layer cannot be trained on a machine, and how to make it smaller; None where it can be trained.

    Parameters
    ----------
    layer : Layer
        The layer to check.
    memory : int, optional
        Bytes of memory of the machine; those of this machine by default.
    """
    available = memory_bytes() if memory is None else memory
    needed = layer.parameter_bytes * TRAINING_COPIES
    if needed > available:
        return (
            f"{layer.name} has {layer.parameters:,} parameters: {layer.parameter_bytes / GIB:.1f} GiB of weights, "
            f"{needed / GIB:.1f} GiB to train (weights, gradients, two moments), "
            f"and this machine has {available / GIB:.1f} GiB. "
            "Pool to a fixed grid before it (network.grid), pool more, or give it fewer units"
        )
    return _outputs_too_large(f"{layer.name} gives", layer.working_bytes)


def network_too_large(geometry: Geometry, memory: int | None = None) -> str | None:
    """Say why the layers of a network are too large together; None where they are not. Parameters as in `too_large`."""
    available = memory_bytes() if memory is None else memory
    parameter_bytes = sum(layer.parameter_bytes for layer in geometry.layers)
    if parameter_bytes * TRAINING_COPIES > available:
        return (
            f"network has {geometry.parameters:,} parameters, {parameter_bytes * TRAINING_COPIES / GIB:.1f} GiB to "
            f"train (weights, gradients, two moments), and this machine has {available / GIB:.1f} GiB. "
            "Use fewer or smaller layers"
        )
    return _outputs_too_large("network gives", sum(layer.working_bytes for layer in geometry.layers))


def _outputs_too_large(subject: str, working_bytes: int) -> str | None:
    if working_bytes <= WINDOW_BYTES:
        return None
    return (
        f"{subject} {working_bytes / GIB:,.1f} GiB of outputs for one window; at most {WINDOW_BYTES / GIB:g} GiB. "
        "Use fewer filters, larger strides or pools, or a shorter window.duration"
    )


def check_memory(geometry: Geometry) -> None:
    """Raise `ConfigurationError` where a layer, or the whole network, is too large to be trained on this machine."""
    reasons = (*map(too_large, geometry.layers), network_too_large(geometry))
    reason = next((reason for reason in reasons if reason is not None), None)
    if reason is not None:
        raise ConfigurationError(reason)
