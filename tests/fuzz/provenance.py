"""Provenance: what is none is refused with the program's own error; what is taken is rendered, and read again."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path

from detector.errors import DetectorError
from detector.presets import DEFAULT_MODEL, shipped_folder
from detector.provenance import PROVENANCE_FILE, read_provenance, write_provenance
from detector.recipe import read_recipe
from tests.fuzz import recipes
from tests.fuzz.target import Target

SHIPPED = shipped_folder() / DEFAULT_MODEL
REST = b"""
[[mining]]
date = 2026-11-30
training_recordings = 4
validation_recordings = 2
kept = 0
origin = { name = "first", fingerprint = "0123456789ab", frozen = "all", earlier_card = "# first" }
round = [{ added = 0, recordings = 0, average_precision = 0.5, f1 = 0.5 }]
[tuning]
date = 2026-11-30
chosen = { target = "p=0.9", recordings = 3, hours = 0.5, events = 10, iou = 0.3, hop_s = 0.5, data = "0123456789ab" }
[[tuning.label]]
name = "call"
threshold = 0.7
evidence = { threshold = 0.7, figure = 0.9, low = 0.6, high = 0.98, target = "p=0.9", borne_out = false }
"""


@cache
def seeds() -> tuple[bytes, ...]:
    """Give the provenance of the shipped model, and one with every section."""
    shipped = (SHIPPED / PROVENANCE_FILE).read_bytes()
    return shipped, shipped + REST


def run(data: bytes, folder: Path) -> None:
    """Read a spoilt provenance.toml; what is taken must be rendered, and read again as the same."""
    (folder / PROVENANCE_FILE).write_bytes(data)
    with suppress(DetectorError):
        provenance = read_provenance(folder)
        write_provenance(folder, provenance, read_recipe(SHIPPED / "recipe.toml", stored=True))
        try:
            again = read_provenance(folder)
        except DetectorError as error:
            raise AssertionError(f"its own text is refused: {error}") from error
        assert again == provenance, "its own text is another provenance"


TARGET = Target("provenance", seeds, run, recipes.mutate)
