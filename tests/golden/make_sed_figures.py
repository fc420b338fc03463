"""Make sed_figures.json: drawn events, and what sed_scores_eval 0.0.4 tells of them.

It does not install beside this package, so the figures are made once, in an environment of their own:

    python3.11 -m venv sed
    sed/bin/pip install 'setuptools<82' wheel 'pandas<3' 'numpy<2.5' Cython
    sed/bin/pip install --no-build-isolation sed_scores_eval
    sed/bin/python tests/golden/make_sed_figures.py > tests/golden/sed_figures.json

sed_scores_eval takes scores over time, out of which it makes events at every threshold. Here each detection is a
rectangle of its score, and there is nothing (minus infinity) between, so that events keep their bounds whatever the
threshold, and its definitions are those of a table of detections.

Two sets are drawn. In `shifted` all events last 1 s and lie close, so that an IoU of x is the same as onset and offset
within (1 - x) / (1 + x) s: its matching by collars, one to one, is then matching by IoU, and many events have several
candidates. In `mixed` durations differ and labels trigger each other.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

import numpy as np
from sed_scores_eval import clip_based, collar_based, intersection_based
from sed_scores_eval.base_modules.scores import create_score_dataframe

LABELS = ("a", "b", "c")
IOUS = (0.1, 0.3, 0.5, 0.7)
SECONDS = 60.0

Rows = list[tuple[float, float, str]]
Scored = list[tuple[float, float, str, float]]


def shifted(rng: random.Random) -> tuple[Rows, Scored]:
    """Draw references 1 s long with small gaps, and detections shifted by up to 0.9 s, some more, some less."""
    wanted: Rows = []
    found: Scored = []
    for label in LABELS:
        at = 1.0
        while at < SECONDS - 5:
            wanted.append((at, at + 1, label))
            at = round(at + 1 + rng.choice([0.02, 0.05, 0.3, 3.0]), 3)
        start = 0.5
        while start < SECONDS - 5:
            found.append((start, start + 1, label, score(rng.random() < 0.5)))
            start = round(start + 1 + rng.choice([0.01, 0.03, 0.2, 2.0]), 3)
    return rounded(wanted), rounded(found)


def mixed(rng: random.Random) -> tuple[Rows, Scored]:
    """Draw references of 0.3 to 4 s, and detections that hold parts of them, several of them, or another label."""
    wanted: Rows = []
    found: Scored = []
    for label in LABELS:
        at = rng.uniform(0, 3)
        while at < SECONDS - 6:
            end = at + rng.uniform(0.3, 4)
            if rng.random() < 0.7:
                wanted.append((at, end, label))
            at = end + rng.uniform(0.2, 6)
    for label in LABELS:
        at = rng.uniform(0, 2)
        while at < SECONDS - 6:
            near = [row for row in wanted if row[0] >= at]
            if near and rng.random() < 0.7:
                onset, offset, _ = rng.choice(near[:3])
                start, end = onset + rng.uniform(-0.5, 0.5), offset + rng.uniform(-1.0, 0.5)
                start, end = max(at, start), max(end, max(at, start) + 0.2)
            else:
                start = at + rng.uniform(0, 2)
                end = start + rng.uniform(0.2, 3)
            right = any(onset < end and start < offset for onset, offset, name in wanted if name == label)
            found.append((start, end, label, score(right and rng.random() < 0.8)))
            at = end + rng.uniform(0.05, 1)
    return rounded(wanted), rounded(found)


POOLS = [iter(random.Random(7).sample(range(low, 10_000), 3000)) for low in (1, 4001)]
USED: set[float] = set()


def score(high: bool) -> float:
    """Give a score that no other detection has, a high one or any."""
    value = next(POOLS[high]) / 10_000
    if value in USED:
        return score(high)
    USED.add(value)
    return value


def rounded(rows: list[Any]) -> list[Any]:
    """Round times to milliseconds."""
    return sorted((round(start, 3), round(end, 3), *rest) for start, end, *rest in rows)


def table(found: Scored) -> Any:
    """Write detections as scores over time."""
    edges = np.unique([0.0, SECONDS, *(edge for row in found for edge in row[:2])])
    scores = np.full((len(edges) - 1, len(LABELS)), -np.inf)
    for start, end, label, value in found:
        inside = (edges[:-1] >= start) & (edges[1:] <= end)
        scores[inside, LABELS.index(label)] = value
    return create_score_dataframe(scores, edges, list(LABELS))


def one_to_one(scores: Any, truth: Any) -> dict[str, Any]:
    """Tell the figures of matching one to one at several IoU."""
    figures = {}
    for iou in IOUS:
        collar = (1 - iou) / (1 + iou)
        options = {"onset_collar": collar, "offset_collar": collar, "time_decimals": 9}
        statistics, _ = collar_based.intermediate_statistics.accumulated_intermediate_statistics(
            scores, truth, **options
        )
        best = collar_based.best_fscore(scores, truth, **options)
        figures[str(iou)] = {
            label: {
                "hits": [int(n) for n in statistics[label][1]["tps"][:-1]][::-1],
                "false_alarms": [int(n) for n in statistics[label][1]["fps"][:-1]][::-1],
                "average_precision": float(average_precision(statistics[label])),
                "best_f1": float(best[0][label]),
            }
            for label in LABELS
        }
    return figures


def average_precision(statistics: Any) -> float:
    """Tell average precision of matching by collars, with the curve that clips have."""
    from sed_scores_eval.base_modules.precision_recall import average_precision_from_intermediate_statistics

    return average_precision_from_intermediate_statistics(statistics)[0]


def by_intersection(scores: Any, truth: Any) -> dict[str, Any]:
    """Tell both PSDS, over labels and for each."""
    durations = dict.fromkeys(truth, SECONDS)
    figures = {}
    parameters = {
        "psds1": {"dtc_threshold": 0.7, "gtc_threshold": 0.7, "alpha_ct": 0.0, "alpha_st": 1.0},
        "psds2": {
            "dtc_threshold": 0.1,
            "gtc_threshold": 0.1,
            "cttc_threshold": 0.3,
            "alpha_ct": 0.5,
            "alpha_st": 1.0,
        },
    }
    for name, options in parameters.items():
        for e_max in (100.0, 1000.0):
            value, single, *_ = intersection_based.psds(scores, truth, durations, max_efpr=e_max, **options)
            of_label = {label: float(of) for label, of in single.items()}
            figures[f"{name} {e_max:g}"] = {"overall": float(value), **of_label}
    return figures


def by_clip(scores: Any, truth: Any) -> dict[str, Any]:
    """Tell average precision and AUROC of recordings."""
    tags = {name: sorted({label for _, _, label in rows}) for name, rows in truth.items()}
    precision, auroc = clip_based.average_precision(scores, tags)[0], clip_based.auroc(scores, tags)[0]
    return {label: {"average_precision": float(precision[label]), "auroc": float(auroc[label])} for label in LABELS}


def main() -> None:
    """Draw both sets and write them with their figures."""
    rng = random.Random(4)
    sets = {"shifted": [shifted(rng) for _ in range(3)], "mixed": [mixed(rng) for _ in range(12)]}
    drop(rng, sets["mixed"])
    told: dict[str, Any] = {"seconds": SECONDS}
    for name, drawn in sets.items():
        truth = {f"{name}{n}.wav": rows for n, (rows, _) in enumerate(drawn)}
        scores = {f"{name}{n}.wav": table(found) for n, (_, found) in enumerate(drawn)}
        told[name] = {
            "reference": truth,
            "estimated": {f"{name}{n}.wav": found for n, (_, found) in enumerate(drawn)},
            "figures": one_to_one(scores, truth) if name == "shifted" else by_intersection(scores, truth),
        }
        if name == "mixed":
            told[name]["clips"] = by_clip(scores, truth)
    json.dump(told, sys.stdout, separators=(",", ":"))


def drop(rng: random.Random, drawn: list[tuple[Rows, Scored]]) -> None:
    """Take each label out of some recordings' references, so that clips are of both kinds."""
    for label in LABELS:
        for n in rng.sample(range(len(drawn)), 4):
            rows, found = drawn[n]
            drawn[n] = ([row for row in rows if row[2] != label], found)


if __name__ == "__main__":
    main()
