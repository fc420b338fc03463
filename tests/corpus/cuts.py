"""Every format, cut off at 20 places."""

from __future__ import annotations

from collections.abc import Iterator

from tests.corpus.case import WHOLE, Case, Source, content
from tests.corpus.index import index
from tests.corpus.sound import KINDS, from_source, source_name

_HEADER_PLACES = (0, 1, 4, 12, 20, 27, 36, 43)
_CODED_S = 1.0  # a codec may refuse a file that holds less


def cuts(quick: bool) -> Iterator[Case]:
    """Cut at the file's start, in its header, just behind it, and at shares of its sound."""
    for kind in KINDS:
        source = source_name(kind)
        data, where = from_source(source), index(source)
        shares = [where.header + round((len(data) - where.header) * n / 11) for n in range(1, 11)]
        ends = [where.header - 1, where.header, where.header + 1, len(data) - 1]
        for end in dict.fromkeys((*_HEADER_PLACES, *ends, *shares)):  # a place may be named twice
            seconds = where.before(end)
            coded = KINDS[kind].bytes_per_sample == 0
            refusable = seconds < _CODED_S if coded else seconds == 0
            last_byte = end == len(data) - 1 and kind in {"mp3", "flac"}  # may be padding
            yield Case(
                f"cut-{kind}-{end}.{KINDS[kind].suffix}",
                content(data[:end]),
                (Source(source),) if seconds else (),
                damaged=((seconds, WHOLE[1]),),
                named="unless" if last_byte else "must",
                failed=refusable,
            )
