"""Decode an open recording, or a part of it, with libsndfile."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, BinaryIO

import soundfile

from detector.audio.view import View, ViewFile

_SYSTEM_ERROR = 2  # libsndfile's SF_ERR_SYSTEM: the operating system could not read the file


class Sound(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no type hints
    """A sound file whose samples do not depend on the size of the reads.

    In a seekable file, soundfile seeks to the current position after every read. This restarts the MP3 decoder and
    changes its samples by up to 0.01 of full scale. In a damaged Ogg file it changes which samples can be decoded.

    An error of the disk or of the network is raised as the `OSError` that it is. libsndfile alone reports it like an
    error in the bytes, or not at all.

    Parameters
    ----------
    source : ViewFile or int
        A file, or the descriptor of an open file. It stays open.
    raw : dict of str to int or str
        As for `decoding`.
    """

    def __init__(self, source: ViewFile | int, **raw: int | str) -> None:
        self._source = source
        try:
            super().__init__(source, closefd=False, **raw)
        except soundfile.SoundFileError:
            self._check_source()
            raise
        self._check_view()

    def read(self, *args: Any, **options: Any) -> Any:  # its type depends on the options
        """Decode the next samples, by the arguments of soundfile's `read`."""
        try:
            samples = super().read(*args, **options)
        except soundfile.LibsndfileError as error:
            self._check_source()
            if error.code == _SYSTEM_ERROR:  # the file can be read again by now, but samples are missing
                raise OSError(errno.EIO, os.strerror(errno.EIO)) from error
            raise
        self._check_view()
        return samples

    def seek(self, frames: int, whence: int = io.SEEK_SET) -> int:
        """Go to a sample; return its number."""
        try:
            sample: int = super().seek(frames, whence)
        except soundfile.SoundFileError:
            self._check_source()
            raise
        self._check_view()
        return sample

    def _check_source(self) -> None:
        """Raise `OSError` if the bytes at which libsndfile stopped cannot be read."""
        self._check_view()
        if isinstance(self._source, int):
            position = os.lseek(self._source, 0, os.SEEK_CUR)
            os.read(self._source, 1)
            os.lseek(self._source, position, os.SEEK_SET)

    def _check_view(self) -> None:
        """Raise the error that a view has kept."""
        if isinstance(self._source, ViewFile) and self._source.error is not None:
            raise self._source.error

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
    OSError
        If the disk or the network cannot read the file.
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
        with Sound(descriptor) as sound:
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
