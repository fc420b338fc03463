"""Zebra finch: syllable or not; syllables by type; one type rare among many, or alone from 20 annotated calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from exchange import exchanged

from detector.evaluation.figures import Figure
from detector.labels import LabelRules
from trials.trial import Ask, Bench, Figures, Span, Trial, compared, rows, write_annotations, write_splits

FOLDER = "zebra-finch"
LICENCE = "MIT, as the recordings"
UNTYPED = "s"
NOISE = "n"
UNSURE = "unsure"
TYPES = ("a", "b", "c", "d", "e", "f", "g")
CALLS = 20
LEAST_SCORED = 5
RARE = 5  # annotated calls of a rare type
IOUS = (0.5, 0.8)


def splits_of(data: Path, spans: list[Span]) -> dict[str, str]:
    """Read the split of each recording that has one of `spans`."""
    names = {span[0] for span in spans}
    table = rows(data / FOLDER / "recordings.csv")
    return {row["recording"]: row["split"] for row in table if row["recording"] in names}


def spans_of(data: Path) -> list[Span]:
    """Read the syllables; a row that ends before it starts goes."""
    table = rows(data / FOLDER / "annotations.csv")
    spans = [(row["file"], float(row["start_s"]), float(row["end_s"]), row["label"]) for row in table]
    return [span for span in spans if span[2] > span[1]]


def typed(spans: list[Span]) -> list[Span]:
    """Keep recordings all of whose syllables have types."""
    untyped = {span[0] for span in spans if span[3] == UNTYPED}
    return [span for span in spans if span[0] not in untyped]


def learnt_and_scored(ask: Ask, splits: dict[str, str]) -> tuple[dict[str, str], tuple[Path, ...]]:
    """Give the splits of the recordings to learn from, and the recordings to be scored on."""
    scored = "validation" if ask.development else "test"
    chosen = tuple(ask.data / FOLDER / name for name, split in splits.items() if split == scored)
    return {name: split for name, split in splits.items() if split != "test"}, chosen


def trial(ask: Ask, spans: list[Span], options: tuple[object, ...]) -> list[Trial]:
    """Learn from all recordings but those for testing."""
    splits, scored = learnt_and_scored(ask, splits_of(ask.data, spans))
    annotations = write_annotations(ask.tables / "annotations.csv", (span for span in spans if span[0] in splits))
    table = write_splits(ask.tables / "splits.csv", splits)
    words = (
        annotations,
        ask.data / FOLDER,
        "--background-label",
        NOISE,
        "--fully-annotated",
        "--split",
        table,
        *options,
    )
    return [Trial("all", words, scored, licence=LICENCE)]


def syllables(ask: Ask) -> list[Trial]:
    """Tell syllables from all else, noise (`n`) included."""
    return trial(ask, spans_of(ask.data), ("--rename", "*=syllable"))


def measure_syllables(ask: Ask, _part: str, scan: Path) -> Figures:
    """F1, precision and recall of events at both IoU."""
    rules = LabelRules({"*": "syllable"}, background=frozenset({NOISE}))
    told: Figures = {}
    for iou in IOUS:
        figures = compared(ask.data / FOLDER / "annotations.csv", scan, iou, rules).overall.figures
        told |= {f"{shown} at IoU {iou:g}": figures[name] for name, shown in NAMES.items()}
    return told


NAMES = {"f1": "F1", "precision": "precision", "recall": "recall"}


def types(ask: Ask) -> list[Trial]:
    """Tell the types of syllables, introductory notes (`i`) among them, in recordings that are typed."""
    return trial(ask, typed(spans_of(ask.data)), ())


def measure_types(ask: Ask, _part: str, scan: Path) -> Figures:
    """F1 of each type that occurs, and its mean over types (macro)."""
    rules = LabelRules(background=frozenset({NOISE}))
    told = compared(reference(ask), scan, 0.5, rules)
    counts = {row.label: row.counts for row in told.labels}
    there = {label: found.hits + found.misses for label, found in counts.items() if found.hits + found.misses}
    units = {unit.recording for unit in told.material.units}
    figures = {f"F1 of {label} ({n} calls)": Figure(counts[label].f1) for label, n in there.items()}
    return {"macro F1 at IoU 0.5": told.mean["f1"], "recordings": Figure(len(units)), **figures}


def reference(ask: Ask) -> Path:
    """Write all syllables of recordings that are typed."""
    return write_annotations(ask.tables / "typed.csv", typed(spans_of(ask.data)))


def twenty_calls(ask: Ask) -> list[Trial]:
    """For each type that is frequent enough, learn it from 20 calls: a few recordings, annotated for it alone."""
    spans = typed(spans_of(ask.data))
    splits = splits_of(ask.data, spans)
    return one_type_each(ask, spans, exchanged(splits) if ask.exchanged else splits)


def twenty_calls_exchanged(ask: Ask) -> list[Trial]:
    """Test on recordings that had only trained when the recipe was chosen; those for testing train in their place."""
    return twenty_calls(ask.with_exchange("twenty-calls"))


def one_type_each(ask: Ask, spans: list[Span], splits: dict[str, str]) -> list[Trial]:
    """Learn each type that is frequent enough from 20 calls in recordings of the split train."""
    _, scored = learnt_and_scored(ask, splits)
    trials = []
    for label, calls, rng in frequent(ask, spans, splits):
        drawn = draw(calls, rng)
        place = ask.tables / f"{label}-draw-{ask.seed}"
        annotations = write_annotations(
            place / "annotations.csv", [*drawn, rest_of_last(drawn, durations_of(ask.data))]
        )
        table = write_splits(place / "splits.csv", {span[0]: "train" for span in drawn})
        options = ("--uncertain-label", UNSURE, "--fully-annotated", "--split", table)
        trials.append(Trial(label, (annotations, ask.data / FOLDER, *options), scored, licence=LICENCE))
    return trials


def frequent(
    ask: Ask, spans: list[Span], splits: dict[str, str]
) -> Iterator[tuple[str, list[Span], np.random.Generator]]:
    """List the types that are frequent enough to be learnt and scored, with their calls that train and a generator."""
    learnable, scored = learnt_and_scored(ask, splits)
    names = {path.relative_to(ask.data / FOLDER).as_posix() for path in scored}
    for number, label in enumerate(TYPES):
        calls = [span for span in spans if span[3] == label and learnable.get(span[0]) == "train"]
        there = sum(span[3] == label and span[0] in names for span in spans)
        if len(calls) >= CALLS and there >= LEAST_SCORED:
            yield label, calls, np.random.default_rng([ask.seed, number])


def rare_types(ask: Ask) -> list[Trial]:
    """Tell all types as ever, but that a few calls of one, drawn at random, are known, and the others are uncertain."""
    spans = typed(spans_of(ask.data))
    splits = splits_of(ask.data, spans)
    learnable, scored = learnt_and_scored(ask, splits)
    trials = []
    for label, calls, rng in frequent(ask, spans, splits):
        hidden = {calls[i] for i in rng.permutation(len(calls))[RARE:]}
        own = [span for span in spans if span[0] in learnable]
        told = [(*span[:3], UNSURE) if span in hidden else span for span in own]
        place = ask.tables / f"{label}-draw-{ask.seed}"
        annotations = write_annotations(place / "annotations.csv", told)
        table = write_splits(place / "splits.csv", learnable)
        options = ("--background-label", NOISE, "--uncertain-label", UNSURE, "--fully-annotated", "--split", table)
        trials.append(Trial(label, (annotations, ask.data / FOLDER, *options), scored, licence=LICENCE))
    return trials


def draw(calls: list[Span], rng: np.random.Generator) -> list[Span]:
    """Draw recordings one by one and take their calls from the first on, until there are 20."""
    names = list(dict.fromkeys(span[0] for span in calls))
    drawn: list[Span] = []
    for place in rng.permutation(len(names)):
        drawn += sorted(span for span in calls if span[0] == names[place])
    return drawn[:CALLS]


def rest_of_last(drawn: list[Span], durations: dict[str, float]) -> Span:
    """What lies after the twentieth call was never looked at: nobody knows what is there."""
    name, _, end_s, _ = drawn[-1]
    return (name, end_s, durations[name], UNSURE)


def durations_of(data: Path) -> dict[str, float]:
    """Read how long recordings are, s."""
    return {row["recording"]: float(row["duration_s"]) for row in rows(data / FOLDER / "recordings.csv")}


def measure_one_type(ask: Ask, part: str, scan: Path) -> Figures:
    """F1, precision and recall of one type."""
    told = compared(reference(ask), scan, 0.5, LabelRules(only=(part,))).overall
    n_calls = told.counts.hits + told.counts.misses
    return {f"{shown} at IoU 0.5": told.figures[name] for name, shown in NAMES.items()} | {"calls": Figure(n_calls)}


SHOWN = tuple(f"{name} at IoU {iou:g}" for iou in IOUS for name in NAMES.values())
SYLLABLES = Bench("zebra-finch", "zebra-finch", (0, 1, 2), SHOWN, syllables, measure_syllables)
SYLLABLE_TYPES = Bench("syllable-types", "zebra-finch-types", (0, 1, 2), ("macro F1 at IoU 0.5",), types, measure_types)
RARE_TYPES = replace(SYLLABLE_TYPES, name="rare-types", shown=SHOWN[:3], trials=rare_types, measure=measure_one_type)
TWENTY_CALLS = Bench("twenty-calls", "twenty-calls", (0, 1, 2), SHOWN[:3], twenty_calls, measure_one_type)
EXCHANGED = replace(TWENTY_CALLS, name="twenty-calls-exchanged", trials=twenty_calls_exchanged)
