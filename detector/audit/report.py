"""The figures of an audit as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.audit.estimate import LabelFigures, ThresholdFigures
from detector.estimates.estimate import Estimate

SHOWN = 12
"""How many thresholds are shown at the most."""


def lines(label: LabelFigures) -> Iterator[str]:
    """Write the figures of a label."""
    yield f"{label.label}: {label.detections:,} detections, {counted(label)}"
    yield ""
    yield f"  {'score':17}{'detections':>11}{'checked':>9}{'right':>7}  precision (95 % interval)"
    for one in label.strata:
        span = f"{one.lowest:.4f} to {one.highest:.4f}"
        yield f"  {span:17}{one.detections:11,}{one.checked:9}{one.yes:7}  {share(one.precision)}"
    right = sum(one.yes for one in label.strata)
    yield f"  {'all, weighted':17}{label.detections:11,}{label.checked:9}{right:7}  {share(label.precision)}"
    yield ""
    yield from totals(label)
    if label.thresholds:
        yield ""
        yield from thresholds(label)


def counted(label: LabelFigures) -> str:
    """Say how far the sample is checked."""
    parts = [f"{label.drawn} drawn", f"{label.checked} checked"]
    parts += [f"{label.unsure} unsure"] if label.unsure else []
    parts += [f"{label.unanswered} without a verdict"] if label.unanswered else []
    return ", ".join(parts)


def totals(label: LabelFigures) -> Iterator[str]:
    """Write what all detections and the background come to."""
    yield f"  true detections   {total(label.true_detections)}"
    heard = label.background
    if heard:
        windows = f"{heard.calls} in {heard.checked} of {heard.windows:,} windows"
        checked = f"{duration(heard.seconds_checked)} of {duration(heard.seconds)} without a detection"
        yield f"  missed calls      {total(heard.missed)}: {windows}, {checked}"
        yield f"  calls             {total(label.calls)}"
        yield f"  recall            {share(label.recall)}"
    if label.unsure and label.precision_if_unsure:
        low, high = label.precision_if_unsure
        yield f"  precision is {low:.3f} if all unsure ones are wrong, {high:.3f} if all are right"
    if heard and (label.unsure or heard.unsure) and label.recall_if_unsure:
        low, high = label.recall_if_unsure
        yield f"  recall is from {low:.3f} to {high:.3f}, whatever the unsure ones are"


def thresholds(label: LabelFigures) -> Iterator[str]:
    """Write what a higher threshold would give."""
    yield f"  {'from a score of':17}{'detections':>11}{'checked':>9}{'':9}{'precision':26}true detections"
    for one in spread(label.thresholds):
        figures = f"{share(one.precision):26}{total(one.true_detections)}"
        yield f"  {one.score:<17.4f}{one.detections:11,}{one.checked:9}{'':9}{figures}"
    for target in label.targets:
        if target.score is None:
            yield f"  precision reaches {target.precision:g} at no score"
        else:
            sure = "at none" if target.sure is None else f"from {target.sure:.4f}"
            yield f"  precision is {target.precision:g} or more from {target.score:.4f}; its lower limit {sure}"


def spread(found: Sequence[ThresholdFigures]) -> list[ThresholdFigures]:
    """Choose thresholds to show, spread evenly over those there are."""
    last = len(found) - 1
    if last < SHOWN:
        return list(found)
    return [found[round(i * last / (SHOWN - 1))] for i in range(SHOWN)]


def share(estimate: Estimate | None) -> str:
    """Write a share with its interval."""
    return "unknown" if estimate is None else f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def total(estimate: Estimate | None) -> str:
    """Write a count with its interval."""
    return "unknown" if estimate is None else f"{estimate.value:,.0f} ({estimate.low:,.0f} to {estimate.high:,.0f})"


def duration(seconds: float) -> str:
    """Write a length of time in a unit that suits it."""
    for unit, name in ((3600.0, "h"), (60.0, "min")):
        if seconds >= unit:
            return f"{seconds / unit:,.1f} {name}"
    return f"{seconds:.0f} s"
