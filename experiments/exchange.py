"""Other recordings for testing: those that had only trained while recipes were chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def exchanged(splits: Mapping[str, str]) -> dict[str, str]:
    """Test on every fourth of the recordings that train, by name, and train on those for testing in their place."""
    return _swapped(splits, sorted(name for name, split in splits.items() if split == "train")[::4])


def swapped(splits: Mapping[str, str]) -> dict[str, str]:
    """Test on all recordings that train, and train on those for testing."""
    return _swapped(splits, [name for name, split in splits.items() if split == "train"])


def _swapped(splits: Mapping[str, str], tests: Sequence[str]) -> dict[str, str]:
    trains = (name for name, split in splits.items() if split == "test")
    return {**splits, **dict.fromkeys(trains, "train"), **dict.fromkeys(tests, "test")}
