"""Operating points: the settings that turn the scores of each label into events, and the data they were chosen on."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, ValidationError

from detector.errors import ConfigurationError, ModelError, Parameter, ParameterError, fault_lines, one_line, shown
from detector.operating.calibration import Calibration
from detector.operating.curve import Curve
from detector.operating.support import Support, support
from detector.operating.target import Target, parse_target
from detector.recipe import Frozen, Labels
from detector.recipe.values import Hertz, Seconds, Share
from detector.texts import OPERATING_BYTES, parse_toml, read_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OPERATING_FILE = "operating.toml"
LEVEL = 0.5
DEPTH = 0.5
ONSET = 0.7
"""The threshold of onsets, in models that have outputs for them."""

HALVINGS = 60


def _readable(text: str) -> str:
    """Return the text of a target; raise `ValueError` if it is none."""
    try:
        parse_target(text)
    except ConfigurationError as error:
        raise ValueError(f"target: {error}") from error
    return text


TargetText = Annotated[str, AfterValidator(_readable)]
Length = Annotated[float, Field(ge=0, le=1e7)]  # in s, up to 115 days; 0 for none


class Evidence(Support):
    """The target that a label's threshold was tuned for, and how well the recordings support it.

    Attributes
    ----------
    target : str
        The target, in the form that `parse_target` reads.
    borne_out : bool
        Whether the interval of the target's figure is narrow enough.
    error_before, error_after : float or None
        Expected calibration error of the raw scores, and of the calibrated ones; None if unknown.
    """

    target: TargetText
    borne_out: bool
    error_before: Share | None = None
    error_after: Share | None = None


class OperatingPoint(Frozen):
    """The settings that turn the scores of one label into events.

    Attributes
    ----------
    name : str
        The label.
    threshold : float
        Least score of an event, on the scale of written scores. `calibration`, if there is one, defines this scale.
    level : float
        The share of its highest score at which an event begins and ends.
    depth : float
        The share of its highest score by which scores must fall between two events.
    gap_s : float
        Gaps of at most this length are bridged, s.
    shortest_s : float
        Shorter events are left out, s.
    onset_threshold : float or None
        Least score of an onset that parts two events; None if onsets are not used.
    smooth_s : float or None
        Length of the moving median over scores, s.
    typical_s : float or None
        Median length of the label's annotations, s.
    low_hz, high_hz : float or None
        Medians of the band limits of the label's annotations, Hz.
    calibration : Platt, Isotonic or None
        The map from raw to written scores.
    curve, evidence : Curve, Evidence or None
        The figures on the recordings that the label was tuned on.
    """

    name: str
    threshold: Share = 0.5
    level: Annotated[float, Field(gt=0, lt=1)] = LEVEL
    depth: Share = DEPTH
    gap_s: Length = 0.0
    shortest_s: Length = 0.0
    onset_threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    smooth_s: Seconds | None = None
    typical_s: Annotated[float, Field(gt=0, le=1e7)] | None = None
    low_hz: Hertz | None = None
    high_hz: Hertz | None = None
    calibration: Calibration | None = None
    curve: Curve | None = None
    evidence: Evidence | None = None

    @property
    def raw_threshold(self) -> float:
        """Return the threshold on the scale of the network's own scores: infinite if no score reaches it.

        With a calibration, it is found by halving, and may be lower by rounding than the least score that is written as
        the threshold.
        """
        if self.calibration is None:
            return self.threshold
        import numpy as np

        lowest, highest = (float(score) for score in self.calibration(np.array([0.0, 1.0])))
        if lowest >= self.threshold or highest < self.threshold:
            return 0.0 if lowest >= self.threshold else inf
        low = 0.0
        high = 1.0
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            if float(self.calibration(np.array([middle]))[0]) < self.threshold:
                low = middle
            else:
                high = middle
        return low

    def written(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert the network's scores to the scale on which they are written."""
        return scores if self.calibration is None else self.calibration(scores)

    def at(self, threshold: float | Target | None) -> OperatingPoint:
        """Return the point with another threshold, or with the threshold that meets a target. None changes nothing.

        Raises
        ------
        ConfigurationError
            If the label was not tuned, or no threshold meets the target.
        """
        if threshold is None:
            return self
        if not isinstance(threshold, Target):
            return self.model_copy(update={"threshold": threshold})
        if fault := self.shortfall(threshold):
            hint = "; run detector tune, or give a score from 0 to 1" if self.curve is None else ""
            raise ParameterError("threshold", threshold, f"{fault}{hint}")
        return self.nearest(threshold)

    def nearest(self, target: Target) -> OperatingPoint:
        """Return the point with the threshold nearest to a target, or unchanged if the label was not tuned."""
        if self.curve is None:
            return self
        return self.model_copy(update={"threshold": self.curve.threshold[self.curve.choose(target)[0]]})

    def shortfall(self, target: Target) -> str:
        """Return the reason why no threshold is known to meet a target; empty if one is known."""
        if self.curve is None:
            return f"the label {self.name!r} of this model was not tuned"
        n, reached = self.curve.choose(target)
        if reached:
            return ""
        best = f"{self.curve.precision(n):.3g}" if target.kind == "p" else f"{self.curve.rate(n):.3g} per hour"
        return (
            f"no threshold of the label {self.name!r} kept that on the recordings tuned on; "
            f"the nearest is {best} at {self.curve.threshold[n]:g}"
        )

    def support(self, target: Target) -> Support | None:
        """Return the figure of the threshold for a target, with its interval; None if the label was not tuned.

        For the target that the label was tuned for, this is the stored figure. Its interval also allows for differences
        between recordings.
        """
        if self.evidence is not None and self.evidence.target == str(target):
            return self.evidence
        return None if self.curve is None else support(self.curve, self.curve.choose(target)[0], target)


class Tuned(Frozen):
    """The recordings that the points were chosen on. `data` identifies them and their annotations."""

    target: TargetText
    recordings: int = Field(ge=0, le=10**12)
    hours: float = Field(ge=0, le=1e9)
    events: int = Field(ge=0, le=10**12)
    iou: Share
    hop_s: Length
    data: str = ""


class Operating(Frozen):
    """The operating points of a model, one for each label, and the recordings that they were chosen on."""

    chosen_on: str = ""
    tuned: Tuned | None = None
    label: tuple[OperatingPoint, ...] = ()

    def at(self, threshold: float | Target | None) -> tuple[OperatingPoint, ...]:
        """Return the points with another threshold, or with the thresholds that meet a target or come nearest to it.

        Raises
        ------
        ConfigurationError
            If no label is known to meet the target.
        """
        if isinstance(threshold, Target) and any(not point.shortfall(threshold) for point in self.label):
            return tuple(point.nearest(threshold) for point in self.label)
        tuned_first = sorted(self.label, key=lambda point: point.curve is None)  # their error says how far they miss it
        moved = {point.name: point.at(threshold) for point in tuned_first}
        return tuple(moved[point.name] for point in self.label)

    def shortfalls(self, target: Target) -> Iterator[str]:
        """Yield a note for each label that does not meet a target, with the threshold that `at` gives it."""
        for point in self.label:
            if fault := point.shortfall(target):
                taken = f"its own threshold, {point.threshold:g}, stays" if point.curve is None else "that is taken"
                yield f"{Parameter('threshold')}: {target}: {fault}; {taken}"


def read_operating(folder: Path, labels: Labels) -> Operating:
    """Read the operating points in a model's folder.

    Raises
    ------
    ModelError
        If they cannot be read, do not have these labels, or use onsets that the model has no outputs for.
    """
    path = folder / OPERATING_FILE
    try:
        operating = Operating.model_validate(parse_toml(read_text(path, OPERATING_BYTES)))
    except ValidationError as error:
        raise ModelError(f"{path}: {'; '.join(fault_lines(error))}") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {one_line(error)}") from error
    names = tuple(point.name for point in operating.label)
    if names != labels.names:
        expected = shown(list(labels.names))
        raise ModelError(f"{path}: labels {shown(list(names))} are not those of recipe.toml: {expected}")
    if not labels.onsets and any(point.onset_threshold is not None for point in operating.label):
        raise ModelError(f"{path}: onset_threshold needs onset outputs, but recipe.toml has no labels.onsets = true")
    return operating


def operating_toml(operating: Operating) -> str:
    """Format operating points as TOML."""
    import tomli_w

    return tomli_w.dumps(operating.model_dump(mode="json", exclude_none=True))
