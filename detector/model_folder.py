"""The files of a model folder."""

from __future__ import annotations

from detector.operating.points import OPERATING_FILE
from detector.outputs import FolderKind
from detector.presets import RECIPE_FILE, WEIGHTS_FILE
from detector.provenance import CARD_FILE, PROVENANCE_FILE
from detector.weights import CHECKSUMS_FILE

LOG_FILE = "training.csv"  # loss and average precision of each epoch
CURVES_FILE = "curves.png"  # a picture of training.csv
LEARNING_CURVE_FILE = "learning-curve.csv"  # figures of models trained on parts of the calls
LEARNING_PICTURE_FILE = "learning-curve.png"  # a picture of learning-curve.csv

MODEL_FOLDER = FolderKind(
    "a model folder",
    (
        RECIPE_FILE,
        WEIGHTS_FILE,
        CHECKSUMS_FILE,
        OPERATING_FILE,
        PROVENANCE_FILE,
        CARD_FILE,
        LOG_FILE,
        CURVES_FILE,
        LEARNING_CURVE_FILE,
        LEARNING_PICTURE_FILE,
    ),
)
"""A scan reads the first four. provenance.toml says where the model comes from; README.md is rendered from it."""
