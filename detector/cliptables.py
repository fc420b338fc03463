"""The tables of a folder of clips: size and rows are checked before anything relies on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from detector.errors import fault_lines, shown
from detector.line_ends import LineEnds
from detector.texts import FACTS_BYTES, TABLE_BYTES, check_size, parse_json, read_text

INDEX_FILE = "clips.csv"
EVENTS_FILE = "events.csv"
LABELS_FILE = "labels.json"
INDEX_COLUMNS = [
    "clip", "shard", "row", "recording", "channel", "start_s", "kind", "labels", "split", "group",
    "complete", "first_frame", "n_frames",
]  # fmt: skip
EVENT_COLUMNS = ["clip", "start_s", "end_s", "label"]
UNCERTAIN = ""  # the label of a span that may hold a call; training ignores it
CONFUSING = "(confusing)"  # the label of a span that is known not to be a call
SPLITS = ("train", "validation", "test")
LONGEST_S = 1e9  # the latest time in a table, 30 years
PLAIN_STRINGS = ("mode.string_storage", "python")
"""With pyarrow installed, pandas would take its strings, which cannot hold names that are not UTF-8."""

_Seconds = Annotated[float, Field(ge=0, le=1e7, allow_inf_nan=False)]
_Hertz = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


@dataclass(frozen=True)
class LabelFacts:
    """Statistics of a label's calls in the training annotations.

    Attributes
    ----------
    count : int
        Number of calls.
    median_s, short_s : float
        Median and 5 % quantile of their lengths, s.
    short_gap_s : float or None
        5 % quantile of the gaps between calls, s; None if there are no gaps.
    low_hz, high_hz : float or None
        Typical band, Hz; None if the bands are unknown, or differ too much.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=0, le=10**12)]
    median_s: _Seconds
    short_s: _Seconds
    short_gap_s: _Seconds | None
    low_hz: _Hertz | None
    high_hz: _Hertz | None


def write_table(path: Path, rows: Sequence[object], columns: list[str]) -> None:
    """Write rows as a CSV file; names that are not valid UTF-8 keep their bytes."""
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        stream: Any = LineEnds(file)
        with pd.option_context(*PLAIN_STRINGS):
            pd.DataFrame(rows, columns=columns).to_csv(stream, index=False, lineterminator=LineEnds.QUOTED)


def read_table(path: Path, columns: list[str], types: dict[str, Any], **options: Any) -> pd.DataFrame:
    """Read some columns of a CSV file; an empty field becomes an empty string.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, is too large, or has a value of another type; the message names the file.
    """
    try:
        check_size(path, TABLE_BYTES)
        with np.errstate(invalid="ignore"), pd.option_context(*PLAIN_STRINGS):  # `check_spans` finds infinite times
            options |= {"dtype": types, "keep_default_na": False, "usecols": columns}
            return pd.read_csv(path, encoding_errors="surrogateescape", **options)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path.name}: {error}") from error


def check_spans(table: pd.DataFrame, name: str) -> None:
    """Raise `ValueError` that names the first row whose `start_s` and `end_s` are not a span of time."""
    starts = table["start_s"].to_numpy(dtype=np.float64)
    ends = table["end_s"].to_numpy(dtype=np.float64) if "end_s" in table else starts
    bad = ~((np.abs(starts) <= LONGEST_S) & (np.abs(ends) <= LONGEST_S) & (starts <= ends))
    if bad.any():
        n = int(np.flatnonzero(bad)[0])
        raise ValueError(f"{name}: row {n + 1}: {starts[n]:g} to {ends[n]:g} s is not a span of time")


def read_index(path: Path) -> pd.DataFrame:
    """Read `clips.csv`; raise `ValueError` if clips or shards are not numbered from 0 without a gap."""
    text = dict.fromkeys(("recording", "channel", "kind", "labels", "split", "group"), str)
    numbers = dict.fromkeys(("clip", "shard", "row", "first_frame", "n_frames"), np.int64)
    index = read_table(path, INDEX_COLUMNS, {**text, **numbers, "start_s": np.float64, "complete": bool})
    if not len(index):
        raise ValueError("holds no clips")
    if not np.array_equal(index["clip"], np.arange(len(index))):
        raise ValueError(f"{path.name}: clips are not numbered from 0, row by row")
    shards = index["shard"]
    if shards.min() != 0 or shards.max() + 1 != shards.nunique():
        raise ValueError(f"{path.name}: shards are not numbered from 0 without a gap")
    check_spans(index, path.name)
    return index


def read_events(path: Path, labels: Sequence[str], n_clips: int) -> pd.DataFrame:
    """Read `events.csv`; raise `ValueError` if an event has an unknown clip or label."""
    types = {"clip": np.int64, "start_s": np.float64, "end_s": np.float64, "label": str}
    events = read_table(path, EVENT_COLUMNS, types)
    unknown = set(events["label"]) - {*labels, UNCERTAIN, CONFUSING}
    if unknown:
        raise ValueError(f"{path.name} has the label {shown(min(unknown))}, which recipe.toml does not name")
    if not events["clip"].between(0, n_clips - 1).all():
        raise ValueError(f"{path.name} has events of clips that {INDEX_FILE} does not have")
    check_spans(events, path.name)
    return events


def read_facts(path: Path) -> dict[str, LabelFacts]:
    """Read `labels.json`; raise `ValueError` if a value in it is not allowed."""
    try:
        return TypeAdapter(dict[str, LabelFacts]).validate_python(parse_json(read_text(path, FACTS_BYTES)))
    except ValidationError as error:
        raise ValueError(f"{path.name}: {'; '.join(fault_lines(error))}") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error
