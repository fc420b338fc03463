"""The machine that figures come from, and the memory that this process took."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import torch

from detector.cores import count_cores
from detector.network.memory import memory_bytes

PROCESSORS = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Machine:
    """What figures depend on.

    Attributes
    ----------
    processor, device : str
        Their models; the device is what the network runs on.
    cores : int
        Those that this process may use.
    memory_bytes : int
        Of the machine.
    versions : dict of str to str
        Of Python and of the packages that matter here.
    date : str
        ISO 8601.
    """

    processor: str
    device: str
    cores: int
    memory_bytes: int
    versions: dict[str, str]
    date: str


def this_machine(device: torch.device) -> Machine:
    """Tell what this machine is."""
    processor = processor_name()
    versions = {name: version(name) for name in ("detector", "torch", "onnxruntime")}
    return Machine(
        processor=processor,
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else processor,
        cores=count_cores(),
        memory_bytes=memory_bytes(),
        versions={"python": platform.python_version(), **versions},
        date=datetime.now().astimezone().date().isoformat(),
    )


def processor_name(processors: Path = PROCESSORS) -> str:
    """Name the processor's model, as far as the system knows it."""
    if processors.is_file():
        found = re.search(r"(?m)^model name\s*: (.+)$", processors.read_text(encoding="utf-8", errors="replace"))
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def peak_bytes() -> int | None:
    """Tell the most memory that this process had in use so far; None where the system does not count it (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
