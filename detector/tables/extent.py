"""The time and the folder that recordings or detections lie in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from os.path import commonpath
from pathlib import PurePath


@dataclass
class Extent:
    """The time from the first beginning to the last end, and the deepest folder that has all recordings."""

    start: datetime | None = None
    end: datetime | None = None
    folder: str | None = None

    def add(self, recording: str, start: datetime | None, end: datetime | None) -> None:
        """Add a recording or a detection; None stands for an unknown time."""
        folder = PurePath(recording).parent.as_posix()
        self.folder = folder if self.folder is None else _common(self.folder, folder)
        if start is not None and end is not None:
            self.start = start if self.start is None else min(self.start, start)
            self.end = end if self.end is None else max(self.end, end)


def _common(folder: str, other: str) -> str:
    """Return the deepest folder that has both; "" if there is none."""
    try:
        return commonpath([folder, other])
    except ValueError:  # one is absolute, the other is not
        return ""
