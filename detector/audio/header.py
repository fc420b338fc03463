"""Read what a recording's header says, and find out whether it is true."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal

import soundfile

from detector.audio import chunks, mpeg, ogg
from detector.audio.decode import Sound, opened, reason
from detector.audio.view import View
from detector.errors import RecordingError

Status = Literal["ok", "silent", "empty", "truncated", "damaged"]

_SAMPLE_BYTES = {
    "PCM_S8": 1,
    "PCM_U8": 1,
    "ULAW": 1,
    "ALAW": 1,
    "PCM_16": 2,
    "PCM_24": 3,
    "PCM_32": 4,
    "FLOAT": 4,
    "DOUBLE": 8,
}
_SAMPLES_PER_BYTE = 65536  # more than any coding gets into a byte: what claims more is not to be believed
_UNKNOWN = "format not recognised"
_WITH_CHUNKS = {"WAV", "WAVEX", "RF64", "W64", "AIFF"}


@dataclass(frozen=True, slots=True)
class Header:
    """What is known of a recording before it is decoded.

    Attributes
    ----------
    path : Path
        The file.
    format, subtype : str
        As libsndfile names them, such as "WAV" and "PCM_16".
    sample_rate : int
        In Hz.
    n_channels : int
        From 1.
    n_frames : int or None
        Samples of each channel that the header claims, put right where that can be done; None where it does not say, or
        says what cannot be.
    faults : tuple of str
        What is wrong with the header, in words.
    status : str
        What that makes of the recording: "ok" where all samples can be read nevertheless.
    view : View or None
        Which part of the file to decode, where its header has to be passed over.
    """

    path: Path
    format: str
    subtype: str
    sample_rate: int
    n_channels: int
    n_frames: int | None
    faults: tuple[str, ...] = ()
    status: Status = "ok"
    view: View | None = None

    @property
    def divisible(self) -> bool:
        """Say whether decoding can begin at any sample: where each takes as many bytes, and in FLAC."""
        return self.subtype in _SAMPLE_BYTES

    def opened(self) -> AbstractContextManager[Sound]:
        """Open the recording for decoding; raises `soundfile.SoundFileError` where it no longer can be."""
        raw: dict[str, int | str] | None = None
        if self.view is not None and self.view.raw is not None:
            raw = {
                "format": "RAW",
                "subtype": self.subtype,
                "samplerate": self.sample_rate,
                "channels": self.n_channels,
                "endian": self.view.raw,
            }
        return opened(self.path, self.view, raw)


def read_header(path: Path) -> Header:
    """Read the header of a recording.

    Raises
    ------
    RecordingError
        Where the file is missing, a folder, of no bytes, not to be read, or not audio.
    """
    try:
        if path.exists() and not path.is_file():
            raise RecordingError(f"{path}: is {'a folder' if path.is_dir() else 'no ordinary file'}, not a recording")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size == 0:
                raise RecordingError(f"{path}: is an empty file (0 bytes)")
            return _checked(_read(path, file, size), file, size)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise RecordingError(f"{str(path)!r}: cannot be read: {error}") from error
    except (
        soundfile.SoundFileError,
        TypeError,
    ) as error:  # TypeError: a name in .raw, which libsndfile asks more about
        why = reason(error) if isinstance(error, soundfile.SoundFileError) else _UNKNOWN
        why = _UNKNOWN if "does not exist" in why else why  # said of MP3 files without a frame; this file does exist
        raise RecordingError(f"{path}: is not audio that can be read: {why}") from error


def _read(path: Path, file: BinaryIO, size: int) -> Header:
    start = file.read(3)
    like_mpeg = start == b"ID3" or start[:1] == b"\xff" or path.suffix.lower() == ".mp3"
    view = mpeg.whole_view(file, size) if like_mpeg else None
    with opened(path, view) as sound:
        if sound.samplerate < 1 or sound.channels < 1:
            raise RecordingError(
                f"{path}: gives {sound.samplerate} Hz and {sound.channels} channels; both must be above 0"
            )
        known = view is None and 0 <= sound.frames <= size * _SAMPLES_PER_BYTE
        n_frames = sound.frames if known else None
        return Header(path, sound.format, sound.subtype, sound.samplerate, sound.channels, n_frames, view=view)


def _checked(header: Header, file: BinaryIO, size: int) -> Header:
    if header.format in _WITH_CHUNKS:
        return _with_true_extent(header, file, size)
    fault = ogg.faults(file, size) if header.format == "OGG" else None
    return header if fault is None else replace(header, status=fault[0], faults=(fault[1],))


def _with_true_extent(header: Header, file: BinaryIO, size: int) -> Header:
    """Compare the size fields of a file cut into chunks with the file."""
    frame = _SAMPLE_BYTES.get(header.subtype, 0) * header.n_channels  # 0: frames are no fixed number of bytes
    extent = chunks.measure(file, size, second=max(frame, 1) * header.sample_rate)
    if extent is None:
        return header
    held = extent.end - extent.start
    n_frames, view, faults = header.n_frames, None, (extent.fault,) if extent.fault else ()
    status: Status = "ok"
    if extent.mended and frame:
        view = View(extent.start, extent.end - held % frame, raw=extent.order)
    if extent.claimed is None:
        n_frames = held // frame if frame else None  # what the file holds is all there is
    elif frame and extent.claimed <= size * _SAMPLES_PER_BYTE:
        n_frames = extent.claimed // frame
    elif n_frames is not None and 0 < held < extent.claimed:
        n_frames = n_frames * extent.claimed // held
    if extent.unread or (extent.mended and not frame):
        status = "damaged"
        faults = (*faults, f"{extent.unread or held} bytes follow the samples that the header claims; not read")
    return replace(header, n_frames=n_frames, view=view, faults=faults, status=status)
