"""Write the sample as Raven selection tables, one for each recording, and read them back with verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from detector.audit.items import Item
from detector.audit.tables import BACKGROUND, Verdict, read_verdict
from detector.errors import AnnotationError
from detector.outputs import FolderKind
from detector.tables import Detection, WriteOptions, write_each
from detector.tables.sheet import read_sheet

COLUMNS = ("Verdict", "Audit ID")
"""The columns that are added to a selection table."""

SELECTIONS_FOLDER = FolderKind("an empty folder", ())  # tables are never replaced: they may hold verdicts


def write_selections(items: Iterable[Item], folder: Path) -> None:
    """Write a table for each recording into a folder, sorted by time, with an empty column for verdicts."""
    in_order = sorted(items, key=lambda item: (item.recording, item.start_s, item.id))
    write_each(map(_selection, in_order), folder, "raven", WriteOptions(COLUMNS))


def _selection(item: Item) -> Detection:
    """Return the row of an item, with its id and an empty verdict."""
    row = item.detection
    if item.stratum is None:
        row = replace(row, event=replace(row.event, label=f"{BACKGROUND} {item.label}"))
    return replace(row, extra=("", item.id))


def read_selections(folder: Path) -> dict[str, Verdict]:
    """Read the verdicts of all tables in a folder, by the ids of the items.

    Raises
    ------
    AnnotationError
        If there is no table, a verdict is not allowed, or an item has two different verdicts.
    """
    paths = sorted(path for path in folder.glob("*.txt") if not path.name.startswith("."))
    if not paths:
        raise AnnotationError(f"{folder}: no selection table (*.txt) in this folder")
    verdicts: dict[str, Verdict] = {}
    for path in paths:
        sheet = read_sheet(path, "\t", quoted=False)
        id_column = sheet.required("audit_id")
        verdict_column = sheet.required("verdict")
        for row, cells in sheet.rows:
            where = f"{path}, row {row}"
            item_id = cells[id_column]
            if not item_id:
                raise AnnotationError(f"{where}: has no Audit ID; remove selections that are not part of the sample")
            verdict = read_verdict(cells[verdict_column], item_id.startswith("B"), where)
            verdicts[item_id] = agreed(verdicts.get(item_id), verdict, f"{where}: {item_id}")
    return verdicts


def agreed(verdict: Verdict, other: Verdict, where: str) -> Verdict:
    """Return the verdict that one or both of two rows give. Raven writes a row for each view of a selection."""
    if verdict is None or other is None or verdict == other:
        return other if verdict is None else verdict
    raise AnnotationError(f"{where} has two verdicts, {other} and {verdict}; make them agree")
