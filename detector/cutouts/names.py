"""Names of clips: they sort by label and score, every file system takes them, and no two are the same."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from detector.tables.detection import Detection

LONGEST_LABEL = 60
LONGEST_STEM = 120
"""Most bytes of a label and of a recording's name in the name of a clip; a file's name may have 255."""

ENDING = ".wav"
_FORBIDDEN = re.compile(r'[/\\:*?"<>|]')
_EDGES = ". -"  # a leading dot hides a file, a leading dash makes it an option, and Windows drops dots and blanks


def safe(text: str, most_bytes: int) -> str:
    """Return a text as a part of a file name, with "_" for what file systems or terminals do not take.

    Parameters
    ----------
    text : str
        Any text.
    most_bytes : int
        Most bytes of the result, in UTF-8.
    """
    shown = "".join(sign if sign.isprintable() else "_" for sign in unicodedata.normalize("NFC", text))
    cut = _FORBIDDEN.sub("_", shown).strip(_EDGES).encode()[:most_bytes].decode("utf-8", "ignore")
    return cut.rstrip(_EDGES) or "_"


class ClipNames:
    """Give names to clips, such as `call_0.9876_SITE1_20210315_142233_12.345.wav`: label, score, recording, onset in s.

    Clips that would have one name, such as those of two channels, get numbers: `..._12.345-2.wav`.
    """

    def __init__(self) -> None:
        self._n_of: dict[str, int] = {}

    def next(self, detection: Detection) -> str:
        """Return a name that no clip has yet, even where capitals do not count."""
        event = detection.event
        score = [] if event.score is None else [f"{event.score:.4f}"]
        stem = PurePosixPath(detection.recording).stem
        parts = (safe(event.label, LONGEST_LABEL), *score, safe(stem, LONGEST_STEM), f"{event.start_s:.3f}")
        name = "_".join(parts)
        key = name.casefold()
        n = self._n_of.get(key, 0) + 1
        self._n_of[key] = n
        return f"{name}{ENDING}" if n == 1 else f"{name}-{n}{ENDING}"
