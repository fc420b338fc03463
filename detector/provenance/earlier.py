"""Read the README.md of a model made before 0.2.0, which has no provenance.toml.

Its whole text is kept (`Provenance.earlier_card`). Two of its lines are parsed, so that the licence and data of a model
are passed to models that begin from it. No other module reads a README.md.
"""

from __future__ import annotations

import re
from pathlib import Path

from detector.errors import ModelError, one_line
from detector.provenance.card import CARD_FILE
from detector.provenance.definition import Provenance
from detector.texts import CARD_BYTES, read_text

LICENCE = re.compile(r"^- licence of the weights: (.+)$", re.MULTILINE)
RECORDINGS = re.compile(r"^Recordings come from: (.+?)\.?$", re.MULTILINE)
FOLDER = re.compile(r"`([^`]+)`")


def earlier_provenance(folder: Path) -> Provenance:
    """Make the provenance of a model made before 0.2.0 from its README.md.

    Raises
    ------
    ModelError
        If README.md cannot be read, or is too large.
    """
    card = _read_card(folder / CARD_FILE)
    licence = LICENCE.search(card)
    recordings = RECORDINGS.search(card)
    return Provenance(
        name=folder.absolute().name,
        licence="not stated" if licence is None else licence[1],
        recordings_from=() if recordings is None else tuple(FOLDER.findall(recordings[1])) or (recordings[1],),
        earlier_card=card,
    )


def _read_card(path: Path) -> str:
    """Read a card, even if it is not valid UTF-8; empty if there is none."""
    try:
        return read_text(path, CARD_BYTES, errors="replace") if path.is_file() else ""
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {one_line(error)}") from error
