"""Detections for Tethys: an XML document of what was searched, by which algorithm, and what was found.

The order of the elements is that of the classes of Tethys 3.2 (nilus); the published schema itself was not at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import PurePath
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from xml.sax.saxutils import escape

from detector.errors import OutputError
from detector.events import Span, complement, merged
from detector.tables.csv_table import DECIMALS, cells_of
from detector.tables.detection import Detection
from detector.tables.extent import Extent
from detector.tables.instants import end_of, instant, why_unknown
from detector.tables.origin import Searched
from detector.tables.sink import Sink
from detector.tables.writer import WriteOptions, Writer
from detector.terminal import visible
from detector.texts import many

NAMESPACE = "http://tethys.sdsu.edu/schema/1.0"
ANIMALS = "202423"
"""SpeciesId must be a number of ITIS. This one is of the animal kingdom: it stands where a label names no number."""

SPECIES_LABEL = re.compile(r"(\d{5,7}|-10)(?: (.+))?", re.DOTALL)
"""A label that begins with a SpeciesId, such as "180488 Clicks"; -10 stands for sounds of other kinds."""

UNKNOWN = "unknown"
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold."""

LEAST_GAP_S = 1.0
"""A shorter time between two recordings is no gap: clocks and names of files are not that exact."""

SPOOL_BYTES = 2**24
"""Detections wait in memory up to this size, then in a temporary file, because Effort stands before them."""


def element(name: str, text: str) -> str:
    """Write an element with text; nothing for an empty text."""
    legal = ILLEGAL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
    return f"<{name}>{escape(legal, {chr(13): '&#13;'})}</{name}>" if text else ""


def parent(name: str, *children: str) -> str:
    """Write an element with children; nothing if there are none."""
    content = "".join(children)
    return f"<{name}>{content}</{name}>" if content else ""


def utc(when: datetime) -> str:
    """Write an instant as Tethys does, to the millisecond, or to the microsecond where it is needed."""
    unit = "microseconds" if when.microsecond % 1000 else "milliseconds"
    return when.isoformat(timespec=unit).replace("+00:00", "Z")


def gaps_between(spans: list[Span]) -> list[Span]:
    """List the gaps between recordings, given when these begin and end, in s since 1970."""
    listened = merged(spans, LEAST_GAP_S)
    return complement(listened, listened[0][0], listened[-1][1]) if listened else []


def gap(span: Span) -> str:
    """Write a time without a recording."""
    start, end = (utc(datetime.fromtimestamp(round(second, 3), UTC)) for second in span)
    return parent("Aperiodic", element("Start", start), element("End", end), element("Reason", "no recording"))


def species_and_call(label: str) -> tuple[str, str]:
    """Return the elements SpeciesId and Call of a label."""
    match = SPECIES_LABEL.fullmatch(label)
    species, call = match.groups("") if match and match[1] != ANIMALS else (ANIMALS, label)
    return element("SpeciesId", species), element("Call", call)


class TethysWriter(Writer):
    """Write a document. Detections without an instant are left out or refused, because Start is obligatory.

    UserDefined holds what has no element of its own: Offset_s, the onset in the file, and the name of a channel that is
    not a number. Effort extends from the beginning of the first recording to the end of the last one; the time between
    two recordings is a gap.

    Raises
    ------
    OutputError
        If the options have extra columns.
    """

    DECIMALS = DECIMALS

    def __init__(self, sink: Sink[str], options: WriteOptions | None = None) -> None:
        super().__init__(sink, options)
        if self._columns:
            raise OutputError(f"a Tethys document cannot hold the column {self._columns[0]!r}")
        self._found = SpooledTemporaryFile(SPOOL_BYTES, "w+", encoding="utf-8")  # noqa: SIM115 (`close` closes it)
        self._labels = dict.fromkeys(self._options.origin.labels)
        self._recordings = Extent()
        self._spans: list[Span] = []
        self._n_untimed = 0
        self._events = Extent()

    def refusal(self, detection: Detection) -> str:
        """Refuse a detection without an absolute time."""
        return why_unknown(detection)

    def cover(self, searched: Searched) -> None:
        """Extend the effort by a recording."""
        start = instant(searched.start_time)
        end = instant(searched.end_time)
        self._recordings.add(searched.recording, start, end)
        if start is None or end is None:
            self._n_untimed += 1
        else:
            self._spans.append((start.timestamp(), end.timestamp()))

    def _write(self, detections: Iterable[Detection]) -> None:
        for detection in detections:
            self._labels[detection.event.label] = None
            text = self._detection(detection)
            self._found.write((visible(text) if self._sink.on_terminal else text) + "\n")

    def _detection(self, detection: Detection) -> str:
        start = instant(detection.start_time)
        assert start is not None, "refused before"
        cells = cells_of(detection, self._decimals)
        end = end_of(start, self._decimals.length_s(detection.event))
        self._events.add(detection.recording, start, end)
        is_number = cells.channel.isascii() and cells.channel.isdecimal()
        own = element("Offset_s", cells.start_s) + ("" if is_number else element("Channel", cells.channel))
        return parent(
            "Detection",
            element("Input_file", cells.recording),
            element("Start", utc(start)),
            element("End", utc(end)),
            element("Channel", cells.channel if is_number else ""),
            *species_and_call(cells.label),
            parent(
                "Parameters",
                element("Score", cells.score),
                element("MinFreq_Hz", cells.low_hz),
                element("MaxFreq_Hz", cells.high_hz),
                parent("UserDefined", own),
            ),
        )

    def finish(self) -> None:
        """Write the document."""
        extent = self._recordings if self._spans else self._events
        if extent.start is None:
            self.tally.remarks.append("Effort has no Start and no End, because no absolute time is known")
        elif not self._spans:
            self.tally.remarks.append("Effort is from the first to the last detection, because no other is known")
        if self._n_untimed and self._spans:
            lacking = many(self._n_untimed, "recording")
            self.tally.remarks.append(f"Effort lacks {lacking} without an absolute time with an offset from UTC")
        self._sink.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<Detections xmlns="{NAMESPACE}">\n')
        for line in self._head(extent):
            self._sink.write(line + "\n")
        self._sink.write("<OnEffort>\n")
        self._found.seek(0)
        copyfileobj(self._found, self._sink)
        self._sink.write("</OnEffort>\n</Detections>\n")

    def close(self) -> None:
        """Remove the temporary file."""
        self._found.close()

    def _head(self, extent: Extent) -> Iterator[str]:
        """Write the elements before the detections, one on each line."""
        deployment = PurePath(extent.folder or "").name or UNKNOWN
        since = f"{extent.start:_%Y%m%dT%H%M%SZ}" if extent.start else ""
        parameters = (element(name, text) for name, text in self._options.origin.parameters.items())
        times = [element(name, utc(when)) for name, when in (("Start", extent.start), ("End", extent.end)) if when]
        gaps = parent("AnalysisGaps", *map(gap, gaps_between(self._spans)))
        granularity = element("Granularity", "call")
        kinds = (parent("Kind", *species_and_call(label), granularity) for label in self._labels)
        yield element("Id", deployment + since)
        yield parent("DataSource", element("DeploymentId", deployment))
        software = element("Software", "detector") + element("Version", version("detector"))
        yield parent("Algorithm", software, parent("Parameters", *parameters))
        yield element("UserId", UNKNOWN)
        yield parent("Effort", *times, gaps, *kinds)
