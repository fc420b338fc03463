"""Read recipes from TOML, and report all their faults at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from detector.errors import ConfigurationError, fault_lines, one_line
from detector.recipe.definition import Recipe
from detector.texts import RECIPE_BYTES, parse_toml, read_text

GONE = ("averaging", "background", "background_snr", "shift")
"""Keys of [training] that earlier versions of the program had."""


def parse_recipe(text: str, source: str, *, stored: bool = False) -> Recipe:
    """Read a recipe from TOML.

    Parameters
    ----------
    text : str
        The TOML.
    source : str
        Its source, for messages: for example the path of the file.
    stored : bool
        Whether `detector` stored it with a model or with clips. Such a recipe may have the keys `GONE`;
        they are ignored.

    Raises
    ------
    ConfigurationError
        With one line for each fault: `source`, the dotted key, the value and what is allowed.
    """
    try:
        content = parse_toml(text)
        if stored and isinstance(training := content.get("training"), dict):
            content["training"] = {key: training[key] for key in training if key not in GONE}
        return Recipe.model_validate(content)
    except ValidationError as error:
        lines = dict.fromkeys([*fault_lines(error), *_faults_between(content, error)])
        raise ConfigurationError(*(f"{source}: {line}" for line in lines)) from error
    except ValueError as error:
        raise ConfigurationError(f"{source}: not TOML: {one_line(error)}") from error


def _faults_between(content: dict[str, Any], error: ValidationError) -> list[str]:
    """List the faults between the sections that are valid by themselves, in a recipe with other sections that are not.

    The faulty sections are replaced by defaults. Faults that name a key of a faulty section are left out.
    """
    faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    valid = {key: content[key] for key in content if key not in faulty}
    try:
        Recipe.model_validate({"network": {"stage": [{"filters": 1}]}} | valid)
    except ValidationError as error_between:
        return [line for line in fault_lines(error_between) if not any(f"{name}." in line for name in faulty)]
    return []


def read_recipe(path: Path, *, stored: bool = False) -> Recipe:
    """Read a recipe from a TOML file; `stored` as in `parse_recipe`.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, and as in `parse_recipe`.
    """
    try:
        text = read_text(path, RECIPE_BYTES)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {one_line(error)}") from error
    return parse_recipe(text, str(path), stored=stored)
