"""From the events of each label, and of all labels, to the statistics that tell their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.evaluation import clip_level, coverage, ranking, timing
from detector.evaluation.clip_level import ClipLevel, Clips, rank_clips
from detector.evaluation.coverage import Coverage
from detector.evaluation.field import field_of
from detector.evaluation.figures import OVERALL
from detector.evaluation.matching import find_hits
from detector.evaluation.material import Material
from detector.evaluation.psds import PSDS1, PSDS2, Psds, PsdsOfLabel, psds
from detector.evaluation.ranking import AtIou, Detection, Ranking, rank_field
from detector.evaluation.settings import Settings
from detector.evaluation.statistic import Statistic
from detector.evaluation.timing import Matched, Timing, match, measure_times


@dataclass(frozen=True)
class Compared:
    """The events of one label, or of all, compared in every way.

    Attributes
    ----------
    rankings : mapping of float to Ranking
        By IoU.
    clips : Clips
        Units by their highest score.
    timing : Timing
        Of the hits at the threshold.
    coverage : Coverage
        At the threshold.
    psds : sequence of Psds
        Both scores.
    """

    rankings: Mapping[float, Ranking]
    clips: Clips
    timing: Timing
    coverage: Coverage
    psds: Sequence[Psds | PsdsOfLabel]

    def statistics(self, material: Material, settings: Settings) -> list[Statistic]:
        """List what tells the figures, in their order; what needs scores only where there are."""
        told: list[Statistic] = [Detection(self.rankings[settings.iou], material.durations, settings.rates)]
        told += [self.timing, self.coverage]
        if material.scored:
            told += [AtIou(self.rankings[iou], iou) for iou in settings.ious if iou != settings.iou]
            told += [ClipLevel(self.clips), *self.psds]
        return told


def compare(material: Material, settings: Settings) -> tuple[dict[str, Compared], Matched]:
    """Compare the events of each label, and of all as `OVERALL`; tell what became of each at the threshold."""
    field = field_of(material)
    thresholds = np.array([settings.threshold_of(label) for label in material.labels])
    hits = dict(zip(settings.ious, find_hits(field, settings.ious)))
    rankings = {iou: rank_field(field, hits[iou], iou, thresholds) for iou in settings.ious}
    matched = match(field, hits[settings.iou], settings.iou, thresholds)
    scores = [
        psds(name, field, material.durations, criteria, settings.iou)
        for name, criteria in (("psds1", PSDS1), ("psds2", PSDS2))
    ]
    clips, times = rank_clips(field, rankings[settings.iou]), measure_times(matched)
    covered = coverage.cover(field, settings, thresholds)
    wanted = field.of_labels(field.wanted)
    with_events = [label for label, rows in zip(material.labels, wanted) if rows.stop > rows.start]
    there = {label: n for n, label in enumerate(with_events)}
    compared = {}
    for n, label in enumerate(material.labels):
        of_its_own = [PsdsOfLabel(score, there.get(label)) for score in scores]
        by_iou = {iou: of_labels[n] for iou, of_labels in rankings.items()}
        compared[label] = Compared(by_iou, clips[n], times[n], covered[n], of_its_own)
    compared[OVERALL] = Compared(
        {iou: ranking.pooled(of_labels or [ranking.NOTHING]) for iou, of_labels in rankings.items()},
        clip_level.pooled(clips or [clip_level.NOTHING]),
        timing.pooled(times or [timing.NOTHING]),
        coverage.pooled(covered or [coverage.NOTHING]),
        scores,
    )
    return compared, matched
