"""Choose what a network runs on."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Literal

import torch

from detector.errors import ParameterError

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
        raise ParameterError("device", name, "is not available on this machine", allowed)
    return torch.device(name)


def keep_freed_memory() -> None:
    """Tell glibc to keep the memory of large buffers for the next ones, where it is what allocates.

    A scan makes and frees buffers of the same sizes all the time; giving each back to the system and having it cleared
    again costs a twentieth of the time (docs/decisions/0005). See mallopt(3).
    """
    trim_threshold, mmap_threshold = -1, -3
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            mallopt = ctypes.CDLL("libc.so.6").mallopt
            mallopt(mmap_threshold, 64 * 2**20)
            mallopt(trim_threshold, 256 * 2**20)
