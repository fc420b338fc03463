"""Measure the memory of this process, as Linux counts it: what is touched of what was allocated. Elsewhere 0."""

from __future__ import annotations

from pathlib import Path

_STATUS = Path("/proc/self/status")
_CLEAR = Path("/proc/self/clear_refs")


def resident() -> int:
    """Return the bytes that the process holds now."""
    return _told("VmRSS")


def peak() -> int:
    """Return the most bytes that it held since the last `forget_peak`, or since it began."""
    return _told("VmHWM")


def forget_peak() -> None:
    """Let the peak begin anew at what is held now."""
    if _CLEAR.exists():
        _CLEAR.write_text("5", encoding="ascii")


def _told(name: str) -> int:
    if not _STATUS.exists():
        return 0
    lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:")), 0)
