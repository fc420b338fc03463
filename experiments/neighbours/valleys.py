"""How deep scores fall between two neighbours of a row, and how deep within one element, where no valley should be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from neighbours.figures import Numbers, TruthRow, lines, name_of, read_truth
from neighbours.recordings import LABEL
from neighbours.sounds import SPACINGS, Spacing

QUANTILES = (0.1, 0.5, 0.9)
DEPTHS = (1, 2, 4)
LEAST = 1e-6  # scores nearer to 0 or 1 than this have the logit of this


@dataclass(frozen=True)
class Valley:
    """The lowest score between two peaks, and the lower one of these. Within an element, `spacing` is None."""

    spacing: Spacing | None
    lowest: float
    peak: float

    @property
    def ratio(self) -> float:
        """The lowest score as a share of the peak: 1 for no valley."""
        return self.lowest / self.peak

    @property
    def depth(self) -> float:
        """How far the logit falls from the peak to the valley."""
        return logit(self.peak) - logit(self.lowest)


def logit(score: float) -> float:
    """Return the logit of a score, kept finite."""
    kept = min(max(score, LEAST), 1 - LEAST)
    return float(np.log(kept / (1 - kept)))


def read_scores(table: Path) -> dict[str, tuple[Numbers, Numbers]]:
    """Read the times (s) and scores of each recording, by its file's name."""
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for line in lines(table):
        middle = (float(line["start_s"]) + float(line["end_s"])) / 2
        points[Path(line["recording"]).name].append((middle, float(line[LABEL])))
    return {
        name: (np.array([t for t, _ in own]), np.array([score for _, score in own])) for name, own in points.items()
    }


def valleys_of(rows: Sequence[TruthRow], times: Numbers, scores: Numbers) -> Iterator[Valley]:
    """Find the valley between each two neighbours of the rows of a recording."""
    for row in rows:
        peaks = [peak(event.start_s, event.end_s, times, scores) for event in row.elements]
        for first, second in pairwise(peaks):
            if first < second:
                lower = min(scores[first], scores[second])
                yield Valley(row.spacing, float(scores[first : second + 1].min()), float(lower))
            else:  # overlapping calls whose highest score is the same one
                yield Valley(row.spacing, float(scores[first]), float(scores[first]))


def valleys_within(rows: Sequence[TruthRow], times: Numbers, scores: Numbers) -> Iterator[Valley]:
    """Find the deepest valley within each element of the rows with gaps, by its fall in logits."""
    for row in rows:
        for event in row.elements if row.spacing.kind == "gap" else ():
            first, last = np.searchsorted(times, event.span)
            own = scores[first : max(last, first + 1)]
            peaks = np.minimum(np.maximum.accumulate(own), np.maximum.accumulate(own[::-1])[::-1])
            deepest = int(np.argmax([logit(peak) - logit(score) for peak, score in zip(peaks, own)]))
            yield Valley(None, float(own[deepest]), float(peaks[deepest]))


def peak(start_s: float, end_s: float, times: Numbers, scores: Numbers) -> int:
    """Return the number of the highest score within an element."""
    first, last = np.searchsorted(times, (start_s, end_s))
    return int(first + np.argmax(scores[first : max(last, first + 1)]))


def valleys(truth: Path, table: Path) -> dict[str, Mapping[str, float]]:
    """Describe the valleys of each gap and overlap, and those within elements."""
    scored = read_scores(table)
    rows_of = read_truth(truth)
    found = [valley for name, rows in rows_of.items() for valley in valleys_of(rows, *scored[name])]
    within = [valley for name, rows in rows_of.items() for valley in valleys_within(rows, *scored[name])]
    between = {
        name_of(spacing): described([valley for valley in found if valley.spacing == spacing]) for spacing in SPACINGS
    }
    return {**between, "within an element": described(within)}


def described(own: Sequence[Valley]) -> dict[str, float]:
    """Describe valleys: quantiles of their ratio to the peak, and of their depth in logits."""
    ratios = np.array([valley.ratio for valley in own])
    depths = np.array([valley.depth for valley in own])
    told = {"valleys": float(len(own)), "share_below_half_of_the_peak": float(np.mean(ratios < 0.5))}
    for least in DEPTHS:
        told[f"share_deeper_than_{least}_logits"] = float(np.mean(depths > least))
    for share in QUANTILES:
        told[f"ratio_quantile_{share:g}"] = float(np.quantile(ratios, share))
        told[f"depth_quantile_{share:g}"] = float(np.quantile(depths, share))
    return {name: round(value, 4) for name, value in told.items()}
