"""A provenance that has every section."""

from __future__ import annotations

import datetime

import pytest

from detector.operating.points import Evidence, Tuned
from detector.provenance import (
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
)

DAY = datetime.date(2026, 11, 30)
AVN = DataSource(name="AVN", by="Therese Koch", licence="MIT", used_for="zebra finches as calls")
PICZAK = DataSource(name="ESC-10", by="Karol J. Piczak", licence="CC BY 3.0")
GRANDPARENT = Origin(name="rooster", fingerprint="cccccccccccc", licence="CC BY 3.0", data=(PICZAK,))
PARENT = Origin(
    name="finch",
    fingerprint="bbbbbbbbbbbb",
    frozen=2,
    licence="CC BY-SA 4.0",
    recordings_from=("aviary/",),
    earlier_card="# finch\n\nHeard in an aviary.",
)


@pytest.fixture
def whole() -> Provenance:
    figures = LabelFigures(name="owl", average_precision=0.9081, f1=0.827, threshold=0.596)
    evidence = Evidence(threshold=0.7, figure=0.9, low=0.6, high=0.98, target="p=0.9", borne_out=False)
    tuned = Tuned(target="p=0.9", recordings=3, hours=0.5, events=10, iou=0.3, hop_s=0.5, data="0123456789ab")
    return Provenance(
        name="my-owl",
        about="For *tests*.\n",
        licence="CC BY 4.0",
        recordings_from=("meadow/", "wood/"),
        data=(AVN,),
        training=TrainingRecord(
            date=DAY,
            recipe="aaaaaaaaaaaa",
            seed=7,
            precision="bfloat16",
            versions=Versions(detector="0.2.0", torch="2.13.0"),
            split=(
                SplitRecord(name="train", recordings=4, groups=3, clips=40, with_calls=12),
                SplitRecord(name="validation", recordings=2, groups=2, clips=20, with_calls=6, label=(figures,)),
                SplitRecord(name="test", recordings=1, groups=1, clips=10, with_calls=3, accuracy=0.75),
            ),
            origin=(PARENT, GRANDPARENT),
        ),
        mining=(
            MiningRecord(
                date=DAY,
                origin=Origin(name="first-owl", fingerprint="dddddddddddd"),
                training_recordings=4,
                validation_recordings=2,
                kept=1,
                round=(
                    Round(added=0, recordings=0, average_precision=0.5, f1=0.25),
                    Round(added=6, recordings=3, average_precision=0.6, f1=0.5),
                ),
            ),
        ),
        tuning=TuningRecord(
            date=DAY,
            chosen=tuned,
            label=(
                TunedLabel(name="owl", threshold=0.7, evidence=evidence),
                TunedLabel(name="frog", threshold=0.5),
            ),
        ),
    )
