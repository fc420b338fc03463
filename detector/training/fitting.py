"""Check that a recipe fits clips or a model; list the keys that differ, with both values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detector.clips import ClipStore
from detector.errors import ClipsError
from detector.recipe import Recipe

SHOWN = 3
"""Most keys that a message lists."""


def fitting(recipe: Recipe | None, store: ClipStore) -> Recipe:
    """Check that a recipe fits clips, and return it with the labels of the clips.

    Without a recipe, return the recipe of the clips.

    Raises
    ------
    ClipsError
        If it does not fit; the message names the keys that differ, and both values.
    """
    made = store.recipe
    if recipe is None:
        return made
    if recipe.input_fingerprint() != made.input_fingerprint():
        differing = differences(made, recipe, {"audio", "window", "frontend"}, ("the clips", "the recipe"))
        raise ClipsError(
            f"{store.folder}: was made with another front end: {differing}. Extract again with this recipe"
        )
    if recipe.labels.names not in ((), made.labels.names):
        raise ClipsError(
            f"{store.folder}: has the labels {list(made.labels.names)}, but the recipe has {list(recipe.labels.names)}"
        )
    if recipe.network.dense.per != made.network.dense.per:
        raise ClipsError(
            f'{store.folder}: was cut for network.dense.per = "{made.network.dense.per}", '
            f'not for "{recipe.network.dense.per}". Extract again with this recipe'
        )
    margin_s = store.margin / made.frame_rate
    if recipe.training.jitter > margin_s + 1 / made.frame_rate:
        raise ClipsError(
            f"{store.folder}: clips have {margin_s:.3f} s of sound before and after their windows, but "
            f"training.jitter = {recipe.training.jitter} needs more. Extract again with this recipe"
        )
    return recipe.with_labels(made.labels.names)


def differences(first: Recipe, second: Recipe, include: Any, places: tuple[str, str]) -> str:
    """List the keys that differ between two recipes, with both values; empty if none differs.

    The first `SHOWN` keys are listed, the others are counted.

    Parameters
    ----------
    include : set or mapping
        What to compare, as pydantic's `model_dump` takes it.
    places : (str, str)
        Names of the two recipes in the message.
    """
    values = dict(_flat(first.model_dump(include=include)))
    others = dict(_flat(second.model_dump(include=include)))
    differing = (key for key in {*values, *others} if values.get(key) != others.get(key))
    keys = sorted(differing, key=lambda key: (not key.endswith(".kind"), key))  # another kind has other keys
    lines = [f"{key} = {values.get(key)!r} in {places[0]}, {others.get(key)!r} in {places[1]}" for key in keys[:SHOWN]]
    return "; ".join(lines) + (f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else "")


def _flat(content: dict[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """List the values of nested tables and of lists of tables by their dotted paths."""
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{within}{key}.")
        elif isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            yield from _flat({str(n): table for n, table in enumerate(value)}, f"{within}{key}.")
        else:
            yield within + key, value
