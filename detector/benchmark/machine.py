"""The machine on which figures were measured, and the memory that this process needed."""

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
    """The hardware and software that figures depend on.

    Attributes
    ----------
    processor : str
        Model of the CPU.
    device : str
        Model of the device that the network runs on.
    cores : int
        Cores that this process may use.
    memory_bytes : int
        Memory of the machine.
    versions : dict of str to str
        Versions of Python and of the packages that the speed depends on.
    date : str
        Date of the measurement, ISO 8601.
    """

    processor: str
    device: str
    cores: int
    memory_bytes: int
    versions: dict[str, str]
    date: str


def describe_machine(device: torch.device) -> Machine:
    """Describe this machine; the network runs on `device`."""
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
    """Return the model of the CPU; its architecture where the system does not know the model."""
    if processors.is_file():
        match = re.search(r"(?m)^model name\s*: (.+)$", processors.read_text(encoding="utf-8", errors="replace"))
        if match:
            return match[1]
    return platform.processor() or platform.machine()


def peak_bytes() -> int | None:
    """Return the peak memory of this process so far; None where the system does not count it (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
