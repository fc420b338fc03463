"""Models made before 0.2.0, which have no provenance.toml: what their README.md says of licence and data.

All of its text is kept (`Provenance.earlier_card`). Two of its lines are read, so that licence and data of a model go
on to the models that begin from it. No other module reads a README.md.
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
    """Read what is known of a model made before 0.2.0.

    Raises
    ------
    ModelError
        If its README.md cannot be read, or is larger than any card.
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
    """Read a card, whatever bytes it has; empty if there is none."""
    try:
        return read_text(path, CARD_BYTES, errors="replace") if path.is_file() else ""
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {one_line(error)}") from error
