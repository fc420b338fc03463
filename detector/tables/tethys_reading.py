"""Read the detections of a Tethys document."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from detector.tables.instants import instant, onset_s
from detector.tables.rows import Row, table_of
from detector.tables.sheet import HEAD_BYTES, read_text
from detector.tables.table import Problem, ReadOptions, Table, UnreadableTableError
from detector.tables.tethys import ANIMALS

FLAT = ("Input_file", "Start", "End", "Channel", "SpeciesId", "Call", "Score", "MinFreq_Hz", "MaxFreq_Hz", "Offset_s")
"""The elements of a detection that are read, on whatever level they stand."""


def recognise(path: Path, line: str) -> bool:
    """Return whether a file is a Tethys document of detections, by its beginning."""
    return line.lstrip().startswith("<") and "<Detections" in read_text(path, HEAD_BYTES)


def read(path: Path, options: ReadOptions) -> Table:
    """Read all detections, on and off effort.

    The onset in the recording is in Offset_s, which we write; otherwise it is Start less the time in the file's name. A
    label is the Call, behind the SpeciesId if that is not the one of all animals.
    """
    rows: list[Row] = []
    problems: list[Problem] = []
    for number, text in enumerate(_detections(path), start=1):
        row = _row(number, text)
        if isinstance(row, Row):
            rows.append(row)
        else:
            problems.append(Problem(path, number, row, text.get("Input_file")))
    return table_of(path, rows, options, names_audio=True, problems=problems)


def _detections(path: Path) -> Iterator[dict[str, str]]:
    """Yield the texts of each detection, by the names of the elements; the first of a name counts."""
    text = read_text(path)
    if "<!DOCTYPE" in text:
        raise UnreadableTableError(path, "has a DOCTYPE, which a Tethys document does not need")
    try:
        for _, found in ElementTree.iterparse(io.StringIO(text)):  # noqa: S314 (no DOCTYPE: nothing expands)
            if _local(found) == "Detection":
                texts: dict[str, str] = {}
                for part in found.iter():
                    if _local(part) in FLAT and part.text:
                        texts.setdefault(_local(part), part.text)
                yield texts
                found.clear()
    except ElementTree.ParseError as error:
        raise UnreadableTableError(path, f"is not valid XML: {error}") from error


def _local(part: ElementTree.Element) -> str:
    """Return the name of an element without its namespace."""
    return part.tag.rpartition("}")[2]


def _row(number: int, text: dict[str, str]) -> Row | str:
    """Make a row, or say why its onset in the recording is unknown."""
    recording = text.get("Input_file", "")
    start = instant(text.get("Start"))
    end = instant(text.get("End"))
    if start is None or end is None:
        return f"Start {text.get('Start', '')!r} or End {text.get('End', '')!r} is not a time with an offset from UTC"
    named_s = onset_s(recording, start)
    offset = text.get("Offset_s", "" if named_s is None else f"{named_s:.6f}")
    if not offset:
        return f"its onset in the recording {recording!r} is unknown: the name does not tell when that began"
    species = text.get("SpeciesId", "")
    label = " ".join(filter(None, ("" if species == ANIMALS else species, text.get("Call", ""))))
    unit = "microseconds" if start.microsecond % 1000 else "milliseconds"
    return Row(
        number,
        start="0",
        end=f"{(end - start).total_seconds():.6f}",
        label=label or species,
        low=text.get("MinFreq_Hz", ""),
        high=text.get("MaxFreq_Hz", ""),
        score=text.get("Score", ""),
        channel=text.get("Channel"),
        audio=recording,
        file_offset=offset,
        start_time=start.isoformat(timespec=unit),
    )
