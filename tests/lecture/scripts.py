"""The scripts of the lecture, to be imported by tests."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

LECTURE = Path(__file__).resolve().parents[2] / "examples" / "lecture"
SCRIPTS = sorted(path.stem for path in LECTURE.glob("[01]*.py"))
RECORDINGS = sorted((LECTURE.parent / "recordings").glob("*.flac"))


def script(name: str) -> Any:
    """Import a script, whose name begins with digits, as it is when it runs: beside `common`."""
    if str(LECTURE) not in sys.path:
        sys.path.insert(0, str(LECTURE))
    return importlib.import_module(name)


def recording(name: str) -> Path:
    """Find a recording of the examples by how its name begins."""
    (path,) = (path for path in RECORDINGS if path.name.startswith(name))
    return path
