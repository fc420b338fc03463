"""The origin of a model: `provenance.toml` in its folder, and README.md, which is rendered from it.

Training, tuning and mining each write a typed section. No code edits the text of a README.md.
"""

from detector.provenance.about import About, read_about
from detector.provenance.card import CARD_FILE, rounds_table
from detector.provenance.definition import (
    DataSource,
    LabelFigures,
    MiningRecord,
    Origin,
    Provenance,
    Round,
    SplitRecord,
    TrainingRecord,
    TunedLabel,
    TuningRecord,
    Versions,
    today,
)
from detector.provenance.files import PROVENANCE_FILE, provenance_files, read_provenance, write_provenance

__all__ = [
    "CARD_FILE",
    "PROVENANCE_FILE",
    "About",
    "DataSource",
    "LabelFigures",
    "MiningRecord",
    "Origin",
    "Provenance",
    "Round",
    "SplitRecord",
    "TrainingRecord",
    "TunedLabel",
    "TuningRecord",
    "Versions",
    "provenance_files",
    "read_about",
    "read_provenance",
    "rounds_table",
    "today",
    "write_provenance",
]
