"""What every test shares: one thread a process, and the folder of real recordings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small networks run slower on more, and tests run side by side

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data() -> Path:
    """Give the folder of real recordings; without it, fail under CI and skip elsewhere."""
    folder = Path(os.environ.get("DETECTOR_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = f"{folder}: no such folder; DETECTOR_DATA names the folder of real recordings"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder
