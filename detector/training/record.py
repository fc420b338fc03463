"""The training section of a model's provenance: clips, figures, and the model that training began from."""

from __future__ import annotations

import importlib.metadata
import math
from collections.abc import Iterator
from pathlib import Path

import torch

from detector.clips import SPLITS, ClipStore
from detector.provenance import LabelFigures, Origin, SplitRecord, TrainingRecord, Versions, today
from detector.training.figures import TrainFigures
from detector.training.precision import Precision

DECIMALS = 6


def training_record(
    store: ClipStore, figures: dict[str, TrainFigures], seed: int, precision: Precision, origin: tuple[Origin, ...] = ()
) -> TrainingRecord:
    """Make the record of a training run.

    Parameters
    ----------
    figures : dict of str to TrainFigures
        Figures of the splits validation and test.
    origin : tuple of Origin
        The model that training began from, then the one that that model began from, and so on.
    """
    return TrainingRecord(
        date=today(),
        recipe=store.recipe.fingerprint(),
        seed=seed,
        precision=precision,
        versions=Versions(detector=importlib.metadata.version("detector"), torch=str(torch.__version__)),
        split=tuple(_split(store, split, figures.get(split)) for split in SPLITS),
        origin=origin,
    )


def recordings_from(store: ClipStore) -> tuple[str, ...]:
    """List the folders of the recordings that clips come from, by their last names, as in `meadow/`."""
    return tuple(sorted({f"{Path(name).parent.name}/" for name in store.index["recording"]}))


def _split(store: ClipStore, split: str, figures: TrainFigures | None) -> SplitRecord:
    rows = store.index[store.index["split"] == split]
    accuracy = None if figures is None or figures.accuracy is None else round(figures.accuracy, DECIMALS)
    return SplitRecord(
        name=split,
        recordings=rows["recording"].nunique(),
        groups=rows["group"].nunique(),
        clips=len(rows),
        with_calls=int((rows["kind"] == "call").sum()),
        accuracy=accuracy,
        label=() if figures is None else tuple(_labels(figures)),
    )


def _labels(figures: TrainFigures) -> Iterator[LabelFigures]:
    for label, average_precision in figures.average_precision.items():
        if not math.isfinite(average_precision):
            continue  # without validation clips, training goes on when weights become nan
        yield LabelFigures(
            name=label,
            average_precision=round(average_precision, DECIMALS),
            f1=round(figures.f1[label], DECIMALS),
            threshold=round(figures.threshold[label], DECIMALS),
        )
