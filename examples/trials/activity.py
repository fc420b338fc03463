"""Animal or not, for animals that training never heard: one species left out at a time.

Training soundscapes are those of `call_activity.py`, without the recordings of one species; what is scored are those of
`hard_soundscapes.py`, whose table tells the species of each call. Both share recordings out among the splits alike.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
from call_activity import make, read_sources
from hard.scenes import PARTS, scenes, write_set
from numpy.typing import NDArray
from scipy.stats import rankdata

from detector.evaluation.figures import Estimate
from trials.files import alone, remade
from trials.trial import SCORES, Ask, Bench, Figures, Trial, Words, rows, write_annotations, write_splits

SPECIES = ("dog", "rooster", "finch", "boobook")
NOTHING = "nothing"  # is left out: the part of a model that heard all four
HOURS, SEED = 1.5, 1  # as in call-activity.sh
MINUTES = 60  # of what is scored

Scores = NDArray[np.float64]


def trials(ask: Ask) -> list[Trial]:
    """Leave each species out in turn, and none."""
    scored = scored_set(ask)
    recordings = tuple(scored / row["recording"] for row in rows(scored / "recordings.csv"))
    licence = "CC BY-SA 4.0, as some of the recordings"
    return [
        Trial(part, learnt(ask, part) if ask.learns else (), recordings, ("--scores", SCORES), licence)
        for part in ((*SPECIES, NOTHING) if ask.learns else (NOTHING,))
        if ask.wants(part)
    ]


def learnt(ask: Ask, part: str) -> Words:
    """Learn from soundscapes that lack a species; what is made of test recordings stays out."""
    made = training_set(ask, part)
    splits = {row["recording"]: row["split"] for row in rows(made / "splits.csv") if row["split"] != "test"}
    spans = [
        (row["recording"], float(row["start_s"]), float(row["end_s"]), row["label"])
        for row in rows(made / "annotations.csv")
        if row["recording"] in splits
    ]
    annotations = write_annotations(ask.tables / part / "annotations.csv", spans)
    table = write_splits(ask.tables / part / "splits.csv", splits)
    words = (annotations, made, "--fully-annotated", "--background", made / "background")
    return (*words, "--split", table, "--negatives", 100)


def training_set(ask: Ask, left_out: str) -> Path:
    """Make soundscapes of training and validation recordings, none of them of one species."""
    folder = ask.tables.parent / f"without-{left_out}"
    with alone(folder.parent, folder.name), remade(folder) as partial:
        if partial is not None:
            own = [source for source in read_sources(ask.data) if source.kind != left_out]
            make(ask.data, own, partial, HOURS, SEED)
    return folder


def scored_set(ask: Ask) -> Path:
    """Make the soundscapes that are scored, with calls of all species; give the folder that holds their tables."""
    split = "validation" if ask.development else "test"
    folder = ask.tables.parent / f"scored-{split}"
    with alone(folder.parent, folder.name), remade(folder) as partial:
        if partial is not None:
            write_set(partial, scenes(ask.data, {split: MINUTES}, 0))
    return folder / PARTS[split]


def measure(ask: Ask, part: str, scan: Path) -> Figures:
    """AUROC of the species that was left out; where none was, of each."""
    calls: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows(scored_set(ask) / "calls.csv"):
        calls[Path(row["recording"]).name].append(row)
    within: defaultdict[str, list[float]] = defaultdict(list)  # scores of columns in calls of a species, "" for in none
    for row in rows(scan / SCORES):
        middle = (float(row["start_s"]) + float(row["end_s"])) / 2
        heard = {
            call["label"]
            for call in calls[Path(row["recording"]).name]
            if float(call["start_s"]) <= middle < float(call["end_s"])
        }
        for species in heard or {""}:
            within[species].append(float(row["call"]))
    told = SPECIES if part == NOTHING else (part,)
    kind = "heard" if part == NOTHING else "never heard"
    silence = np.array(within[""])
    return {f"AUROC of {name}, {kind}": Estimate(auroc(np.array(within[name]), silence)) for name in told}


def auroc(positive: Scores, negative: Scores) -> float | None:
    """Tell how often a positive outscores a negative, equal scores counting half (Mann and Whitney 1947)."""
    if not (len(positive) and len(negative)):
        return None
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float((ranks.sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative)))


SHOWN = tuple(f"AUROC of {name}, {kind}" for kind in ("never heard", "heard") for name in SPECIES)
HEARD = SHOWN[len(SPECIES) :]
CALL_ACTIVITY = Bench("call-activity", "call-activity", (0,), SHOWN, trials, measure, (*SPECIES, NOTHING), judged=HEARD)
