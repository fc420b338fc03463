"""Operating points: how the scores of each label become events, and what that was chosen on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, ValidationError

from detector.errors import ConfigurationError, ModelError, Parameter, ParameterError, fault_lines, one_line, shown
from detector.operating.calibration import Calibration
from detector.operating.curve import Curve
from detector.operating.support import Support, support
from detector.operating.target import Target, parse_target
from detector.recipe import Frozen
from detector.recipe.values import Hertz, Seconds, Share
from detector.texts import OPERATING_BYTES, parse_toml, read_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OPERATING_FILE = "operating.toml"


def _readable(text: str) -> str:
    """Give the words of a target; raise `ValueError` where they are none."""
    try:
        parse_target(text)
    except ConfigurationError as error:
        raise ValueError(f"target: {error}") from error
    return text


TargetText = Annotated[str, AfterValidator(_readable)]
Length = Annotated[float, Field(ge=0, le=1e7)]  # in s, up to 115 days; 0 for none


class Evidence(Support):
    """What a label's threshold was tuned for, and how well that is borne out.

    Attributes
    ----------
    target : str
        As `parse_target` reads it.
    borne_out : bool
        Whether the interval of the target's figure is narrow enough for it.
    error_before, error_after : float or None
        Expected calibration error of the scores as they are, and of probabilities; None where nobody knows.
    """

    target: TargetText
    borne_out: bool
    error_before: Share | None = None
    error_after: Share | None = None


class OperatingPoint(Frozen):
    """How scores of one label become events.

    `smooth_s` is the length of the moving median over scores; `typical_s` the median length of the label's annotations;
    `low_hz` and `high_hz` are the medians of their bands. `threshold` is on the scale of written scores, that of
    `calibration` where there is one. `curve` and `evidence` are of the recordings that the label was tuned on.
    """

    name: str
    threshold: Share = 0.5
    gap_s: Length = 0.0
    shortest_s: Length = 0.0
    smooth_s: Seconds | None = None
    typical_s: Annotated[float, Field(gt=0, le=1e7)] | None = None
    low_hz: Hertz | None = None
    high_hz: Hertz | None = None
    calibration: Calibration | None = None
    curve: Curve | None = None
    evidence: Evidence | None = None

    @property
    def raw_threshold(self) -> float:
        """Give the threshold on the scale of the network's own scores."""
        return self.threshold if self.calibration is None else self.calibration.inverse(self.threshold)

    def written(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bring the network's scores to the scale on which they are written."""
        return scores if self.calibration is None else self.calibration(scores)

    def at(self, threshold: float | Target | None) -> OperatingPoint:
        """Give the point with another threshold, or with the one that meets a target; None changes nothing.

        Raises
        ------
        ConfigurationError
            Where the label was not tuned, or no threshold meets the target.
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
        """Give the point with the threshold that is nearest to a target, or as it is where the label was not tuned."""
        if self.curve is None:
            return self
        return self.model_copy(update={"threshold": self.curve.threshold[self.curve.choose(target)[0]]})

    def shortfall(self, target: Target) -> str:
        """Give the reason why no threshold is known to keep a target; empty where one is."""
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
        """Give the figure, with its interval, of the threshold for a target; None for a label that was not tuned.

        For the target that the label was tuned for this is what was stored, which allows for recordings, too.
        """
        if self.evidence is not None and self.evidence.target == str(target):
            return self.evidence
        return None if self.curve is None else support(self.curve, self.curve.choose(target)[0], target)


class Tuned(Frozen):
    """What `detector tune` chose the points on; `data` names the recordings and annotations in 12 hex digits."""

    target: TargetText
    recordings: int = Field(ge=0, le=10**12)
    hours: float = Field(ge=0, le=1e9)
    events: int = Field(ge=0, le=10**12)
    iou: Share
    hop_s: Length
    data: str = ""


class Operating(Frozen):
    """The operating points of a model, one a label, and what they were chosen on."""

    chosen_on: str = ""
    tuned: Tuned | None = None
    label: tuple[OperatingPoint, ...] = ()

    def at(self, threshold: float | Target | None) -> tuple[OperatingPoint, ...]:
        """Give the points with another threshold, or with those that meet a target or come nearest to it.

        Raises
        ------
        ConfigurationError
            Where not one label is known to meet the target.
        """
        if isinstance(threshold, Target) and any(not point.shortfall(threshold) for point in self.label):
            return tuple(point.nearest(threshold) for point in self.label)
        tuned_first = sorted(self.label, key=lambda point: point.curve is None)  # what they fall short by says more
        at = {point.name: point.at(threshold) for point in tuned_first}
        return tuple(at[point.name] for point in self.label)

    def shortfalls(self, target: Target) -> Iterator[str]:
        """List the labels that do not meet a target, and which threshold `at` gives them."""
        for point in self.label:
            if fault := point.shortfall(target):
                taken = f"its own threshold, {point.threshold:g}, stays" if point.curve is None else "that is taken"
                yield f"{Parameter('threshold')}: {target}: {fault}; {taken}"


def read_operating(folder: Path, labels: Sequence[str]) -> Operating:
    """Read the operating points in a model's folder.

    Raises
    ------
    ModelError
        Where they cannot be read, or are not those of `labels`.
    """
    path = folder / OPERATING_FILE
    try:
        operating = Operating.model_validate(parse_toml(read_text(path, OPERATING_BYTES)))
    except ValidationError as error:
        raise ModelError(f"{path}: {'; '.join(fault_lines(error))}") from error
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read: {one_line(error)}") from error
    names = tuple(point.name for point in operating.label)
    if names != tuple(labels):
        raise ModelError(f"{path}: labels {shown(list(names))} are not those of recipe.toml: {shown(list(labels))}")
    return operating


def operating_toml(operating: Operating) -> str:
    """Write operating points as TOML."""
    import tomli_w

    return tomli_w.dumps(operating.model_dump(mode="json", exclude_none=True))
