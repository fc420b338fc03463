"""From the events of each label, and of all labels, to the statistics that tell their figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from detector.evaluation import coverage, ranking, timing
from detector.evaluation.clip_level import ClipLevel, rank_clips
from detector.evaluation.coverage import Coverage
from detector.evaluation.figures import OVERALL
from detector.evaluation.material import Material, Part
from detector.evaluation.psds import PSDS1, PSDS2, Psds, psds
from detector.evaluation.ranking import AtIou, Detection, Ranking, rank
from detector.evaluation.settings import Settings
from detector.evaluation.statistic import Statistic
from detector.evaluation.timing import Matched, Timing


@dataclass(frozen=True)
class Compared:
    """The events of one label, or of all, compared in every way.

    Attributes
    ----------
    rankings : mapping of float to Ranking
        By IoU.
    clips : Ranking
        Of units by their highest score.
    timing : Timing
        Of the hits at the threshold.
    coverage : Coverage
        At the threshold.
    psds : sequence of Psds
        Both scores.
    matched : sequence of Matched
        One a unit; none for all labels together.
    """

    rankings: Mapping[float, Ranking]
    clips: Ranking
    timing: Timing
    coverage: Coverage
    psds: Sequence[Psds]
    matched: Sequence[Matched] = ()

    def statistics(self, material: Material, settings: Settings) -> list[Statistic]:
        """List what tells the figures, in their order; what needs scores only where there are."""
        told: list[Statistic] = [Detection(self.rankings[settings.iou], material.durations, settings.rates)]
        told += [self.timing, self.coverage]
        if material.scored:
            told += [AtIou(self.rankings[iou], iou) for iou in settings.ious]
            told += [ClipLevel(self.clips), *self.psds]
        return told


def compare(material: Material, settings: Settings) -> dict[str, Compared]:
    """Compare the events of each label, and of all as `OVERALL`."""
    parts = {label: material.of_label(label) for label in material.labels}
    there = [label for label, of_label in parts.items() if any(part.reference for part in of_label)]
    scores = [
        psds(name, [parts[label] for label in there], material.durations, criteria, settings.iou)
        for name, criteria in (("psds1", PSDS1), ("psds2", PSDS2))
    ]
    compared = {}
    for label, of_label in parts.items():
        alone = [there.index(label)] if label in there else []
        of_its_own = [Psds(score.name, score.stage, {n: score.steps[n] for n in alone}) for score in scores]
        compared[label] = _compare_label(of_label, settings, settings.threshold_of(label), of_its_own)
    nothing = [Part(number, (), ()) for number in range(len(material.units))]
    each = list(compared.values()) or [_compare_label(nothing, settings, settings.threshold, scores)]
    compared[OVERALL] = Compared(
        {iou: ranking.pooled([one.rankings[iou] for one in each]) for iou in settings.ious},
        ranking.pooled([one.clips for one in each]),
        timing.pooled([one.timing for one in each]),
        coverage.pooled([one.coverage for one in each]),
        scores,
    )
    return compared


def _compare_label(parts: Sequence[Part], settings: Settings, threshold: float, scores: Sequence[Psds]) -> Compared:
    matched = [timing.match_part(part, settings.iou, threshold) for part in parts]
    rankings = {iou: rank(parts, iou, threshold) for iou in settings.ious}
    return Compared(
        rankings,
        rank_clips(parts, rankings[settings.iou]),
        timing.measure_times(parts, matched),
        coverage.cover(parts, settings, threshold),
        scores,
        matched,
    )
