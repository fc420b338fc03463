"""Recordings that count as annotated background, although no row of a call names them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from detector.labels import LabelRules
from detector.texts import many


def background_only(rows: Iterable[tuple[Path | None, str]], rules: LabelRules) -> set[Path]:
    """Return the recordings whose rows (recording, label) all have labels of sounds that are not calls."""
    is_background: dict[Path, bool] = {}
    for recording, label in rows:
        if recording is not None:
            is_background[recording] = is_background.get(recording, True) and rules.is_background(label)
    return {recording for recording, is_only in is_background.items() if is_only}


def background_note(n_by_split: int, n_by_rows: int) -> str:
    """Say how many recordings count as annotated background, and why."""
    return (
        f"{many(n_by_split + n_by_rows, 'recording')} count as annotated background: "
        f"{n_by_split:,} named only by the split table, {n_by_rows:,} only by background rows"
    )
