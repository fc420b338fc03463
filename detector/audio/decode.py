"""Let libsndfile read an open recording from its beginning to its end."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO

import soundfile

from detector.audio.view import View, ViewFile


class Sound(soundfile.SoundFile):  # type: ignore[misc]  # soundfile tells no types
    """A sound file that is read on and on.

    After every read, soundfile seeks to where it is already, in a file that allows it. The decoder of MP3 starts anew
    there, so that samples would depend on the size of the reads (by up to 0.01 of full scale), and so would what is
    left of a damaged Ogg file. Read without that, no format's samples do.
    """

    def seekable(self) -> bool:
        """Say that it is not to be sought, though `seek` works."""
        return False


@contextmanager
def decoding(file: BinaryIO, view: View | None = None, raw: dict[str, int | str] | None = None) -> Iterator[Sound]:
    """Decode an open file, or what `view` shows of it; `raw` says how samples without a header are coded.

    The file stays open, and where it was. Nothing else may read it meanwhile.

    Raises
    ------
    soundfile.SoundFileError, TypeError
        Where it is not audio.
    """
    descriptor = _descriptor(file) if view is None else None
    if descriptor is None:
        view = view or View(0, file.seek(0, io.SEEK_END))
        with closing(ViewFile(file, view)) as shown, Sound(shown, **(raw or {})) as sound:
            yield sound
        return
    position = os.lseek(descriptor, 0, os.SEEK_CUR)  # which `file` believes it to have
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        with Sound(descriptor, closefd=False) as sound:
            yield sound
    finally:
        os.lseek(descriptor, position, os.SEEK_SET)


def _descriptor(file: BinaryIO) -> int | None:
    """Give the descriptor that libsndfile can read by itself, which is faster; None where a file has none."""
    try:
        return file.fileno()
    except OSError:
        return None


def reason(error: Exception) -> str:
    """Give libsndfile's reason for an error in a few words."""
    text = getattr(error, "error_string", "") or str(error)
    return text.removeprefix("Error : ").strip().rstrip(".").lower() or "unknown"
