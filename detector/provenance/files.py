"""Read and write `provenance.toml`; write README.md with it."""

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
    """Read the provenance of a model; for a model made before 0.2.0, from its README.md.

    A scan does not need it and does not read it.

    Raises
    ------
    ModelError
        If the file cannot be read, or a value in it is not allowed.
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
    """Return the texts of `provenance.toml` and README.md, by file name."""
    import tomli_w

    content = provenance.model_dump(exclude_defaults=True)
    return {
        PROVENANCE_FILE: tomli_w.dumps(content, multiline_strings=True),
        CARD_FILE: render_card(provenance, recipe),
    }


def write_provenance(folder: Path, provenance: Provenance, recipe: Recipe) -> None:
    """Write both files into a new model folder."""
    for name, text in provenance_files(provenance, recipe).items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
