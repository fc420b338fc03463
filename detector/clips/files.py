"""The files of a folder of clips."""

from __future__ import annotations

from detector.cliptables import EVENTS_FILE, INDEX_FILE, LABELS_FILE
from detector.outputs import FolderKind

RECIPE_FILE = "recipe.toml"
RECORDINGS_FILE = "recordings.csv"
ANNOTATIONS_FILE = "annotations.csv"
CLIPS_FOLDER = FolderKind(
    "a folder of clips",
    (
        RECIPE_FILE,
        INDEX_FILE,
        EVENTS_FILE,
        LABELS_FILE,
        RECORDINGS_FILE,
        ANNOTATIONS_FILE,
        "power-*.npy",
        "state-*.npy",
    ),
)


def shard_file(name: str, shard: int) -> str:
    """Name the file of a shard, for example `power-0003.npy`.

    Parameters
    ----------
    name : {"power", "state"}
        What the shard holds.
    shard : int
        Its number, from 0.
    """
    return f"{name}-{shard:04d}.npy"
