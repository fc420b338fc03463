"""Read recipes from TOML, and tell all that is wrong with them at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from detector.errors import ConfigurationError, fault_lines, one_line
from detector.recipe.definition import Recipe
from detector.texts import RECIPE_BYTES, parse_toml, read_text

GONE = ("averaging", "background", "background_snr", "shift")  # keys of [training] that earlier versions had


def parse_recipe(text: str, source: str, *, stored: bool = False) -> Recipe:
    """Read a recipe from TOML.

    Parameters
    ----------
    stored : bool
        Whether it was stored with a model or with clips: the keys `GONE`, which an earlier version wrote into each of
        them, are left out then.

    Raises
    ------
    ConfigurationError
        With every fault on a line of its own: `source`, the dotted path, the value and what is allowed.
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
    """Find what the other sections ask of each other, where some are at fault by themselves."""
    faulty = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    sound = {"network": {"stage": [{"filters": 1}]}} | {key: content[key] for key in content if key not in faulty}
    try:
        Recipe.model_validate(sound)
    except ValidationError as other:
        return [line for line in fault_lines(other) if not any(f"{name}." in line for name in faulty)]
    return []


def read_recipe(path: Path, *, stored: bool = False) -> Recipe:
    """Read a recipe from a TOML file, as `parse_recipe`; raise `ConfigurationError` where it cannot be read, too."""
    try:
        text = read_text(path, RECIPE_BYTES)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {one_line(error)}") from error
    return parse_recipe(text, str(path), stored=stored)
