"""Find the streams of Ogg files, and the sample at which each run of undamaged pages begins.

A page counts the samples up to its end. So the samples after a lost page keep their true time. Formats: RFC 3533 (Ogg);
the Vorbis I specification, appendix A; RFC 7845 (Opus in Ogg).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from detector.audio.ogg_pages import PAGE_HEAD, Page, checksum, pages

_FIRST = 2  # the bit of a page's flags that says that it begins a stream
_LAST = 4  # the bit that says that it ends a stream
_HEADER_PACKETS = {b"\x01vorbis": 3, b"OpusHead": 2}  # packets before the sound, by the beginning of the first packet
_OPUS = b"OpusHead"
_OPUS_RATE = 48000
_PRE_SKIP = 10  # byte of an Opus header at which the number of samples to drop stands


@dataclass(frozen=True, slots=True)
class Run:
    """Pages of one stream that follow one another without a gap and hold sound.

    Attributes
    ----------
    start, end : int
        The first byte of the first page, and the byte after the last page.
    granule : int
        Samples of the stream up to the end of the last page.
    first : bool
        Whether the first page is the first one of the stream with sound.
    """

    start: int
    end: int
    granule: int
    first: bool


@dataclass(frozen=True)
class Link:
    """One stream of a file. A file may hold several, one after another.

    Attributes
    ----------
    kind : bytes
        The beginning of its first packet, which names the codec.
    headers : tuple of (int, int)
        Start and end, in bytes, of the pages before its sound. Empty if one of them is damaged.
    runs : tuple of Run
        Its pages with sound. An undamaged stream has one run.
    ended : bool
        Whether its last page was found.
    n_strange : int
        Number of bytes between its pages that belong to no page.
    before : int
        Samples that its pages count before its first one. A stream that was recorded from the middle on has some.
    """

    kind: bytes
    headers: tuple[tuple[int, int], ...]
    runs: tuple[Run, ...]
    ended: bool
    n_strange: int = 0
    before: int = 0

    @property
    def whole(self) -> bool:
        """Return whether no page before its end is lost."""
        return bool(self.headers) and len(self.runs) <= 1 and all(run.first for run in self.runs)


def survey(file: BinaryIO, size: int) -> tuple[Link, ...]:
    """Find the streams with sound in a file of `size` bytes, in one pass over it.

    Pages of other streams between their pages are left out.
    """
    links: list[Link] = []
    collector: _Collector | None = None
    end = 0
    for page in pages(file, size):
        if collector is not None:
            collector.n_strange += page.start - end
        end = page.end
        if page.flags & _FIRST and page.begins[:8].startswith(tuple(_HEADER_PACKETS)):
            if collector is not None and page.serial != collector.serial and not collector.runs:
                continue  # a second stream beside the first one
            if collector is not None:
                links.append(collector.link())
            collector = _Collector(page)
        elif collector is not None and page.serial == collector.serial:
            collector.add(page)
    return (*links, collector.link()) if collector is not None else tuple(links)


class _Collector:
    """Collect what the pages of one stream say, without keeping the pages."""

    def __init__(self, page: Page) -> None:
        self.serial = page.serial
        self.runs: list[Run] = []
        self.n_strange = 0
        self._kind = next(kind for kind in _HEADER_PACKETS if page.begins.startswith(kind))
        self._headers = [(page.start, page.end)]
        self._n_expected = _HEADER_PACKETS[self._kind] - page.n_packets  # packets before the sound still to come
        self._sequence = page.sequence
        self._ended = False

    def add(self, page: Page) -> None:
        """Add the next page of the stream."""
        follows = page.sequence == self._sequence + 1
        self._sequence = page.sequence
        if self._n_expected > 0:
            self._add_header(page, follows=follows)
            return
        self._ended = self._ended or bool(page.flags & _LAST)
        last = self.runs[-1] if self.runs else None
        if last is None or not follows or 0 <= page.granule < last.granule:
            self.runs.append(Run(page.start, page.end, page.granule, first=last is None and follows))
        else:
            self.runs[-1] = replace(last, end=page.end, granule=max(last.granule, page.granule))

    def _add_header(self, page: Page, *, follows: bool) -> None:
        if follows and page.granule <= 0:
            self._headers.append((page.start, page.end))
            self._n_expected -= page.n_packets
        else:  # a page before the sound is lost, and without all of them nothing can be decoded
            self._headers = []
            self._n_expected = 0

    def link(self) -> Link:
        """Return the stream of the pages that were added."""
        return Link(self._kind, tuple(self._headers), tuple(self.runs), self._ended, self.n_strange)


def header_pages(file: BinaryIO, link: Link, *, within: bool = False) -> bytes:
    """Read the pages of a stream that come before its sound.

    Parameters
    ----------
    file : binary file
        Open for reading.
    link : Link
        The stream.
    within : bool
        Whether to decode from the middle of the stream. Opus drops samples at the beginning of a stream only, so the
        header is then changed to drop none.
    """
    head = b""
    for start, end in link.headers:
        file.seek(start)
        head += file.read(end - start)
    if within and link.kind == _OPUS:
        first_page = link.headers[0][1] - link.headers[0][0]
        field = _pre_skip_field(head)
        page = head[: field.start] + b"\0\0" + head[field.stop : first_page]
        head = page[:22] + checksum(page).to_bytes(4, "little") + page[26:] + head[first_page:]
    return head


def samples_until(link: Link, granule: int, head: bytes, sample_rate: int) -> int:
    """Convert a granule position into samples from the stream's first one.

    Parameters
    ----------
    link : Link
        The stream.
    granule : int
        The position, as a page gives it. Opus counts at 48 kHz, whatever the sample rate.
    head : bytes
        Its pages before the sound, unchanged.
    sample_rate : int
        In Hz.
    """
    if link.kind != _OPUS:
        return granule - link.before
    n_dropped = int.from_bytes(head[_pre_skip_field(head)], "little")
    return round((granule - n_dropped) * sample_rate / _OPUS_RATE) - link.before


def _pre_skip_field(head: bytes) -> slice:
    """Return the bytes of an Opus header that say how many samples to drop (RFC 7845, 5.1)."""
    n_segments = head[26]
    start = PAGE_HEAD + n_segments + _PRE_SKIP
    return slice(start, start + 2)


def length(file: BinaryIO, links: Sequence[Link], sample_rate: int) -> int:
    """Return the samples of all streams together, by their last pages."""
    return sum(
        max(0, samples_until(link, link.runs[-1].granule, header_pages(file, link), sample_rate))
        for link in links
        if link.headers and link.runs
    )
