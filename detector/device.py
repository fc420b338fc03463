"""Choose the device that a network runs on, and set how freed memory is used."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from typing import Literal

import torch

from detector.errors import ParameterError

DeviceName = Literal["auto", "cpu", "cuda", "mps"]
TRIM_THRESHOLD = -1  # M_TRIM_THRESHOLD of malloc.h
MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD


def choose_device(name: DeviceName = "auto") -> torch.device:
    """Return the device called `name`; "auto" is the first of cuda, mps and cpu that is available.

    Raises
    ------
    ConfigurationError
        Where this machine, or this build of torch, has no such device.
    """
    is_available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    available = [kind for kind in is_available if is_available[kind]]
    if name == "auto":
        return torch.device(available[0])
    if not is_available[name]:
        raise ParameterError("device", name, "is not available on this machine", ", ".join(("auto", *available)))
    return torch.device(name)


def keep_freed_memory() -> None:
    """Let glibc, where it is the C library, keep the memory of freed buffers for the next ones. See mallopt(3).

    A scan allocates and frees buffers of the same sizes again and again. The system clears memory that it gives out
    anew, which takes a twentieth of the time of a scan (docs/decisions/0005).
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            mallopt = ctypes.CDLL("libc.so.6").mallopt
            mallopt(MMAP_THRESHOLD, 64 * 2**20)
            mallopt(TRIM_THRESHOLD, 256 * 2**20)
