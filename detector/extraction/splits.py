"""Split recordings into training, validation and test: by group at random, or by a table; never clip by clip."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from detector.clips import SPLITS
from detector.evaluation.background import background_note, background_only
from detector.extraction.sources import Source
from detector.labels import LabelRules
from detector.tables.splits import read_splits
from detector.tables.table import AnnotationSet


def split_by_group(sources: Sequence[Source], fractions: tuple[float, float, float], seed: int) -> None:
    """Draw a split for each group. Groups with and without calls are drawn separately, so each split gets both."""
    with_calls: dict[str, bool] = defaultdict(bool)
    for source in sources:
        with_calls[source.group] |= bool(source.calls)
    chosen: dict[str, str] = {}
    for has_calls in (True, False):
        names = sorted(name for name, calls in with_calls.items() if calls == has_calls)
        random.Random(f"{seed} {has_calls}").shuffle(names)
        chosen.update(zip(names, _shares(len(names), fractions), strict=True))
    for source in sources:
        source.split = chosen[source.group]


def _shares(n: int, fractions: tuple[float, float, float]) -> list[str]:
    """Return the splits of n groups. A split with a fraction above 0 gets at least one, as far as there are enough."""
    counts = [round(n * fraction) for fraction in fractions]
    for split, fraction in enumerate(fractions):
        if fraction > 0 and counts[split] == 0:
            counts[split] = 1
    order = (0, 1, 2)
    while sum(counts) > n:
        largest = max(order, key=lambda split: (counts[split], split))
        counts[largest] -= 1
    counts[fractions.index(max(fractions))] += n - sum(counts)
    return [name for name, count in zip(SPLITS, counts) for _ in range(count)]


def split_by_table(sources: Sequence[Source], table: Path) -> list[str]:
    """Set the split of each recording from a table. A recording that is not in the table gets no split.

    Returns
    -------
    list of str
        A note if recordings have no split.

    Raises
    ------
    ParameterError
        If the table cannot be used; see `read_splits`.
    """
    splits = read_splits(table)
    missing = []
    for source in sources:
        split = splits.split_of(source.path)
        if split is None:
            missing.append(source.path.as_posix())
        else:
            source.split = split
    if not missing:
        return []
    return [f"{table}: gives no single split for {len(missing)} recordings; left out, for example {missing[0]}"]


def listed_background(
    recordings: Sequence[Path], tables: AnnotationSet, rules: LabelRules, split: Path | None
) -> tuple[list[Path], str]:
    """Return the recordings that only a split table, or only background rows, name, and a line that counts them.

    Recordings with rows that cannot be used are not among them, because these rows may be about calls.
    """
    by_rows = background_only(((row.recording, row.event.label) for row in tables.annotations), rules)
    by_rows -= set(tables.doubtful)
    by_split: list[Path] = []
    if split is not None:
        splits = read_splits(split)
        by_split = [path for path in recordings if splits.split_of(path) and path not in tables.recordings]
    return [*by_split, *sorted(by_rows)], background_note(len(by_split), len(by_rows))


def shared_groups(sources: Sequence[Source]) -> list[str]:
    """Warn of each group with recordings in two splits."""
    splits: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        if source.split:
            splits[source.group].add(source.split)
    return [
        f"{group}: has recordings in the splits {' and '.join(sorted(names))}; figures on them are not independent"
        for group, names in sorted(splits.items())
        if len(names) > 1
    ]
