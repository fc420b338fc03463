"""The settings of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from detector.errors import ConfigurationError


@dataclass(frozen=True)
class EvaluateSettings:
    """How to compare events, and which figures to compute.

    Attributes
    ----------
    iou : float
        Intersection over union that a hit needs, in (0, 1].
    other_ious : tuple of float
        Other IoUs for average precision.
    threshold : float
        Least score of a detection, in [0, 1]. `thresholds` gives other values for some labels.
    rates : tuple of float
        False alarms per hour at which to compute recall.
    least_covered, least_used : float
        Koogu's `min_gt_coverage` and `min_det_usage`, in (0, 1].
    draws : int
        Resamples of the bootstrap; 0 for no intervals.
    seed : int
        Seed of the resamples.
    """

    iou: float = 0.3
    other_ious: tuple[float, ...] = (0.1, 0.3, 0.5, 0.7)
    threshold: float = 0.0
    thresholds: Mapping[str, float] = field(default_factory=dict)
    rates: tuple[float, ...] = (1.0, 10.0, 100.0)
    least_covered: float = 0.5
    least_used: float = 0.5
    draws: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        shares = [("least_covered", self.least_covered), ("least_used", self.least_used)]
        for name, share in [("iou", self.iou), *(("other_ious", iou) for iou in self.other_ious), *shares]:
            if not 0 < share <= 1:
                raise ConfigurationError(f"{name}: {share:g}: must be above 0 and at most 1")
        for name, score in {"threshold": self.threshold, **self.thresholds}.items():
            if not 0 <= score <= 1:
                raise ConfigurationError(f"threshold of {name}: {score:g}: must be from 0 to 1")
        if self.draws < 0:
            raise ConfigurationError(f"draws: {self.draws}: must be 0 or more")

    @property
    def ious(self) -> tuple[float, ...]:
        """Every IoU for average precision, ascending."""
        return tuple(sorted({self.iou, *self.other_ious}))

    def threshold_of(self, label: str) -> float:
        """Return the least score of a label's detections."""
        return self.thresholds.get(label, self.threshold)
