"""Decode an open recording, or a part of it, with libsndfile."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO

import soundfile

from detector.audio.view import View, ViewFile


class Sound(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no type hints
    """A sound file whose samples do not depend on the size of the reads.

    In a seekable file, soundfile seeks to the current position after every read. This restarts the MP3 decoder and
    changes its samples by up to 0.01 of full scale. In a damaged Ogg file it changes which samples can be decoded.
    """

    def seekable(self) -> bool:
        """Return false, so that soundfile does not seek after every read. `seek` works all the same."""
        return False


@contextmanager
def decoding(file: BinaryIO, view: View | None = None, raw: dict[str, int | str] | None = None) -> Iterator[Sound]:
    """Open a file for decoding that is open for reading.

    The file stays open, and keeps its position. Nothing else may read it meanwhile.

    Parameters
    ----------
    file : binary file
        The recording, open for reading.
    view : View, optional
        The part of the file to decode. By default, all of it.
    raw : dict, optional
        The arguments by which soundfile decodes samples without a header: format, subtype, rate, channels, byte order.

    Yields
    ------
    Sound
        Ready to decode from the first sample on.

    Raises
    ------
    soundfile.SoundFileError, TypeError
        If the bytes are not audio.
    """
    descriptor = _descriptor(file) if view is None else None
    if descriptor is None:
        view = view or View(0, file.seek(0, io.SEEK_END))
        with closing(ViewFile(file, view)) as part, Sound(part, **(raw or {})) as sound:
            yield sound
        return
    position = os.lseek(descriptor, 0, os.SEEK_CUR)  # the position that `file` keeps in its buffer
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        with Sound(descriptor, closefd=False) as sound:
            yield sound
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)


def _descriptor(file: BinaryIO) -> int | None:
    """Return the file's descriptor, from which libsndfile reads faster; None if the file has none."""
    try:
        return file.fileno()
    except OSError:
        return None


def reason(error: Exception) -> str:
    """Return libsndfile's reason for an error, in a few words."""
    text = getattr(error, "error_string", "") or str(error)
    return text.removeprefix("Error : ").strip().rstrip(".").lower() or "unknown"
