"""Read the header of a recording, by the rules of its format, and correct what is wrong in it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from typing import TYPE_CHECKING

import soundfile

from detector.audio import mpeg_runs
from detector.audio.chunk_header import read_chunk_header
from detector.audio.chunks import find_layout
from detector.audio.contents import read_evidence
from detector.audio.decode import reason
from detector.audio.flac_header import read_flac_header
from detector.audio.flac_metadata import read_stream_info
from detector.audio.header import Header
from detector.audio.limits import DEFAULT_LIMITS, Limits
from detector.audio.metadata import read_chronology
from detector.audio.ogg_header import read_ogg_header
from detector.audio.opened import OpenRecording, header_by_libsndfile
from detector.audio.times import xwav
from detector.audio.times.evidence import Evidence
from detector.errors import ContentError, RecordingError
from detector.place import Named, place_of

if TYPE_CHECKING:
    from detector.audio.times.pattern import TimePattern

_MPEG_PADDING = 4 * 1152  # most samples that encoders put before and behind the sound
_UNKNOWN = "format not recognised"


def read_header(
    recording: Named,
    limits: Limits = DEFAULT_LIMITS,
    timezone: tzinfo | None = None,
    time_pattern: TimePattern | None = None,
) -> Header:
    """Read the header of a recording. This opens the file once.

    Parameters
    ----------
    recording : str, Path or Place
        The file.
    limits : Limits
        The largest values that are accepted.
    timezone : tzinfo, optional
        The zone of clock times that come without one; see `read_chronology`.
    time_pattern : TimePattern, optional
        Where the time stands in the name.

    Raises
    ------
    RecordingError
        If the file is missing, unreadable, empty, not an ordinary file, not audio, or beyond `limits`.
    """
    place = place_of(recording)
    try:
        with place.open() as file:
            opened = OpenRecording(place, file, place.identity(file))
            if opened.size == 0:
                raise ContentError(f"{place}: is an empty file (0 bytes)")
            header = _read(opened)
            evidence = read_evidence(header, file)
    except OSError as error:
        raise RecordingError(f"{place}: cannot be read: {error.strerror or error}") from error
    except soundfile.SoundFileError as error:
        why = reason(error)
        why = _UNKNOWN if "does not exist" in why else why  # libsndfile says so of MP3 files without a frame
        raise ContentError(f"{place}: is not audio that can be read: {why}") from error
    except TypeError as error:  # a name that ends with .raw, for which soundfile wants more arguments
        raise ContentError(f"{place}: is not audio that can be read: {_UNKNOWN}") from error
    header, evidence = _with_true_rate(header, evidence, limits)
    limits.check(str(place), header.sample_rate, header.n_channels)
    return replace(header, chronology=read_chronology(evidence, timezone, time_pattern))


def _with_true_rate(header: Header, evidence: Evidence, limits: Limits) -> tuple[Header, Evidence]:
    """Correct the sample rate of an XWAV file by that of its raw files, unless that is beyond the limits."""
    rate = xwav.sample_rate(evidence)
    if header.flac is not None or rate is None or rate == header.sample_rate:
        return header, evidence
    if rate > limits.rate or rate * header.n_channels > limits.data:
        return header, evidence
    fault = f"its header claims {header.sample_rate} Hz, but its raw files {rate} Hz"
    return (
        replace(header, sample_rate=rate, faults=(*header.faults, fault)),
        replace(evidence, sample_rate=rate),
    )


def _read(recording: OpenRecording) -> Header:
    """Read a header by the rules of its format."""
    file = recording.file
    start = file.read(4)
    layout = find_layout(file)
    if layout is not None:
        return read_chunk_header(recording, layout)
    has_id3 = start[:3] == b"ID3"
    info = read_stream_info(file) if start == b"fLaC" or has_id3 else None
    if info is not None:
        return read_flac_header(recording, info)
    if has_id3 or start[:1] == b"\xff" or recording.suffix == ".mp3":
        header = _read_mpeg(recording)
    elif start == b"OggS":
        return read_ogg_header(recording)
    else:
        header = header_by_libsndfile(recording)
    return read_ogg_header(recording) if header.format == "OGG" else header


def _read_mpeg(recording: OpenRecording) -> Header:
    """Read the header of a file that is probably MP3."""
    plan = mpeg_runs.plan(recording.file, recording.size)
    header = _in_runs(recording, plan) if plan.runs else header_by_libsndfile(recording, plan.view)
    faults = (plan.fault,) if plan.fault else ()
    return replace(header, faults=faults) if header.format == "MP3" else header


def _in_runs(recording: OpenRecording, plan: mpeg_runs.Plan) -> Header:
    """Return libsndfile's header of the longest run, with the length of the whole file if libsndfile knows it."""
    header = header_by_libsndfile(recording, plan.longest)
    header = replace(header, view=None, runs=plan.runs, status="damaged")
    with suppress(soundfile.SoundFileError):
        whole = header_by_libsndfile(recording)
        is_like = (whole.sample_rate, whole.n_channels) == (header.sample_rate, header.n_channels)
        if is_like and whole.n_frames is not None and 0 <= plan.n_samples - whole.n_frames <= _MPEG_PADDING:
            return replace(header, n_frames=whole.n_frames)
    return header
