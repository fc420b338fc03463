"""Read the description of a new model: its purpose, and the sources and licences of its data."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from detector.errors import ConfigurationError, fault_lines, one_line
from detector.provenance.definition import DataSource, Text
from detector.recipe import Frozen
from detector.texts import CARD_BYTES, parse_toml, read_text


class About(Frozen):
    """The purpose of a model (Markdown), and its training data."""

    about: Text = ""
    data: tuple[DataSource, ...] = ()


def read_about(path: Path) -> About:
    """Read a Markdown file, or a TOML file with the keys `about` and `[[data]]` of provenance.toml.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or a value in it is not allowed.
    """
    try:
        text = read_text(path, CARD_BYTES)
        return About.model_validate(parse_toml(text)) if path.suffix.casefold() == ".toml" else About(about=text)
    except ValidationError as error:
        raise ConfigurationError(*(f"{path}: {line}" for line in fault_lines(error))) from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {one_line(error)}") from error
