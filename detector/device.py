"""Choose what a network runs on."""

from __future__ import annotations

from typing import Literal

import torch

from detector.errors import ConfigurationError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


def choose_device(name: DeviceName = "auto") -> torch.device:
    """Find the device called `name`; for "auto" the first there is of cuda, mps and cpu.

    Raises
    ------
    ConfigurationError
        Where this machine, or this build of torch, has no such device.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, available in there.items() if available))
    if not there[name]:
        allowed = ", ".join(("auto", *(kind for kind, available in there.items() if available)))
        raise ConfigurationError(f"--device: {name} is not available on this machine; allowed here: {allowed}")
    return torch.device(name)
