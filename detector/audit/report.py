"""Format the figures of an audit as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from detector.audit.figures import AuditFigures, ThresholdFigures
from detector.estimates.estimate import Estimate

SHOWN = 12
"""Most thresholds that are shown."""


def lines(label: AuditFigures) -> Iterator[str]:
    """Format the figures of a label."""
    yield f"{label.label}: {label.detections:,} detections, {counted(label)}"
    yield ""
    yield f"  {'score':17}{'detections':>11}{'checked':>9}{'right':>7}  precision (95 % interval)"
    for stratum in label.strata:
        span = f"{stratum.lowest:.4f} to {stratum.highest:.4f}"
        counts = f"{stratum.detections:11,}{stratum.checked:9}{stratum.yes:7}"
        yield f"  {span:17}{counts}  {share(stratum.precision)}"
    right = sum(stratum.yes for stratum in label.strata)
    yield f"  {'all, weighted':17}{label.detections:11,}{label.checked:9}{right:7}  {share(label.precision)}"
    yield ""
    yield from totals(label)
    if label.thresholds:
        yield ""
        yield from thresholds(label)


def counted(label: AuditFigures) -> str:
    """Format how many items of the sample are checked, unsure and without a verdict."""
    parts = [f"{label.drawn} drawn", f"{label.checked} checked"]
    parts += [f"{label.unsure} unsure"] if label.unsure else []
    parts += [f"{label.unanswered} without a verdict"] if label.unanswered else []
    return ", ".join(parts)


def totals(label: AuditFigures) -> Iterator[str]:
    """Format the totals over all detections and the background."""
    yield f"  true detections   {total(label.true_detections)}"
    background = label.background
    if background:
        windows = f"{background.calls} in {background.checked} of {background.windows:,} windows"
        checked = f"{duration(background.seconds_checked)} of {duration(background.seconds)} without a detection"
        yield f"  missed calls      {total(background.missed)}: {windows}, {checked}"
        yield f"  calls             {total(label.calls)}"
        yield f"  recall            {share(label.recall)}"
    if label.unsure and label.precision_if_unsure:
        low, high = label.precision_if_unsure
        yield f"  precision is {low:.3f} if all unsure ones are wrong, {high:.3f} if all are right"
    if background and (label.unsure or background.unsure) and label.recall_if_unsure:
        low, high = label.recall_if_unsure
        yield f"  recall is from {low:.3f} to {high:.3f}, whatever the unsure ones are"


def thresholds(label: AuditFigures) -> Iterator[str]:
    """Format the precision above higher thresholds."""
    yield f"  {'from a score of':17}{'detections':>11}{'checked':>9}{'':9}{'precision':26}true detections"
    for threshold in spread(label.thresholds):
        figures = f"{share(threshold.precision):26}{total(threshold.true_detections)}"
        yield f"  {threshold.score:<17.4f}{threshold.detections:11,}{threshold.checked:9}{'':9}{figures}"
    for target in label.targets:
        if target.score is None:
            yield f"  precision reaches {target.precision:g} at no score"
        else:
            sure = "at none" if target.sure is None else f"from {target.sure:.4f}"
            yield f"  precision is {target.precision:g} or more from {target.score:.4f}; its lower limit {sure}"


def spread(thresholds: Sequence[ThresholdFigures]) -> list[ThresholdFigures]:
    """Choose the thresholds to show, at most `SHOWN`, evenly from all of them."""
    last = len(thresholds) - 1
    if last < SHOWN:
        return list(thresholds)
    return [thresholds[round(n * last / (SHOWN - 1))] for n in range(SHOWN)]


def share(estimate: Estimate | None) -> str:
    """Format a share with its interval."""
    return "unknown" if estimate is None else f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"


def total(estimate: Estimate | None) -> str:
    """Format a count with its interval."""
    return "unknown" if estimate is None else f"{estimate.value:,.0f} ({estimate.low:,.0f} to {estimate.high:,.0f})"


def duration(seconds: float) -> str:
    """Format a length of time in a unit that suits it."""
    for unit, name in ((3600.0, "h"), (60.0, "min")):
        if seconds >= unit:
            return f"{seconds / unit:,.1f} {name}"
    return f"{seconds:.0f} s"
