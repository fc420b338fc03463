"""An open recording whose header is being read, and what libsndfile says about it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import BinaryIO

import soundfile

from detector.audio.decode import Sound, decoding
from detector.audio.header import Header
from detector.audio.view import View
from detector.errors import ContentError
from detector.place import Identity, Place

_SAMPLES_PER_BYTE = 65536  # no coding gets more into a byte, so a header that claims more is wrong


@dataclass(frozen=True, slots=True)
class OpenRecording:
    """A recording whose header is being read.

    Attributes
    ----------
    place : Place
        Where the file is.
    file : binary file
        The file, open for reading.
    identity : Identity
        The state of the file when it was opened.
    """

    place: Place
    file: BinaryIO
    identity: Identity

    @property
    def size(self) -> int:
        """Return the size of the file in bytes."""
        return self.identity.size

    @property
    def suffix(self) -> str:
        """Return the extension of its name, in small letters, such as ".mp3"."""
        return PurePosixPath(self.place.name).suffix.lower()


def header_by_libsndfile(recording: OpenRecording, view: View | None = None) -> Header:
    """Return the header of a recording, or of the bytes that `view` shows of it, as libsndfile reads it.

    Raises
    ------
    soundfile.SoundFileError
        If libsndfile cannot read it.
    RecordingError
        If the sample rate or the number of channels is below 1.
    """
    with decoding(recording.file, view) as sound:
        if sound.samplerate < 1 or sound.channels < 1:
            raise ContentError(
                f"{recording.place}: gives {sound.samplerate} Hz and {sound.channels} channels; both must be above 0"
            )
        is_plausible = 0 <= sound.frames <= recording.size * _SAMPLES_PER_BYTE
        header = Header(
            place=recording.place,
            format=sound.format,
            subtype=sound.subtype,
            sample_rate=sound.samplerate,
            n_channels=sound.channels,
            n_frames=sound.frames if view is None and is_plausible else None,
            view=view,
            comment=_comment(sound),
            identity=recording.identity,
        )
    return header if view is None else with_comment(header, recording)


def with_comment(header: Header, recording: OpenRecording) -> Header:
    """Return a header with the comment that libsndfile reads from the whole file, if it can."""
    with suppress(soundfile.SoundFileError), decoding(recording.file) as sound:
        return replace(header, comment=_comment(sound))
    return header


def _comment(sound: Sound) -> str:
    return str(sound.copy_metadata().get("comment", ""))
