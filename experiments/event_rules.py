"""Compare definitions of an event on development recordings, with the scores of models that quality.py trained.

    python experiments/quality.py run DATA WORK zebra-finch --development --seeds 0    # also syllable-types, boobook
    python experiments/event_rules.py DATA WORK
    python experiments/event_rules.py DATA WORK --points

With --points, it compares F1 of the operating points that `train` chose with F1 of those that `tune` finds.

The models of WORK scan their validation recordings. Each definition turns the same scores into events, with the model's
least length and without bridging gaps. Figures are means over labels; F1 is at the best threshold.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from quality import BENCHES, own_recipe
from scipy.signal import find_peaks, peak_widths
from trials.boobook import UNSURE as NOBODY_KNOWS
from trials.boobook import truth
from trials.trial import Ask
from trials.workshop import Entry, Workshop
from trials.zebra_finch import FOLDER, NOISE, reference

from detector.device import choose_device
from detector.evaluation.ranking import Ranking, rank
from detector.labels import LabelRules
from detector.model import load_model
from detector.scanning.events import events_of
from detector.scanning.peak_finder import PeakFinder, TimedPeak
from detector.scanning.peaks import PeakRule
from detector.scanning.windows import Points
from detector.tables.table import ReadOptions
from detector.tuning.listening import TuneRequest, listen
from detector.tuning.subject import TuneSubject, subject_of
from detector.tuning.tune import tune_label
from detector.tuning.validation import GOAL

IOUS = (0.3, 0.5, 0.8)
LOWEST = 0.02
SETS = ("zebra-finch", "syllable-types", "boobook")
POINTS = Points(0.0, 1.0, 0.5)  # times count in scores
SOFT = 1e-6  # keeps logits of 0 and 1 finite

Scores = NDArray[np.float64]
Rule = Callable[[Scores], list[tuple[float | None, float | None, float]]]  # begin and end in points, and a score
Figures = list[tuple[float, float]]  # average precision and best F1 at each IoU


def runs(threshold: float, scores: Scores) -> list[tuple[float | None, float | None, float]]:
    """Find runs of scores above a threshold, with the highest score: hysteresis with this lower threshold."""
    above = np.concatenate([[False], scores >= threshold, [False]])
    turns = np.flatnonzero(above[1:] != above[:-1])
    found = []
    for first, end in zip(turns[::2], turns[1::2]):
        share_before = (threshold - scores[first - 1]) / (scores[first] - scores[first - 1]) if first else 0.0
        share_after = (scores[end - 1] - threshold) / (scores[end - 1] - scores[end]) if end < len(scores) else 0.0
        start = None if first == 0 else first - 1 + share_before
        stop = None if end == len(scores) else end - 1 + share_after
        found.append((start, stop, float(scores[first:end].max())))
    return found


def prominent(scores: Scores) -> list[tuple[float | None, float | None, float]]:
    """Find peaks with a prominence of a fifth; they end at half of their prominence (scipy)."""
    padded = np.concatenate([[0.0], scores, [0.0]])
    tops, _ = find_peaks(padded, height=LOWEST, prominence=0.2 * LOWEST)
    _, _, starts, ends = peak_widths(padded, tops, rel_height=0.5)
    return [(start - 1, end - 1, float(padded[top])) for top, start, end in zip(tops, starts, ends)]


def peaks(level: float, depth: float, scores: Scores) -> list[tuple[float | None, float | None, float]]:
    """Find peaks with ends at a share of their height, as the program does."""
    finder = PeakFinder([PeakRule(LOWEST, level, depth)], POINTS)
    finder.push(scores[:, None])
    return [(peak.start_s, peak.end_s, peak.score) for peak in finder.finish()]


def logit_peaks(drop: float, depth: float, scores: Scores) -> list[tuple[float | None, float | None, float]]:
    """Find peaks that end where the logit has fallen by `drop`, or at 0.5, and part at dips of `depth` in logits."""
    soft = (scores + SOFT) / (1 + 2 * SOFT)
    logits = np.log(soft / (1 - soft))
    lowest = np.log(LOWEST / (1 - LOWEST))
    found = []
    for start, end in stretches(logits >= lowest - drop):
        curve = np.concatenate([[-np.inf], logits[start:end], [-np.inf]])
        tops, dips = parted(curve, depth, drop)
        for top, first, last in zip(tops, *zip(*pairwise([0, *dips, len(curve) - 1]))):
            level = min(0.0, curve[top] - drop)
            if curve[top] >= lowest:
                before = next((n for n in range(top, first - 1, -1) if curve[n] < level), first)
                after = next((n for n in range(top, last + 1) if curve[n] < level), last)
                found.append((start + before - 0.5, start + after - 1.5, float(scores[start + top - 1])))
    return found


def stretches(above: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield where true values begin and end."""
    turns = np.flatnonzero(np.diff(above, prepend=False, append=False)).tolist()
    yield from zip(turns[::2], turns[1::2])


def parted(curve: Scores, depth: float, drop: float) -> tuple[list[int], list[int]]:
    """Return the peaks that dips of `depth`, or below their level, part, and these dips."""
    tops: list[int] = []
    dips: list[int] = []
    top = dip = 0
    rising = True
    for n, value in enumerate(curve):
        if rising and value > curve[top]:
            top = n
        elif rising and value < max(curve[top] - depth, min(0.0, curve[top] - drop)):
            tops.append(top)
            dip, rising = n, False
        elif not rising and value < curve[dip]:
            dip = n
        elif not rising and curve[dip] < max(value - depth, min(0.0, value - drop)):
            dips.append(dip)
            top, rising = n, True
    return ([*tops, top] if rising else tops), dips


RULES: Mapping[str, Rule] = {
    **{f"runs above {t:g}": partial(runs, t) for t in (0.05, 0.1, 0.3, 0.5, 0.7)},
    "prominence of a fifth, ends at half": prominent,
    **{
        f"logits: ends {drop:g} below, dips of {depth:g}": partial(logit_peaks, drop, depth)
        for drop, depth in ((1.0, 1.0), (1.0, 3.0), (2.5, 2.5))
    },
    **{
        f"peaks: level {level:g}, depth {depth:g}": partial(peaks, level, depth)
        for level in (0.3, 0.5, 0.7)
        for depth in (0.1, 0.2, 0.3, 0.5)
        if depth <= 1 - level
    },
}


def subjects(data: Path, work: Path, name: str) -> Iterator[TuneSubject]:
    """Yield each label of each development model of a set, with the scores of its validation recordings."""
    bench = BENCHES[name]
    ask = Ask(data, work / "tables" / name / "development", development=True)
    shop = Workshop(work, bench, Entry("example", own_recipe(bench).with_labels(())), ask)
    for trial in bench.trials(ask):
        model = load_model(shop.model(trial), choose_device("cpu"))
        heard = listen(request(ask, name, trial.scanned), model)
        for label in heard.material.labels:
            if label in model.labels:
                yield subject_of(heard, label, IOUS[0])


def request(ask: Ask, name: str, scanned: Sequence[Path]) -> TuneRequest:
    """Return the annotations of recordings, as quality.py scores them."""
    finch = ask.data / FOLDER / "annotations.csv"
    noise = frozenset({NOISE})
    match name:
        case "zebra-finch":
            return TuneRequest(finch, scanned, rules=LabelRules({"*": "syllable"}, background=noise))
        case "syllable-types":
            return TuneRequest(reference(ask), scanned, rules=LabelRules(background=noise))
    owls = truth(ask.data / "boobook", ask.tables / "truth")
    read = ReadOptions(label="boobook")
    return TuneRequest(owls, scanned, read=read, rules=LabelRules(uncertain=frozenset({NOBODY_KNOWS})))


def ranked(subject: TuneSubject, rule: Rule, iou: float) -> Ranking:
    """Match the events that a definition finds."""
    points = subject.event_rules.grid.points
    parts = []
    for part, scores, seconds in zip(subject.parts, subject.scores, subject.seconds):
        timed = [
            TimedPeak(0, start if start is None else points.at(start), end if end is None else points.at(end), score)
            for start, end, score in rule(scores)
        ]
        events = events_of(timed, subject.event_rules.reading(len(scores), seconds), [subject.own])
        parts.append(replace(part, estimated=tuple(event for event in events if (event.score or 0.0) >= LOWEST)))
    return rank(parts, iou, 0.0)


def figures(rankings: Sequence[Ranking]) -> tuple[float, float]:
    """Return average precision and the best F1 of the detections of several recordings together."""
    scores = np.concatenate([ranking.scores for ranking in rankings])
    order = np.argsort(-scores, kind="stable")
    gains = np.concatenate([ranking.gains for ranking in rankings])[order]
    n_events = sum(len(ranking.reference_units) for ranking in rankings)
    if not len(gains):
        return 0.0, 0.0
    last = np.append(np.diff(scores[order]) != 0, True)  # of equal scores
    hits = np.cumsum(gains)[last]
    found = np.arange(1, len(gains) + 1)[last]
    average_precision = float((np.diff(hits, prepend=0) * hits / found).sum() / n_events)
    return average_precision, float((2 * hits / (found + n_events)).max())


def measured(groups: Sequence[Sequence[TuneSubject]], rule: Rule) -> Figures:
    """Return the figures of a definition: the mean over groups of subjects, which are ranked together."""
    return [
        tuple(
            np.mean([figures([ranked(subject, rule, iou) for subject in group]) for group in groups], axis=0).tolist()
        )
        for iou in IOUS
    ]


def compare_points(name: str, found: Sequence[TuneSubject]) -> None:
    """Print F1 of events at IoU 0.5 at the points of `train`, and at those that `tune` finds."""
    print(f"\n| {name} | calls | F1 as trained | as tuned | difference |\n|---|---|---|---|---|", flush=True)
    for subject in found:
        at_iou = replace(subject, iou=GOAL.iou)
        tuned = tune_label(at_iou, GOAL, np.arange(len(at_iou.parts))).point
        trained, best = (at_iou.ranked(point).counts().f1 or 0.0 for point in (subject.own, tuned))
        print(
            f"| {subject.own.name} | {subject.n_events} | {trained:.3f} | {best:.3f} | {trained - best:+.3f} |",
            flush=True,
        )


def main() -> None:
    """Print a table for each set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds zebra-finch/ and boobook/")
    parser.add_argument("work", type=Path, help="the folder of quality.py")
    parser.add_argument("--set", choices=SETS, action="append", help="only this set; may be given again")
    parser.add_argument("--points", action="store_true", help="compare the points of train with those of tune")
    given = parser.parse_args()
    for name in given.set or SETS:
        found = list(subjects(given.data, given.work, name))
        if given.points:
            compare_points(name, found)
            continue
        labels = {subject.own.name for subject in found}
        groups = [[subject for subject in found if subject.own.name == label] for label in sorted(labels)]
        n_events = sum(subject.n_events for subject in found)
        print(f"\n| {name}, {n_events} events | AP / F1 at IoU 0.3 | at 0.5 | at 0.8 |\n|---|---|---|---|", flush=True)
        for title, rule in RULES.items():
            cells = (f"{precision:.3f} / {f1:.3f}" for precision, f1 in measured(groups, rule))
            print(f"| {title} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
