"""Open a recording with libsndfile for reading from its beginning to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import soundfile

from detector.audio.identity import Identity, open_ordinary
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
def opened(
    path: Path,
    view: View | None = None,
    raw: dict[str, int | str] | None = None,
    expected: Identity | None = None,
) -> Iterator[Sound]:
    """Open the recording at `path`, or what `view` shows of it; `raw` says how samples without a header are coded.

    Raises
    ------
    RecordingError
        Where it is no ordinary file, or not what is `expected`.
    soundfile.SoundFileError, TypeError
        Where it is not audio.
    """
    if view is not None:
        with closing(ViewFile(path, view, expected)) as file, Sound(file, **(raw or {})) as sound:
            yield sound
        return
    with open_ordinary(path, expected) as ordinary, Sound(ordinary.fileno(), closefd=False) as sound:
        yield sound


def reason(error: Exception) -> str:
    """Give libsndfile's reason for an error in a few words."""
    text = getattr(error, "error_string", "") or str(error)
    return text.removeprefix("Error : ").strip().rstrip(".").lower() or "unknown"
