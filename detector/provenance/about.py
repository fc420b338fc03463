"""What a person says of a model that is to be trained: what it is for, and the sources and licences of its data."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from detector.errors import ConfigurationError, fault_lines, one_line
from detector.provenance.definition import DataSource, Text
from detector.recipe import Frozen
from detector.texts import CARD_BYTES, parse_toml, read_text


class About(Frozen):
    """What a model is for (Markdown), and what it is trained on."""

    about: Text = ""
    data: tuple[DataSource, ...] = ()


def read_about(path: Path) -> About:
    """Read Markdown, or a file `*.toml` with the keys `about` and `[[data]]`, as provenance.toml has them.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or a value in it is not allowed: the file, the key, the value, what is allowed.
    """
    try:
        text = read_text(path, CARD_BYTES)
        return About.model_validate(parse_toml(text)) if path.suffix == ".toml" else About(about=text)
    except ValidationError as error:
        raise ConfigurationError(*(f"{path}: {line}" for line in fault_lines(error))) from error
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {one_line(error)}") from error
