"""The sample as Raven selection tables, a table for each recording, read back with verdicts."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from detector.audit.tables import BACKGROUND, Verdict, read_verdict
from detector.errors import AnnotationError
from detector.events import Event
from detector.outputs import FolderKind
from detector.tables import raven
from detector.tables.sheet import read_sheet

if TYPE_CHECKING:
    from detector.audit.sample import Item

ENDING = ".Table.1.selections.txt"
SELECTIONS_FOLDER = FolderKind("an empty folder", ())  # tables are never replaced: they may hold verdicts


def selection_tables(items: Iterable[Item]) -> Iterator[tuple[str, str]]:
    """Give the name and the text of a table for each recording, in order of time and without scores."""
    of_recording: dict[str, list[Item]] = {}
    for item in items:
        of_recording.setdefault(item.recording, []).append(item)
    taken: set[str] = set()
    for recording, inside in sorted(of_recording.items()):
        stem = name = Path(recording).stem
        n = 1
        while name.casefold() in taken:
            name, n = f"{stem}-{n + 1}", n + 1
        taken.add(name.casefold())
        yield f"{name}{ENDING}", _text(sorted(inside, key=lambda item: (item.start_s, item.id)))


def _text(items: list[Item]) -> str:
    """Write what every selection table has, then a column for the verdict and one that tells which item it is."""
    stream = io.StringIO()
    labels = [item.label if item.stratum else f"{BACKGROUND} {item.label}" for item in items]
    events = (Event(item.start_s, item.end_s, label) for item, label in zip(items, labels))
    raven.write(((item.recording, item.channel, event) for item, event in zip(items, events)), stream)
    header, *rows = stream.getvalue().removesuffix("\n").split("\n")
    lines = [f"{header}\tVerdict\tAudit ID", *(f"{row}\t\t{item.id}" for row, item in zip(rows, items))]
    return "\n".join(lines) + "\n"


def read_selections(folder: Path) -> dict[str, Verdict]:
    """Read the verdicts of all tables in a folder, by the ids of the items.

    Raises
    ------
    AnnotationError
        Where there is no table, a verdict is none, or an item has two that differ.
    """
    paths = sorted(path for path in folder.glob("*.txt") if not path.name.startswith("."))
    if not paths:
        raise AnnotationError(f"{folder}: no selection table (*.txt) in this folder")
    verdicts: dict[str, Verdict] = {}
    for path in paths:
        sheet = read_sheet(path, "\t", quoted=False)
        item_id = sheet.required("audit_id")
        verdict = sheet.required("verdict")
        for row, cells in sheet.rows:
            where, key = f"{path}, row {row}", cells[item_id]
            if not key:
                raise AnnotationError(f"{where}: has no Audit ID; take selections that were not drawn out of the table")
            said = read_verdict(cells[verdict], key.startswith("B"), where)
            verdicts[key] = agreed(verdicts.get(key), said, f"{where}: {key}")
    return verdicts


def agreed(one: Verdict, other: Verdict, where: str) -> Verdict:
    """Give the verdict that one or both of two places hold; a selection has a row for each of its views."""
    if one is None or other is None or one == other:
        return other if one is None else one
    raise AnnotationError(f"{where} has another verdict elsewhere: {other} and {one}; make them agree")
