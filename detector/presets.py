"""The recipes and models that ship with the package, in a wheel and in a checkout."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from detector.errors import ConfigurationError
from detector.recipe import Recipe, read_recipe

RECIPE_FILE = "recipe.toml"
WEIGHTS_FILE = "weights.safetensors"
DEFAULT_MODEL = "call-activity"


def shipped_folder() -> Path:
    """Return the folder of shipped models: inside an installed package, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "models"
    return installed if installed.is_dir() else package.parent / "models"


def list_presets() -> dict[str, Path]:
    """List the folders of shipped recipes and models, by name."""
    return {path.parent.name: path.parent for path in sorted(shipped_folder().glob(f"*/{RECIPE_FILE}"))}


def describe_preset(folder: Path) -> str:
    """Return the comment in the first line of a shipped recipe, which says what it is for."""
    with (folder / RECIPE_FILE).open(encoding="utf-8") as file:
        first_line = next(file, "")
    return first_line.removeprefix("#").strip() if first_line.startswith("#") else ""


def find_folder(name: str) -> Path:
    """Return the folder with the path `name`, or else the shipped one with this name.

    Raises
    ------
    ConfigurationError
        Where there is neither.
    """
    if Path(name).is_dir():
        return Path(name)
    presets = list_presets()
    if name in presets:
        return presets[name]
    similar = get_close_matches(Path(name).name.casefold(), presets, n=1)
    raise ConfigurationError(
        f"{name}: neither a folder nor one of the shipped models: {', '.join(presets)}"
        + "".join(f"; did you mean {preset}?" for preset in similar)
    )


def find_recipe(name: str) -> Recipe:
    """Read the recipe of a TOML file, of a model folder, or of the shipped recipe with this name.

    Raises
    ------
    ConfigurationError
        Where there is none, or where it cannot be read.
    """
    path = Path(name)
    if path.is_file():
        return read_recipe(path)
    if not path.exists() and path.suffix == ".toml":
        raise ConfigurationError(f"{name}: no such file")
    return read_recipe(find_folder(name) / RECIPE_FILE, stored=True)
