"""Classify recordings or spans of them with a model, one after another, into a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from detector.classifying.request import Units, find_units
from detector.classifying.rows import RowMaker, Statistic
from detector.classifying.spans import SpanCollector
from detector.errors import ParameterError
from detector.outputs import check_output, new_file
from detector.progress import SILENT, Progress
from detector.scanning.detecting import detect_all
from detector.scanning.events import EventRules
from detector.scanning.listing import list_to_scan, of_split
from detector.scanning.outcome import Scanned
from detector.scanning.progress import ScanProgress
from detector.scanning.scan import load_named, one_thread_each
from detector.scanning.scanner import Scanner
from detector.scanning.setting import Setting
from detector.scanning.summary import INCOMPLETE, Summary, summary_for
from detector.tables.sink import Sink
from detector.tables.unit_table import UnitRow, UnitWriter
from detector.texts import many

if TYPE_CHECKING:
    from detector.device import DeviceName
    from detector.tables.splits import Choice


@dataclass(frozen=True)
class ClassifyRequest:
    """What to classify, and what to write.

    Attributes
    ----------
    spans : Path or None
        Table of the spans; None for whole recordings.
    statistic : {"max", "mean"}
        Whether a unit gets the highest of its scores, or their mean.
    top : int or None
        Number of labels in a row; None for all.
    output : Path or None
        The table; None for standard output.
    force : bool
        Whether an existing table may be replaced.
    choice : Choice or None
        The split whose recordings are classified; None for all.
    """

    spans: Path | None = None
    statistic: Statistic = "max"
    top: int | None = None
    output: Path | None = None
    force: bool = False
    choice: Choice | None = None


@dataclass
class Classified:
    """What was done.

    Attributes
    ----------
    summary : Summary
        The recordings.
    rows, failed : int
        Numbers of rows, and of rows without scores because the recording failed or does not reach the span.
    """

    summary: Summary
    rows: int = 0
    failed: int = 0

    def add(self, rows: Sequence[UnitRow]) -> Sequence[UnitRow]:
        """Count rows, and return them."""
        self.rows += len(rows)
        self.failed += sum(row.status == "failed" for row in rows)
        return rows

    def __str__(self) -> str:
        """Write the counts in one line."""
        summary = self.summary
        statuses = (f"{summary.statuses[status]} {status}" for status in INCOMPLETE if summary.statuses[status])
        length = f"{summary.seconds / 3600:.2f} h scanned"
        counts = (many(summary.recordings, "recording"), length, many(self.rows, "row"), f"{self.failed} failed")
        return ", ".join((*counts, *statuses))


def classify(
    paths: Sequence[Path],
    model: str | None,
    device: DeviceName,
    setting: Setting,
    request: ClassifyRequest,
    stream: TextIO,
    *,
    progress: Progress = SILENT,
) -> Classified:
    """Classify recordings, or spans of them, into a table with a row for each unit and channel.

    Before anything is written, the output, the recordings, the spans and the model are checked.

    Parameters
    ----------
    paths, model, device, setting, progress
        As for `detector.scanning.scan.scan`.
    request : ClassifyRequest
        What to classify.
    stream : TextIO
        Gets the table if `request` names no file.

    Returns
    -------
    Classified
        Numbers of recordings and rows.
    """
    _check(request.output, force=request.force)
    listed, unsearched = list_to_scan(paths)
    units = find_units(of_split(listed, request.choice, progress.say), request.spans)
    loaded = load_named(model, device)
    labels = loaded.recipe.labels.names
    done = Classified(summary_for(setting))
    with one_thread_each(), ExitStack() as stack:
        scanner = Scanner(loaded, setting, progress.say)
        for note in (*units.notes, *scanner.notes()):
            progress.say(note)
        if request.output is not None:
            stream = stack.enter_context(new_file(request.output, force=request.force))
        writer = UnitWriter(Sink(stream, request.output), min(request.top or len(labels), len(labels)))
        rules = EventRules(loaded.recipe, scanner.grid, loaded.operating.at(None))
        for scanned, rows in _classified(scanner, rules, units, unsearched, request.statistic, progress):
            done.summary.add(scanned)
            writer.add(done.add(rows))
            for remark in scanned.remarks:
                progress.say(remark)
        writer.add(done.add(list(_unmatched(units))))
    for line in done.summary.notes():
        progress.say(line)
    return done


def _check(output: Path | None, *, force: bool) -> None:
    """Raise `ParameterError` or `OutputError` if the table cannot be written."""
    if output is None:
        return
    if output.suffix.casefold() != ".csv":
        raise ParameterError("output", output, "has the wrong ending", ".csv")
    check_output(output, force)


def _classified(
    scanner: Scanner,
    rules: EventRules,
    units: Units,
    unsearched: Sequence[Scanned],
    statistic: Statistic,
    progress: Progress,
) -> Iterator[tuple[Scanned, list[UnitRow]]]:
    """Scan the recordings; yield the result and the rows of each folder that cannot be searched and each recording."""
    for folder in unsearched:
        yield folder, [UnitRow(folder.recording.name, "", None, None, "failed", folder.remarks[0])]
    collector = SpanCollector(units.of)
    maker = RowMaker(units, collector, scanner.recipe.labels.names, statistic)
    with ScanProgress(progress, len(units.recordings)) as scan_progress:
        for scanned in detect_all(scanner, units.recordings, rules, collector, scan_progress.advance):
            yield scanned, list(maker.rows(scanned))
            scan_progress.done()


def _unmatched(units: Units) -> Iterator[UnitRow]:
    """Yield the rows of spans whose recording was not given."""
    for name, start_s, end_s in units.unmatched:
        yield UnitRow(name, "", start_s, end_s, "failed", "this recording is not among those given")
