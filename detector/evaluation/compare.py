"""Prepare the statistics of each label, and of all labels together, from their events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detector.estimates.statistic import Statistic
from detector.evaluation import clip_level, coverage, ranking, timing
from detector.evaluation.chain import Chain
from detector.evaluation.clip_level import Clips, ClipStatistic, rank_clips
from detector.evaluation.coverage import CoverageStatistic, Covered
from detector.evaluation.detection import AtIous, DetectionStatistic
from detector.evaluation.field import field_of
from detector.evaluation.matching import find_hits
from detector.evaluation.material import Material
from detector.evaluation.psds import PSDS1, PSDS2, Psds, PsdsOfLabels, psds
from detector.evaluation.ranking import Ranking, rank_field
from detector.evaluation.settings import EvaluateSettings
from detector.evaluation.timing import MatchedEvents, TimingErrors, TimingStatistic, match, measure_times


@dataclass(frozen=True)
class LabelEvidence:
    """The data from which the figures of some labels, or of all as one, are computed.

    Attributes
    ----------
    rankings : mapping of float to sequence of Ranking
        Of each label, by IoU.
    clips : sequence of Clips
        The units by their highest score.
    errors : sequence of TimingErrors
        Errors of the hits at the threshold.
    covered : sequence of Covered
        Counts by coverage, at the threshold.
    psds : sequence of Statistic
        Both polyphonic sound detection scores.
    """

    rankings: Mapping[float, Sequence[Ranking]]
    clips: Sequence[Clips]
    errors: Sequence[TimingErrors]
    covered: Sequence[Covered]
    psds: Sequence[Statistic]

    def pooled(self, scores: Sequence[Psds]) -> LabelEvidence:
        """Join the events of all labels."""
        return LabelEvidence(
            {iou: [ranking.pooled(of_labels or [ranking.NOTHING])] for iou, of_labels in self.rankings.items()},
            [clip_level.pooled(self.clips or [clip_level.NOTHING])],
            [timing.pooled(self.errors or [timing.NOTHING])],
            [coverage.pooled(self.covered or [coverage.NOTHING])],
            scores,
        )

    def statistics(self, material: Material, settings: EvaluateSettings) -> list[Statistic]:
        """List the statistics in the order of their figures; those that need scores only if there are scores."""
        chains = {iou: Chain(tuple(of_labels)) for iou, of_labels in self.rankings.items()}
        statistics: list[Statistic] = [DetectionStatistic(chains.pop(settings.iou), material.durations, settings.rates)]
        statistics += [TimingStatistic(self.errors), CoverageStatistic(self.covered)]
        if material.scored:
            statistics += [AtIous(chains)] if chains else []
            statistics += [ClipStatistic(Chain(tuple(self.clips))), *self.psds]
        return statistics


@dataclass(frozen=True)
class Compared:
    """The statistics of each label and of all labels together.

    Attributes
    ----------
    rankings : sequence of Ranking
        The detections of each label, at the IoU of a hit.
    pooled : Ranking
        The detections of all labels.
    of_labels, overall : sequence of Statistic
        The statistics of labels (none if there are no labels), and of all labels as one.
    matched : MatchedEvents
        The outcome of each event at the threshold.
    """

    rankings: Sequence[Ranking]
    pooled: Ranking
    of_labels: Sequence[Statistic]
    overall: Sequence[Statistic]
    matched: MatchedEvents


def compare(material: Material, settings: EvaluateSettings) -> Compared:
    """Compare the events of each label, and of all as one."""
    field = field_of(material)
    thresholds = np.array([settings.threshold_of(label) for label in material.labels])
    hits = dict(zip(settings.ious, find_hits(field, settings.ious)))
    rankings = {iou: rank_field(field, hits[iou], iou, thresholds) for iou in settings.ious}
    matched = match(field, hits[settings.iou], settings.iou, thresholds)
    scores = [
        psds(name, field, material.durations, criteria, settings.iou)
        for name, criteria in (("psds1", PSDS1), ("psds2", PSDS2))
    ]
    has_events = np.array([rows.stop > rows.start for rows in field.of_labels(field.wanted)], dtype=bool)
    places = np.where(has_events, np.cumsum(has_events) - 1, -1)
    labels = LabelEvidence(
        rankings,
        rank_clips(field, rankings[settings.iou]),
        measure_times(matched),
        coverage.cover(field, settings, thresholds),
        [PsdsOfLabels(score, places) for score in scores],
    )
    together = labels.pooled(scores)
    return Compared(
        rankings[settings.iou],
        together.rankings[settings.iou][0],
        labels.statistics(material, settings) if material.labels else (),
        together.statistics(material, settings),
        matched,
    )
