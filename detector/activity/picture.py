"""Draw the effort, and the rate of each label, by hour of day, by day and hour, and by site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.activity.sums import Activity, Rate, Rates
from detector.drawing import find_figure, save_picture
from detector.terminal import visible
from detector.texts import many

MOST_LABELS = 6
"""Most labels that are drawn: those with most detections."""

MOST_SITES = 20
"""Most sites that are drawn: those with most effort."""

MOST_DAYS = 4000
"""Most days of a map; a longer time is that of a clock that was wrong."""

EFFORT = "0.45"
RATE = "#1b6ca8"
NO_EFFORT = "0.9"
ROW_INCHES = 2.3
HOURS = range(24)

Value = Callable[[Rate], float | None]
"""Returns what is drawn of a rate."""


def draw_activity(activity: Activity, path: Path) -> None:
    """Draw a row of panels for the effort, and one for each label. Grey stands for hours without effort.

    Raises
    ------
    ConfigurationError
        If matplotlib is not installed.
    OutputError
        If the file cannot be written.
    """
    labels = activity.frequent[:MOST_LABELS]
    days = sorted(activity.by_day())
    has_map = len(days) > 1 and (days[-1] - days[0]).days < MOST_DAYS
    widths = [3.4, *([4.6] if has_map else []), *([2.6] if len(activity.sites) > 1 else [])]
    figure = find_figure("plot")(
        figsize=(1.2 + sum(widths), 0.5 + ROW_INCHES * (1 + len(labels))), layout="constrained"
    )
    rows = figure.subplots(1 + len(labels), len(widths), squeeze=False, width_ratios=widths)
    panels = _Panels(activity, has_map)
    panels.draw(rows[0], activity.labels[0], lambda rate: rate.effort_h, "effort, hours", EFFORT)
    for axes, label in zip(rows[1:], labels):
        panels.draw(axes, label, lambda rate: rate.per_hour, "detections per hour of effort", RATE)
        count = sum(rates[label].detections for rates in activity.by_site().values())
        _title(axes[0], f"{visible(label)}: {many(count, 'detection')}" if label else many(count, "detection"))
    _title(rows[0][0], f"effort: {activity.total().effort_h:,.3g} h")
    rows[0][0].set_title("light grey: none", loc="right", fontsize=8, color=EFFORT)
    if len(labels) < len(activity.labels):
        figure.suptitle(f"the {len(labels)} of {len(activity.labels)} labels with most detections", fontsize=9)
    save_picture(figure, path)


class _Panels:
    """The panels of one row after the other, with the same hours, days and sites in each.

    Parameters
    ----------
    activity : Activity
        What to draw.
    has_map : bool
        Whether there is a panel of days and hours.
    """

    def __init__(self, activity: Activity, has_map: bool) -> None:
        self._activity = activity
        self._by_hour = activity.by_hour()
        by_site = activity.by_site()
        most = sorted(by_site, key=lambda site: -_any(by_site[site]).effort_ms)[:MOST_SITES]
        self._by_site = {site: by_site[site] for site in sorted(most, reverse=True)}
        self._map = _by_day_and_hour(activity) if has_map else None

    def draw(self, axes: Sequence[Any], label: str, value: Value, name: str, color: str) -> None:
        """Draw a row of panels."""
        panels = iter(axes)
        self._draw_hours(next(panels), label, value, name, color)
        if self._map is not None:
            self._draw_map(next(panels), label, value, name, color)
        if len(self._activity.sites) > 1:
            self._draw_sites(next(panels), label, value, name, color)

    def _draw_hours(self, axis: Any, label: str, value: Value, name: str, color: str) -> None:
        heights = [value(self._by_hour[hour][label]) or 0.0 for hour in HOURS]
        axis.bar([hour + 0.5 for hour in HOURS], heights, width=0.9, color=color)
        _shade_silence(axis, [self._by_hour[hour][label].effort_ms for hour in HOURS])
        axis.set(xlim=(0, 24), xticks=range(0, 25, 4), xlabel=_clock(self._activity), ylabel=name)
        _bare(axis, max(heights))

    def _draw_map(self, axis: Any, label: str, value: Value, name: str, color: str) -> None:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        assert self._map is not None
        first, rates = self._map
        grid = _grid(rates, label, value)
        edges = [first + timedelta(days=n) for n in range(len(rates) + 1)]
        shades = LinearSegmentedColormap.from_list("effort", [NO_EFFORT, "0.25"]) if color == EFFORT else "viridis"
        image = axis.pcolormesh(edges, range(25), grid.T, cmap=shades, vmin=0, vmax=_highest(grid))
        axis.set(facecolor=NO_EFFORT, yticks=range(0, 25, 4), ylabel="hour of day")
        locator = AutoDateLocator(minticks=3, maxticks=7)
        axis.xaxis.set_major_locator(locator)
        axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axis.figure.colorbar(image, ax=axis, pad=0.02).set_label(name, fontsize=8)

    def _draw_sites(self, axis: Any, label: str, value: Value, name: str, color: str) -> None:
        widths = [value(rates[label]) or 0.0 for rates in self._by_site.values()]
        axis.barh(range(len(widths)), widths, height=0.75, color=color)
        axis.set_yticks(range(len(widths)), [_short(site) for site in self._by_site], fontsize=8, parse_math=False)
        axis.set(xlabel=name, ylim=(-0.6, len(widths) - 0.4), xlim=(0, max(widths) * 1.05 or 1))
        axis.spines[["top", "right"]].set_visible(False)


def _title(axis: Any, text: str) -> None:
    axis.set_title(text, loc="left", fontsize=11, fontweight="bold", parse_math=False)


def _by_day_and_hour(activity: Activity) -> tuple[date, list[list[Rates | None]]]:
    """Return the first day, and for each day from there on the rates of its hours; None without effort."""
    effort_ms: dict[tuple[date, int], int] = {}
    counts: dict[tuple[date, int], dict[str, int]] = {}
    for cell, label, rate in activity.rows():
        if cell.when is not None:
            of_label = counts.setdefault(cell.when, {})
            of_label[label] = of_label.get(label, 0) + rate.detections
            if label == activity.labels[0]:
                effort_ms[cell.when] = effort_ms.get(cell.when, 0) + rate.effort_ms
    days = sorted(day for day, _ in effort_ms)
    rates: list[list[Rates | None]] = [[None] * 24 for _ in range((days[-1] - days[0]).days + 1)]
    for (day, hour), of_label in counts.items():
        spent_ms = effort_ms[day, hour]
        rates[(day - days[0]).days][hour] = {label: Rate(count, spent_ms) for label, count in of_label.items()}
    return days[0], rates


def _grid(rates: Sequence[Sequence[Rates | None]], label: str, value: Value) -> NDArray[np.float64]:
    """Return what is drawn of each day and hour (day, hour); not a number without effort."""
    grid = np.full((len(rates), 24), np.nan)
    for n, day in enumerate(rates):
        for hour, of_label in enumerate(day):
            if of_label is not None and of_label[label].effort_ms:
                grid[n, hour] = value(of_label[label])
    return grid


def _highest(grid: NDArray[np.float64]) -> float:
    """Return the upper end of the colours; 1 if all is 0 or unknown."""
    return float(np.nanmax(grid, initial=0.0)) or 1.0


def _shade_silence(axis: Any, effort_ms: Sequence[int]) -> None:
    """Shade the hours without effort."""
    for hour, spent_ms in enumerate(effort_ms):
        if not spent_ms:
            axis.axvspan(hour, hour + 1, color=NO_EFFORT, linewidth=0, zorder=0)


def _bare(axis: Any, highest: float) -> None:
    """Let the vertical axis begin at 0, and leave out the frame."""
    axis.set_ylim(0, highest * 1.05 or 1)
    axis.spines[["top", "right"]].set_visible(False)


def _any(rates: Rates) -> Rate:
    return next(iter(rates.values()))


def _clock(activity: Activity) -> str:
    """Name the axis of hours."""
    zone = "recorder's clock" if activity.zone == "no zone" else visible(activity.zone)
    return f"hour of day, {zone}"


def _short(site: str) -> str:
    """Write a site so that it leaves room for the bars."""
    text = visible(site)
    return text if len(text) <= 24 else f"...{text[-21:]}"
