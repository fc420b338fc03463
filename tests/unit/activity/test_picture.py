"""The picture shows the figures of the tables, for any labels, sites and times."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from detector.activity.hours import HOUR_MS, Hour
from detector.activity.picture import MOST_LABELS, draw_activity
from detector.activity.sums import Activity, Cell

DAY = date(2021, 3, 15)


def activity(effort: Mapping[Cell, int], counts: Mapping[tuple[Cell, str], int]) -> Activity:
    return Activity(effort, counts, len(effort), 0, "UTC+10:00")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Collect the figures that are saved."""
    figures: list[Figure] = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: (figures.append(figure), path.touch()))
    return figures


def test_bars_and_map_have_the_rates_and_hours_without_effort_stay_empty(tmp_path: Path, drawn: list[Figure]) -> None:
    cells = [Cell("A", Hour(DAY + timedelta(days=n), 5 + n)) for n in range(3)]
    made = activity(dict.fromkeys(cells, HOUR_MS // 2), {(cells[1], "owl"): 3})
    draw_activity(made, tmp_path / "a.png")
    axes = [axis for axis in drawn[0].axes if axis.get_label() != "<colorbar>"]
    bars, grid = axes[2], axes[3]
    heights = [patch.get_height() for patch in bars.patches[:24]]
    assert heights == [6.0 if hour == 6 else 0.0 for hour in range(24)]
    values = np.ma.filled(grid.collections[0].get_array(), np.nan)
    assert values.shape == (24, 3)
    assert {(hour, day): values[hour, day] for hour, day in np.argwhere(~np.isnan(values))} == {
        (5, 0): 0,
        (6, 1): 6,
        (7, 2): 0,
    }


@pytest.mark.parametrize("n_sites", [1, 2, 30])
@pytest.mark.parametrize("whens", [[None], [Hour(DAY, 5)], [Hour(DAY, 5), Hour(date(9998, 1, 1), 5)]])
@pytest.mark.parametrize("n_labels", [0, 2, 9])
def test_anything_can_be_drawn(
    tmp_path: Path, drawn: list[Figure], n_sites: int, whens: list[Hour | None], n_labels: int
) -> None:
    cells = [Cell(f"{'long ' * n}$site_{n}$\udce9", when) for n in range(n_sites) for when in whens]
    counts = {(cell, f"$label_{n}$\x1b"): n for cell in cells for n in range(n_labels)}
    draw_activity(activity(dict.fromkeys(cells, HOUR_MS), counts), tmp_path / "a.png")
    titles = [axis.get_title(loc="left") for axis in drawn[0].axes if axis.get_title(loc="left")]
    assert len(titles) == 1 + min(MOST_LABELS, max(1, n_labels))


def test_a_label_that_looks_like_a_formula_is_written_as_it_is(tmp_path: Path) -> None:
    cell = Cell("$a_b$", Hour(DAY, 5))
    draw_activity(activity({cell: HOUR_MS, Cell("b", None): 1}, {(cell, "$\\no$"): 1}), tmp_path / "a.svg")
    assert (tmp_path / "a.svg").stat().st_size > 1000
