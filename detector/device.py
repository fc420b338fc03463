"""Choose the device that a network runs on."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Literal

import torch

from detector.errors import ParameterError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]


def choose_device(name: DeviceName = "auto") -> torch.device:
    """Return the device called `name`; for "auto", the first available one of cuda, mps and cpu.

    Raises
    ------
    ParameterError
        If this machine, or this build of torch, has no such device.
    """
    is_available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, available in is_available.items() if available))
    if not is_available[name]:
        allowed = ", ".join(("auto", *(kind for kind, available in is_available.items() if available)))
        raise ParameterError("device", name, "is not available on this machine", allowed)
    return torch.device(name)


def keep_freed_memory() -> None:
    """Make glibc keep the memory of large buffers for the next ones; do nothing where another library allocates.

    A scan makes and frees buffers of the same sizes all the time. If each one goes back to the system, the system
    clears it again, which takes 5 % of the time of a scan (docs/decisions/0005). See mallopt(3).
    """
    trim_threshold = -1
    mmap_threshold = -3
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            mallopt = ctypes.CDLL("libc.so.6").mallopt
            mallopt(mmap_threshold, 64 * 2**20)
            mallopt(trim_threshold, 256 * 2**20)
