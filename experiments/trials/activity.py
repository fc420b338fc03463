"""Animal or not, for animals that training never heard: one species left out at a time.

Training soundscapes are those of `call_activity.py`, without the recordings of one species; what is scored are those of
`hard_soundscapes.py`, whose table tells the species of each call. Both share recordings out among the splits alike.
Where no species is left out, made calls of any pitch and shape are scored as well, in those soundscapes of
`call_activity.py` in which no recorded animal calls; they are of the split that is scored.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
from call_activity import ESC10_BACKGROUNDS, make, read_sources
from hard.scenes import PARTS, scenes, write_set
from hard.sources import dealt
from numpy.typing import NDArray
from scipy.stats import rankdata

from detector.evaluation.figures import Figure
from trials.files import alone, remade
from trials.trial import SCORES, Ask, Bench, Figures, Trial, Words, rows, write_annotations, write_splits

SPECIES = ("dog", "rooster", "finch", "boobook")
MADE = "made"  # calls that no animal gave
NOTHING = "nothing"  # is left out: the part of a model that heard all four
SEED = 1
HOURS = 1.5  # a third of what call-activity.sh makes: each network learns from it five times
MINUTES = 60  # of what is scored
TURN = 3  # of ESC-10's folds, where recordings are exchanged: fold 2, which had only trained, tests

Scores = NDArray[np.float64]


def trials(ask: Ask) -> list[Trial]:
    """Leave each species out in turn, and none."""
    licence = "CC BY-SA 4.0, as some of the recordings"
    return [
        Trial(part, learnt(ask, part) if ask.learns else (), scored_on(ask, part), ("--scores", SCORES), licence)
        for part in ((*SPECIES, NOTHING) if ask.learns else (NOTHING,))
        if ask.wants(part)
    ]


def scored_on(ask: Ask, part: str) -> tuple[Path, ...]:
    """List the recordings that a part is scored on."""
    scored = scored_set(ask)
    recordings = tuple(scored / row["recording"] for row in rows(scored / "recordings.csv"))
    return recordings + made_calls(ask) if part == NOTHING else recordings


def made_calls(ask: Ask) -> tuple[Path, ...]:
    """List soundscapes of the split that is scored in which all calls are made."""
    folder = training_set(ask, NOTHING)
    meta = rows(ask.data / "esc10" / "meta.csv")
    backgrounds = {f"esc10/{row['file']}" for row in meta if row["class"] in ESC10_BACKGROUNDS}
    real = {row["recording"] for row in rows(folder / "sources.csv") if row["source"] not in backgrounds}
    calling = {row["recording"] for row in rows(folder / "annotations.csv")}
    split = {row["recording"]: row["split"] for row in rows(folder / "splits.csv")}
    return tuple(folder / name for name in sorted(calling - real) if split[name] == scored_split(ask))


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
            known = dealt(read_sources(ask.data), turn_of(ask), exchange=ask.exchanged)
            own = [source for source in known if source.kind != left_out]
            make(ask.data, own, partial, HOURS, SEED)
    return folder


def turn_of(ask: Ask) -> int:
    """Give the turn of ESC-10's folds."""
    return TURN if ask.exchanged else 0


def scored_split(ask: Ask) -> str:
    """Name the split that is scored."""
    return "validation" if ask.development else "test"


def scored_set(ask: Ask) -> Path:
    """Make the soundscapes that are scored, with calls of all species; give the folder that holds their tables."""
    split = scored_split(ask)
    folder = ask.tables.parent / f"scored-{split}"
    with alone(folder.parent, folder.name), remade(folder) as partial:
        if partial is not None:
            write_set(partial, scenes(ask.data, {split: MINUTES}, 0, turn=turn_of(ask), exchange=ask.exchanged))
    return folder / PARTS[split]


def measure(ask: Ask, part: str, scan: Path) -> Figures:
    """AUROC of the species left out; where none was, of each, and of made calls among soundscapes of their own."""
    made = {str(path) for path in made_calls(ask)} if part == NOTHING else set()
    calls = calls_of(ask, made)
    within: defaultdict[tuple[bool, str], list[float]] = defaultdict(list)  # by set and label, "" for in no call
    for row in rows(scan / SCORES):
        middle = (float(row["start_s"]) + float(row["end_s"])) / 2
        heard = {label for start_s, end_s, label in calls[row["recording"]] if start_s <= middle < end_s}
        for label in heard or {""}:
            within[row["recording"] in made, label].append(float(row["call"]))
    told = (*SPECIES, MADE) if part == NOTHING else (part,)
    kind = "heard" if part == NOTHING else "never heard"
    return {
        f"AUROC of {label}, {kind}": Figure(
            auroc(np.array(within[label == MADE, label]), np.array(within[label == MADE, ""]))
        )
        for label in told
    }


def calls_of(ask: Ask, made: set[str]) -> defaultdict[str, list[tuple[float, float, str]]]:
    """Read start, end (s) and label of the calls of each recording; where `made` ones are scored, of theirs, too."""
    calls: defaultdict[str, list[tuple[float, float, str]]] = defaultdict(list)
    scored = scored_set(ask)
    for row in rows(scored / "calls.csv"):
        calls[str(scored / row["recording"])].append((float(row["start_s"]), float(row["end_s"]), row["label"]))
    if made:
        folder = training_set(ask, NOTHING)
        for row in rows(folder / "annotations.csv"):
            calls[str(folder / row["recording"])].append((float(row["start_s"]), float(row["end_s"]), MADE))
    return calls


def exchanged_trials(ask: Ask) -> list[Trial]:
    """Train anew for, and test on, recordings that had only trained when the network was chosen."""
    return trials(ask.with_exchange("call-activity"))


def measure_exchanged(ask: Ask, part: str, scan: Path) -> Figures:
    """Tell the same figures."""
    return measure(replace(ask, exchanged=True), part, scan)


def auroc(positive: Scores, negative: Scores) -> float | None:
    """Tell how often a positive outscores a negative, equal scores counting half (Mann and Whitney 1947)."""
    if not (len(positive) and len(negative)):
        return None
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float((ranks.sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative)))


NEVER = tuple(f"AUROC of {name}, never heard" for name in SPECIES)
HEARD = tuple(f"AUROC of {name}, heard" for name in (*SPECIES, MADE))
CALL_ACTIVITY = Bench(
    "call-activity", "call-activity", (0,), NEVER + HEARD, trials, measure, (*SPECIES, NOTHING), judged=HEARD
)
ACTIVITY_EXCHANGED = replace(
    CALL_ACTIVITY, name="call-activity-exchanged", trials=exchanged_trials, measure=measure_exchanged
)
