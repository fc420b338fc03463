"""Read the header of a WAV, RF64, W64 or AIFF file, and correct it by the size and the other fields of the file."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import BinaryIO

import soundfile

from detector.audio import fields
from detector.audio.chunks import MOST_BYTES, WRAP, Layout, find_layout, has_two, walk
from detector.audio.extent import Extent, measure, sized_head
from detector.audio.header import SAMPLE_BYTES, Header
from detector.audio.opened import OpenRecording, header_by_libsndfile
from detector.audio.status import Status
from detector.audio.view import View
from detector.errors import ContentError

_FORMATS = {"WAV", "WAVEX", "RF64", "W64", "AIFF"}
_WITH_32_BIT_SIZES = {"WAV", "WAVEX"}
_LONGEST_HEAD = 1 << 20  # bytes before the samples that are copied to correct a size field
_LISTED = 256  # chunks; a recorder writes a few, a damaged file may seem to have very many


def read_chunk_header(recording: OpenRecording, layout: Layout) -> Header:
    """Read the header of a file that is divided into chunks.

    Raises
    ------
    soundfile.SoundFileError
        If libsndfile cannot read it, and its fields are not enough to read it without.
    RecordingError
        If it has no samples.
    """
    witness = fields.examine(recording.file, recording.size)
    header = header_by_libsndfile(recording) if witness is None else _with_true_fields(recording, witness)
    if header.format in _FORMATS:
        header = _with_true_extent(header, recording, witness)
    chunks = tuple(islice(walk(recording.file, layout, layout.first), _LISTED))
    return replace(header, chunks=chunks)


def _with_true_fields(recording: OpenRecording, witness: fields.Witness) -> Header:
    """Return libsndfile's header with corrected fields, or a header made of them if libsndfile refuses the file."""
    true = witness.true
    try:
        header = header_by_libsndfile(recording)
    except soundfile.SoundFileError:
        if not witness.usable:
            raise
        return _by_fields(recording, witness)
    if not witness.fault:
        return header
    header = replace(header, faults=(witness.fault,), status="ok" if witness.certain else "damaged")
    if true.sample_rate != witness.stated.sample_rate:
        header = replace(header, sample_rate=true.sample_rate)
    if witness.recoded and true.subtype is not None:
        return replace(header, subtype=true.subtype, n_channels=true.n_channels, raw=True)
    return header


def _by_fields(recording: OpenRecording, witness: fields.Witness) -> Header:
    """Return a header made of the corrected fields alone."""
    true = witness.true
    assert true.subtype is not None
    faults = (witness.fault,) if witness.fault else ()
    status: Status = "ok"
    layout = find_layout(recording.file)
    if layout is not None and has_two(recording.file, layout):
        faults = (*faults, "damaged: it has two chunks of samples; only the first is read")
        status = "damaged"
    return Header(
        place=recording.place,
        format="WAV",
        subtype=true.subtype,
        sample_rate=true.sample_rate,
        n_channels=true.n_channels,
        n_frames=None,
        faults=faults,
        status=status,
        identity=recording.identity,
        raw=True,
    )


def _with_true_extent(header: Header, recording: OpenRecording, witness: fields.Witness | None) -> Header:
    """Correct the length in a header by the size of the file, and choose the bytes to decode."""
    frame_bytes = SAMPLE_BYTES.get(header.subtype, 0) * header.n_channels  # 0: frames have no fixed size
    extent = measure(recording.file, recording.size, second_bytes=max(frame_bytes, 1) * header.sample_rate)
    if extent is None:
        if header.raw:
            raise ContentError(f"{header.place}: is not audio that can be read: its samples are not to be found")
        return header
    n_bytes = extent.end - extent.start
    faults = (*header.faults, extent.fault) if extent.fault else header.faults
    if frame_bytes and extent.claimed and extent.claimed % frame_bytes:
        faults = (*faults, f"its header claims {extent.claimed} bytes of samples, which is no whole number of them")
    view = _view(header, recording.file, extent, frame_bytes, witness)
    status = header.status
    if extent.unread or (extent.mended and not frame_bytes and view is None):
        status = "damaged"
        faults = (*faults, f"{extent.unread or n_bytes} bytes follow the samples that the header claims; not read")
    return replace(
        header,
        n_frames=_n_frames(header, extent, frame_bytes),
        view=view,
        faults=faults,
        status=status,
        n_held=n_bytes // frame_bytes if frame_bytes else None,
    )


def _n_frames(header: Header, extent: Extent, frame_bytes: int) -> int | None:
    """Return the samples of each channel that the header claims, corrected; None if that is not known."""
    n_bytes = extent.end - extent.start
    if extent.claimed is None:
        return n_bytes // frame_bytes if frame_bytes else None
    if extent.claimed > MOST_BYTES:
        return header.n_frames
    if frame_bytes:
        return extent.claimed // frame_bytes
    if header.n_frames is not None and 0 < n_bytes < extent.claimed:
        return header.n_frames * extent.claimed // n_bytes
    return header.n_frames


def _view(
    header: Header, file: BinaryIO, extent: Extent, frame_bytes: int, witness: fields.Witness | None
) -> View | None:
    """Return the bytes to decode if libsndfile must not see the header as it is; None for the whole file."""
    if frame_bytes and (extent.mended or header.raw):
        n_bytes = extent.end - extent.start
        return View(extent.start, extent.end - n_bytes % frame_bytes, raw=witness.order if witness else extent.order)
    is_small = extent.start <= _LONGEST_HEAD and extent.end < WRAP
    has_32_bits = header.format in _WITH_32_BIT_SIZES and extent.order == "LITTLE"
    if extent.mended and not frame_bytes and has_32_bits and is_small:
        return View(extent.start, extent.end, sized_head(file, extent))
    return None
