"""Read the header of an Ogg file, and find lost pages and further streams."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

import soundfile

from detector.audio import ogg
from detector.audio.header import Header
from detector.audio.opened import OpenRecording, header_by_libsndfile
from detector.audio.status import Status
from detector.audio.view import View


def read_ogg_header(recording: OpenRecording) -> Header:
    """Read the header of an Ogg file.

    Raises
    ------
    soundfile.SoundFileError
        If libsndfile can read no part of it.
    """
    file = recording.file
    links = ogg.survey(file, recording.size)
    is_refused = False
    try:
        header = header_by_libsndfile(recording)
    except soundfile.SoundFileError:  # its first page with sound is damaged, or another stream comes before the sound
        is_refused = True
        by_runs = _by_runs(recording, links)
        if by_runs is None:
            raise
        header = by_runs
    if header.format != "OGG" or not links or not links[0].headers:
        return header
    header = _with_faults(header, links)
    if len(links) == 1 and links[0].whole and not is_refused:
        return header
    links = tuple(_with_offset(header, file, link) for link in links)
    is_length_known = links[-1].ended and (is_refused or not all(link.whole for link in links))
    n_frames = ogg.length(file, links, header.sample_rate) if is_length_known else None
    return replace(header, links=links, n_frames=n_frames)


def _with_faults(header: Header, links: Sequence[ogg.Link]) -> Header:
    """Return a header with the faults of its streams."""
    faults: list[str] = []
    status: Status = "ok"
    if n_strange := sum(link.n_strange for link in links):
        faults.append(f"damaged: {n_strange} bytes between its pages are none")
        status = "damaged"
    if not all(link.whole for link in links):
        faults.append("damaged: its pages do not follow one another")
        status = "damaged"
    if not links[-1].ended:
        faults.append("truncated: its last page is missing")
        status = "truncated" if status == "ok" else status
    return replace(header, faults=tuple(faults), status=status)


def _with_offset(header: Header, file: BinaryIO, link: ogg.Link) -> ogg.Link:
    """Return a stream with the samples that its pages count before its first one, if these are over a second."""
    if not link.headers or not link.runs or not link.runs[0].first:
        return link
    run = link.runs[0]
    head = ogg.header_pages(file, link)
    with suppress(soundfile.SoundFileError), header.decoding(file, View(run.start, run.end, head)) as sound:
        before = ogg.samples_until(link, run.granule, head, header.sample_rate) - sound.frames
        return replace(link, before=before) if before > header.sample_rate else link
    return link


def _by_runs(recording: OpenRecording, links: Sequence[ogg.Link]) -> Header | None:
    """Return libsndfile's header of the longest run of pages that it can read; None if it can read none."""
    runs = [(link, run) for link in links if link.headers for run in link.runs]
    for link, run in sorted(runs, key=lambda pair: pair[1].start - pair[1].end):
        view = View(run.start, run.end, ogg.header_pages(recording.file, link, within=True))
        with suppress(soundfile.SoundFileError):
            return replace(header_by_libsndfile(recording, view), view=None)
    return None
