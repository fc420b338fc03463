"""The folder of clips, and how it is told from a folder of recordings."""

from __future__ import annotations

import csv
from pathlib import Path

from detector.cutouts.names import ENDING
from detector.outputs import FolderKind

TABLE = "detections.csv"
CLIP_COLUMN = "clip"


class ClipsKind(FolderKind):
    """A folder of clips. Recordings are sound files, too, so its table must list every sound file in it."""

    def is_kind_of(self, folder: Path) -> bool:
        """Return whether a folder holds nothing but clips and their table; an empty folder is of this kind."""
        return super().is_kind_of(folder) and {path.name for path in folder.glob(f"*{ENDING}")} <= _listed(folder)


KIND = ClipsKind("a folder of clips", (TABLE, f"*{ENDING}"))


def _listed(folder: Path) -> set[str]:
    """Return the names of the clips that a folder's table lists."""
    try:
        with (folder / TABLE).open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
            return {row.get(CLIP_COLUMN) or "" for row in csv.DictReader(stream)}
    except (OSError, csv.Error):
        return set()
