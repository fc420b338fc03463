"""Tables of the recordings of clips and of their annotations, for mining and other later uses.

`recordings.csv` lists every recording, even without clips, with its split, its group, and whether it is fully
annotated. `annotations.csv` lists calls, uncertain spans (an empty label) and confusing sounds, in seconds from the
start of the recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from detector.clips import ANNOTATIONS_FILE, CONFUSING, RECORDINGS_FILE, UNCERTAIN
from detector.cliptables import check_spans, read_table, write_table
from detector.errors import ClipsError, one_line, shown
from detector.events import Event
from detector.extraction.sources import Source

RECORDING_COLUMNS = ["recording", "split", "group", "complete"]
BAND = ["low_hz", "high_hz"]
ANNOTATION_COLUMNS = ["recording", "channel", "start_s", "end_s", *BAND, "label"]


def write_known(sources: Sequence[Source], folder: Path) -> None:
    """Write both tables into a folder of clips."""
    recordings = [(source.path.as_posix(), source.split, source.group, source.complete) for source in sources]
    write_table(folder / RECORDINGS_FILE, recordings, RECORDING_COLUMNS)
    rows = [
        (source.path.as_posix(), channel or "", event.start_s, event.end_s, event.low_hz, event.high_hz, label)
        for source in sources
        for events, confusing in ((source.calls, False), (source.confusing, True))
        for event, channel in events
        for label in [CONFUSING if confusing else event.label]
    ]
    write_table(folder / ANNOTATIONS_FILE, rows, ANNOTATION_COLUMNS)


def read_known(folder: Path) -> list[Source]:
    """Read both tables; raise `ClipsError` if one is missing or damaged."""
    if not (folder / RECORDINGS_FILE).is_file() or not (folder / ANNOTATIONS_FILE).is_file():
        raise ClipsError(
            f"{folder}: has no {RECORDINGS_FILE} and {ANNOTATIONS_FILE}, because an older version made the clips; "
            "extract again"
        )
    try:
        recordings = read_table(
            folder / RECORDINGS_FILE,
            RECORDING_COLUMNS,
            {"recording": str, "split": str, "group": str, "complete": bool},
        )
        text = ("recording", "channel", "label")
        numbers = ("start_s", "end_s", *BAND)
        annotations = read_table(
            folder / ANNOTATIONS_FILE,
            ANNOTATION_COLUMNS,
            {**dict.fromkeys(text, str), **dict.fromkeys(numbers, np.float64)},
            na_values={key: [""] for key in BAND},
        )
        check_spans(annotations, ANNOTATIONS_FILE)
        return _sources(recordings, annotations)
    except (OSError, ValueError) as error:
        raise ClipsError(f"{folder}: is not a whole folder of clips: {one_line(error)}") from error


def _sources(recordings: pd.DataFrame, annotations: pd.DataFrame) -> list[Source]:
    unknown = set(annotations["recording"]) - set(recordings["recording"])
    if unknown:
        raise ValueError(f"{ANNOTATIONS_FILE} has the recording {shown(min(unknown))}, but {RECORDINGS_FILE} has not")
    columns = (recordings[name].tolist() for name in RECORDING_COLUMNS)
    sources = {
        name: Source(Path(name), complete=complete, group=group, split=split)
        for name, split, group, complete in zip(*columns)
    }
    spans = zip(annotations["start_s"].tolist(), annotations["end_s"].tolist())
    bands = zip(*([None if np.isnan(hz) else hz for hz in annotations[key]] for key in BAND))
    names = zip(*(annotations[key].tolist() for key in ("recording", "channel", "label")))
    for (recording, channel, label), span, band in zip(names, spans, bands):
        confusing = label == CONFUSING
        event = Event(*span, UNCERTAIN if confusing else label, *band)
        source = sources[recording]
        (source.confusing if confusing else source.calls).append((event, channel or None))
    return list(sources.values())
