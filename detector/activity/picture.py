"""Draw the effort, and the rate of each label, by hour of day, by day and hour, and by site."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.activity.report import short_figure
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

MOST_TICKS = 7
"""Most dates below a map."""

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
    panels = _Panels(activity)
    size = (1.2 + sum(panels.widths), 0.5 + ROW_INCHES * (1 + len(labels)))
    figure = find_figure("plot")(figsize=size, layout="constrained")
    rows = figure.subplots(1 + len(labels), len(panels.widths), squeeze=False, width_ratios=panels.widths)
    panels.draw(rows[0], activity.labels[0], lambda rate: rate.effort_h, "effort, hours", EFFORT)
    for axes, label in zip(rows[1:], labels):
        panels.draw(axes, label, lambda rate: rate.per_hour, "detections per hour of effort", RATE)
        count = sum(rates[label].detections for rates in activity.by_site().values())
        _title(axes[0], f"{visible(label)}: {many(count, 'detection')}" if label else many(count, "detection"))
    _title(rows[0][0], f"effort: {short_figure(activity.total().effort_h)} h")
    rows[0][0].set_title("light grey: none", loc="right", fontsize=8, color=EFFORT)
    if len(labels) < len(activity.labels):
        figure.suptitle(f"the {len(labels)} of {len(activity.labels)} labels with most detections", fontsize=9)
    save_picture(figure, path)


class _Panels:
    """The panels of one row after the other, with the same hours, days and sites in each.

    Attributes
    ----------
    widths : list of float
        Width of each panel, inches.
    """

    def __init__(self, activity: Activity) -> None:
        self._activity = activity
        self._by_hour = activity.by_hour()
        by_site = activity.by_site()
        most = sorted(by_site, key=lambda site: -_any(by_site[site]).effort_ms)[:MOST_SITES]
        self._by_site = {site: by_site[site] for site in sorted(most, reverse=True)}
        self._first = min(activity.by_day(), default=date.min)
        self._map = _by_day_and_hour(activity)
        is_timed = bool(self._map)
        drawn = (
            (3.4, is_timed, self._draw_hours),
            (4.6, 1 < len(self._map) <= MOST_DAYS, self._draw_map),
            (2.6, len(by_site) > 1 or not is_timed, self._draw_sites),
        )
        self.widths = [width for width, is_drawn, _ in drawn if is_drawn]
        self._draw = [draw for _, is_drawn, draw in drawn if is_drawn]

    def draw(self, axes: Sequence[Any], label: str, value: Value, name: str, color: str) -> None:
        """Draw a row of panels."""
        for axis, draw in zip(axes, self._draw):
            draw(axis, label, value, name, color)

    def _draw_hours(self, axis: Any, label: str, value: Value, name: str, color: str) -> None:
        heights = [value(self._by_hour[hour][label]) or 0.0 for hour in HOURS]
        axis.bar([hour + 0.5 for hour in HOURS], heights, width=0.9, color=color)
        _shade_silence(axis, [self._by_hour[hour][label].effort_ms for hour in HOURS])
        axis.set(xlim=(0, 24), xticks=range(0, 25, 4), xlabel=_clock(self._activity), ylabel=name)
        _bare(axis, max(heights))

    def _draw_map(self, axis: Any, label: str, value: Value, name: str, color: str) -> None:
        from matplotlib.colors import LinearSegmentedColormap
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DayLocator

        grid = _grid(self._map, label, value)
        edges = [self._first + timedelta(days=n) for n in range(len(grid) + 1)]
        shades = LinearSegmentedColormap.from_list("effort", [NO_EFFORT, "0.25"]) if color == EFFORT else "viridis"
        image = axis.pcolormesh(edges, range(25), grid.T, cmap=shades, vmin=0, vmax=_highest(grid))
        axis.set(facecolor=NO_EFFORT, yticks=range(0, 25, 4), ylabel="hour of day")
        locator = DayLocator() if len(grid) <= MOST_TICKS else AutoDateLocator(minticks=3, maxticks=MOST_TICKS)
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


def _by_day_and_hour(activity: Activity) -> list[dict[int, Rates]]:
    """Return the rates of each hour, over all sites, for each day from the first to the last; none without effort."""
    rates_of = activity.by_day_and_hour()
    if not rates_of:
        return []
    days = [when.day for when in rates_of]
    first = min(days)
    n_days = (max(days) - first).days + 1
    by_day: list[dict[int, Rates]] = [{} for _ in range(min(n_days, MOST_DAYS + 1))]
    for when, rates in rates_of.items():
        if (when.day - first).days < len(by_day):
            by_day[(when.day - first).days][when.hour] = rates
    return by_day


def _grid(by_day: Sequence[dict[int, Rates]], label: str, value: Value) -> NDArray[np.float64]:
    """Return what is drawn of each day and hour (day, hour); not a number without effort."""
    grid = np.full((len(by_day), 24), np.nan)
    for n, day in enumerate(by_day):
        for hour, rates in day.items():
            if rates[label].effort_ms:
                grid[n, hour] = value(rates[label])
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
