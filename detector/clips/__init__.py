"""Clips on disk: shards of band power, an index, the events in each clip, and the recipe that made them.

A folder of clips holds

- `recipe.toml`: the recipe, with its labels;
- `clips.csv`: one row for each clip (`INDEX_COLUMNS`), in the order of the rows in the shards;
- `events.csv`: the annotated events near each clip, in seconds from the start of its window;
- `labels.json`: the lengths, gaps and band of each label's calls in the training annotations;
- `recordings.csv`, `annotations.csv`: the recordings and their annotations (`detector.extraction.known`);
- `power-0000.npy`, ...: (clip, band, frame) float32, each clip with `margin` frames before and after its window;
- `state-0000.npy`, ...: (clip, band), the front end's slow mean before the clip, if the scaling has one.
"""

from detector.clips.files import ANNOTATIONS_FILE, CLIPS_FOLDER, RECORDINGS_FILE
from detector.clips.store import ClipStore, open_clips
from detector.clips.targets import window_targets
from detector.clips.writer import Clip, ClipWriter
from detector.cliptables import (
    CONFUSING,
    EVENTS_FILE,
    INDEX_COLUMNS,
    INDEX_FILE,
    LABELS_FILE,
    SPLITS,
    UNCERTAIN,
    LabelFacts,
)

__all__ = [
    "ANNOTATIONS_FILE",
    "CLIPS_FOLDER",
    "CONFUSING",
    "EVENTS_FILE",
    "INDEX_COLUMNS",
    "INDEX_FILE",
    "LABELS_FILE",
    "RECORDINGS_FILE",
    "SPLITS",
    "UNCERTAIN",
    "Clip",
    "ClipStore",
    "ClipWriter",
    "LabelFacts",
    "open_clips",
    "window_targets",
]
