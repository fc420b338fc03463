"""Whether a network can be trained in the memory of this machine."""

from __future__ import annotations

import os

from detector.errors import ConfigurationError
from detector.network.geometry import Geometry, Layer

TRAINING_COPIES = 4  # weights, gradients and the two moments of Adam


def memory_bytes() -> int:
    """Measure the memory of this machine; where that cannot be told (Windows), take it for boundless."""
    if not hasattr(os, "sysconf"):
        return 2**62
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def too_large(layer: Layer, memory: int | None = None) -> str | None:
    """Say why a layer cannot be trained on a machine with `memory` bytes (default: this one), and what would mend it.

    Gives None where it can.
    """
    available = memory_bytes() if memory is None else memory
    needed = layer.parameter_bytes * TRAINING_COPIES
    if needed <= available:
        return None
    return (
        f"{layer.name} has {layer.parameters:,} parameters: {layer.parameter_bytes / 2**30:.1f} GiB of weights, "
        f"{needed / 2**30:.1f} GiB to train (weights, gradients, two moments), "
        f"and this machine has {available / 2**30:.1f} GiB. "
        "Pool to a fixed grid before it (network.grid), pool more, or give it fewer units"
    )


def check_memory(geometry: Geometry) -> None:
    """Raise `ConfigurationError` for the first layer that is too large to be built and trained on this machine."""
    for layer in geometry.layers:
        reason = too_large(layer)
        if reason is not None:
            raise ConfigurationError(reason)
