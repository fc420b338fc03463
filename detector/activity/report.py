"""Format the rates of detections as text for people, as an object, and as rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from detector.activity.sums import Activity, Rate, Rates
from detector.terminal import visible
from detector.texts import columns, many

MOST_LABELS = 6
"""Most labels that get columns of their own; the others are added up."""

COLUMNS = ("site", "day", "hour", "label", "detections", "effort_h", "per_hour")


def as_rows(activity: Activity) -> Iterator[tuple[str, ...]]:
    """Yield the cells of `COLUMNS` for each site, day, hour and label. Day and hour are empty without a start time."""
    for cell, label, rate in activity.rows():
        day = "" if cell.when is None else cell.when.day.isoformat()
        hour = "" if cell.when is None else str(cell.when.hour)
        per_hour = "" if rate.per_hour is None else f"{rate.per_hour:.6g}"
        yield cell.site, day, hour, label, str(rate.detections), f"{rate.effort_h:.10g}", per_hour


def as_object(activity: Activity) -> dict[str, Any]:
    """Return the rates as numbers, texts, lists and dicts, for JSON. A rate without effort is None."""
    untimed = activity.total(timed=False)
    total = activity.total()
    return {
        "recordings": activity.recordings,
        "detections": total.detections,
        "effort_h": total.effort_h,
        "zone": activity.zone,
        "labels": list(activity.labels),
        "without_start_time": {
            "recordings": activity.untimed,
            "detections": untimed.detections,
            "effort_h": untimed.effort_h,
        },
        "by_hour": [{"hour": hour, **_object(rates)} for hour, rates in activity.by_hour().items()],
        "by_day": [{"day": day.isoformat(), **_object(rates)} for day, rates in activity.by_day().items()],
        "by_site": [{"site": site, **_object(rates)} for site, rates in activity.by_site().items()],
    }


def _object(rates: Rates) -> dict[str, Any]:
    of_labels = {label: {"detections": rate.detections, "per_hour": rate.per_hour} for label, rate in rates.items()}
    return {"effort_h": _effort_of(rates).effort_h, "labels": of_labels}


def as_text(activity: Activity) -> Iterator[str]:
    """Yield a line of sums, then a table for hours of day, days and sites."""
    total = activity.total()
    yield (
        f"{many(activity.recordings, 'recording')}, {many(len(activity.sites), 'site')}, "
        f"{short_figure(total.effort_h)} h of effort, {many(total.detections, 'detection')}"
    )
    sections: list[tuple[str, Mapping[Any, Rates]]] = [("site", activity.by_site())]
    if activity.untimed < activity.recordings:
        by_hour = (f"hour of day ({visible(activity.zone)})", activity.by_hour())
        sections = [by_hour, ("day", activity.by_day()), *sections]
    shown = activity.frequent[:MOST_LABELS]
    for name, rates_of in sections:
        yield ""
        head = [name, "effort h"]
        for label in shown:
            head += [visible(label) or "detections", "per hour"]
        others = len(activity.frequent) - len(shown)
        head += [many(others, "other label"), "per hour"] if others else []
        yield from columns([head, *(_cells(key, rates, shown, others) for key, rates in rates_of.items())])


def _cells(key: int | str | date, rates: Rates, shown: Sequence[str], others: int) -> list[str]:
    """Write a line of a table."""
    cells = [f"{key:02d}" if isinstance(key, int) else visible(str(key)), short_figure(_effort_of(rates).effort_h)]
    for label in shown:
        cells += [f"{rates[label].detections:,}", short_figure(rates[label].per_hour)]
    if others:
        rest = sum(rate.detections for label, rate in rates.items() if label not in shown)
        cells += [f"{rest:,}", short_figure(Rate(rest, _effort_of(rates).effort_ms).per_hour)]
    return cells


def _effort_of(rates: Rates) -> Rate:
    """Return any of the rates of one cell: they have the same effort."""
    return next(iter(rates.values()))


def short_figure(value: float | None) -> str:
    """Write a figure with three significant digits or all whole ones; "-" for None."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
