"""What is known of the recordings that clips come from, as tables beside the clips, for who goes back to them.

`recordings.csv` has every recording, those without clips too, with its split, its group and whether it is fully
annotated; `annotations.csv` has its calls, spans of doubt (an empty label) and confusing sounds, in s from its start.
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
    """Read both tables; raise `ClipsError` where they are missing or cannot be read."""
    if not (folder / RECORDINGS_FILE).is_file() or not (folder / ANNOTATIONS_FILE).is_file():
        raise ClipsError(
            f"{folder}: has no {RECORDINGS_FILE} and {ANNOTATIONS_FILE}, which clips of an older detector lack; "
            "extract again"
        )
    try:
        recordings = read_table(
            folder / RECORDINGS_FILE,
            RECORDING_COLUMNS,
            {"recording": str, "split": str, "group": str, "complete": bool},
        )
        text, numbers = ("recording", "channel", "label"), ("start_s", "end_s", *BAND)
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
    strange = set(annotations["recording"]) - set(recordings["recording"])
    if strange:
        raise ValueError(f"{ANNOTATIONS_FILE} has the recording {shown(min(strange))}, {RECORDINGS_FILE} has not")
    columns = (recordings[name].tolist() for name in RECORDING_COLUMNS)
    found = {
        name: Source(Path(name), complete=complete, group=group, split=split)
        for name, split, group, complete in zip(*columns)
    }
    spans = zip(annotations["start_s"].tolist(), annotations["end_s"].tolist())
    bands = zip(*([None if np.isnan(hz) else hz for hz in annotations[key]] for key in BAND))
    names = zip(*(annotations[key].tolist() for key in ("recording", "channel", "label")))
    for (recording, channel, label), span, band in zip(names, spans, bands):
        confusing = label == CONFUSING
        event = Event(*span, UNCERTAIN if confusing else label, *band)
        (found[recording].confusing if confusing else found[recording].calls).append((event, channel or None))
    return list(found.values())
