"""Whether a recipe fits clips or a model: which keys differ, and both of their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detector.clips import ClipStore
from detector.errors import ClipsError
from detector.recipe import Recipe

SHOWN = 3
"""How many keys that differ are told one by one."""


def fitting(recipe: Recipe | None, store: ClipStore) -> Recipe:
    """Check that a recipe fits clips; give it, with the labels of the clips where it names none.

    Raises
    ------
    ClipsError
        Naming keys that differ, and both values of each, as `differences` does.
    """
    made = store.recipe
    if recipe is None:
        return made
    if recipe.input_fingerprint() != made.input_fingerprint():
        told = differences(made, recipe, {"audio", "window", "frontend"}, ("the clips", "the recipe"))
        raise ClipsError(f"{store.folder}: was made with another front end: {told}. Extract again with this recipe")
    if recipe.labels.names not in ((), made.labels.names):
        raise ClipsError(
            f"{store.folder}: holds the labels {list(made.labels.names)}, the recipe names {list(recipe.labels.names)}"
        )
    if recipe.network.dense.per != made.network.dense.per:
        raise ClipsError(
            f'{store.folder}: was cut for network.dense.per = "{made.network.dense.per}", '
            f'not for "{recipe.network.dense.per}". Extract again with this recipe'
        )
    stored = store.margin / made.frame_rate
    if recipe.training.jitter > stored + 1 / made.frame_rate:
        raise ClipsError(
            f"{store.folder}: clips have {stored:.3f} s before and after their windows; training.jitter = "
            f"{recipe.training.jitter} needs more. Extract again with this recipe"
        )
    return recipe.with_labels(made.labels.names)


def differences(one: Recipe, other: Recipe, include: Any, places: tuple[str, str]) -> str:
    """Say of the first keys that differ between two recipes what they are in either place, and how many others do.

    Empty where none differs.

    Parameters
    ----------
    include : set or mapping
        What to compare, as pydantic's `model_dump` takes it.
    places : (str, str)
        What to call the two.
    """
    ours, theirs = (dict(_flat(recipe.model_dump(include=include))) for recipe in (one, other))
    found = (key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
    keys = sorted(found, key=lambda key: (not key.endswith(".kind"), key))  # another kind has other keys
    told = [f"{key} = {ours.get(key)!r} in {places[0]}, {theirs.get(key)!r} in {places[1]}" for key in keys[:SHOWN]]
    return "; ".join(told) + (f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else "")


def _flat(content: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """List the values of nested tables and of lists of tables by their dotted paths."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{key}.")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            yield from _flat({str(n): table for n, table in enumerate(value)}, f"{within}{key}.")
        else:
            yield within + key, value
