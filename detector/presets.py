"""Find the recipes and models that ship with the package, in a wheel or in a checkout."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from detector.errors import ConfigurationError
from detector.recipe import Recipe, read_recipe

RECIPE_FILE = "recipe.toml"
WEIGHTS_FILE = "weights.safetensors"
DEFAULT_MODEL = "call-activity"


def shipped_folder() -> Path:
    """Find the folder of shipped models: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "models"
    return installed if installed.is_dir() else package.parent / "models"


def list_presets() -> dict[str, Path]:
    """Return the shipped folders that hold a recipe, by name."""
    return {path.parent.name: path.parent for path in sorted(shipped_folder().glob(f"*/{RECIPE_FILE}"))}


def describe_preset(folder: Path) -> str:
    """Return the comment in the first line of a shipped recipe, which says what it is for."""
    with (folder / RECIPE_FILE).open(encoding="utf-8") as file:
        first = next(file, "")
    return first.removeprefix("#").strip() if first.startswith("#") else ""


def find_folder(name: str) -> Path:
    """Find a model folder by path, or a shipped one by name; raise `ConfigurationError` if neither exists."""
    if Path(name).is_dir():
        return Path(name)
    presets = list_presets()
    if name in presets:
        return presets[name]
    alike = get_close_matches(Path(name).name.casefold(), presets, n=1)
    raise ConfigurationError(
        f"{name}: neither a folder nor one of the shipped models: {', '.join(presets)}"
        + "".join(f"; did you mean {preset}?" for preset in alike)
    )


def model_folder(name: str | None) -> Path:
    """Find a model folder as `find_folder` does; None is the default model."""
    return shipped_folder() / DEFAULT_MODEL if name is None else find_folder(name)


def find_recipe(name: str) -> Recipe:
    """Read a recipe from a TOML file, from a model folder, or from a shipped folder by its name."""
    path = Path(name)
    if path.is_file():
        return read_recipe(path)
    if not path.exists() and path.suffix == ".toml":
        raise ConfigurationError(f"{name}: no such file")
    return read_recipe(find_folder(name) / RECIPE_FILE, stored=True)
