"""Read and write `provenance.toml`, and README.md with it."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from detector.errors import ModelError, fault_lines, one_line
from detector.provenance.card import CARD_FILE, render_card
from detector.provenance.definition import Provenance
from detector.provenance.earlier import earlier_provenance
from detector.recipe import Recipe
from detector.texts import PROVENANCE_BYTES, parse_toml, read_text

PROVENANCE_FILE = "provenance.toml"


def read_provenance(folder: Path) -> Provenance:
    """Read where a model comes from; of one made before 0.2.0, what its README.md says.

    A scan does not need this, so it does not read it.

    Raises
    ------
    ModelError
        If the file cannot be read, or a value in it is not allowed: the file, the key, the value, what is allowed.
    """
    path = folder / PROVENANCE_FILE
    if not os.path.lexists(path):
        return earlier_provenance(folder)
    try:
        return Provenance.model_validate(parse_toml(read_text(path, PROVENANCE_BYTES)))
    except ValidationError as error:
        raise ModelError(f"{path}: {'; '.join(fault_lines(error))}") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {one_line(error)}") from error


def provenance_files(provenance: Provenance, recipe: Recipe) -> dict[str, str]:
    """Return the text of `provenance.toml` and of the README.md rendered from it, by the names of the files."""
    import tomli_w

    content = provenance.model_dump(exclude_defaults=True)
    return {
        PROVENANCE_FILE: tomli_w.dumps(content, multiline_strings=True),
        CARD_FILE: render_card(provenance, recipe),
    }


def write_provenance(folder: Path, provenance: Provenance, recipe: Recipe) -> None:
    """Write both files into a model folder that is being made."""
    for name, text in provenance_files(provenance, recipe).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
