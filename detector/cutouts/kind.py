"""The folder of clips, and how it is told from a folder of recordings."""

from __future__ import annotations

from pathlib import Path

from detector.cutouts.names import ENDING
from detector.errors import AnnotationError
from detector.outputs import FolderKind
from detector.tables.sheet import cell, read_sheet

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
        sheet = read_sheet(folder / TABLE, ",", quoted=True)
    except AnnotationError:
        return set()
    column = sheet.column(CLIP_COLUMN)
    return {cell(cells, column) for _, cells in sheet.rows}
