"""A process that trains sets up accelerate once; tests train many times in one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from accelerate.state import AcceleratorState, GradientState


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """Let each test set up accelerate as a new process would; one thread is fastest for networks this small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)
    GradientState._reset_state()
    torch.set_num_threads(threads)
