"""Choose the engine and the hop of a scan, from the recipe and the options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from detector.errors import Parameter, ParameterError
from detector.network.geometry import measure
from detector.network.layers import Geometry
from detector.recipe import Recipe
from detector.scanning.windows import Columns, WindowGrid, nearest_hop

EngineName = Literal["auto", "shared", "windows"]

DEFAULT_SHARE = 8  # hops in a window: no sound is more than a sixteenth of a window from the middle of one
OFF = 0.125  # the engine may change the requested hop by up to this fraction, so that windows share columns


@dataclass(frozen=True)
class Layout:
    """The windows of a scan, and the engine that scores them.

    Attributes
    ----------
    grid : WindowGrid
        Where the windows lie.
    engine : {"shared", "windows"}
        Whether windows share the columns of the trunk, or each goes through the whole network on its own.
    step : int
        Frames from one column of the trunk to the next.
    note : str
        The chosen engine and hop, and the reason, for the user.
    """

    grid: WindowGrid
    engine: Literal["shared", "windows"]
    step: int
    note: str


def lay_out(recipe: Recipe, hop_s: float | None = None, engine: EngineName = "auto") -> Layout:
    """Choose the windows and the engine for a model of `recipe`.

    Without `hop_s`, the hop is the multiple of the trunk's step that is nearest to an eighth of the window. For a model
    with frame outputs, it is the one nearest to half of the span of a window's columns.

    With the shared engine, every hop is a multiple of the step between feature columns. This is the step of the trunk
    if a multiple of it is near enough to `hop_s`, otherwise a finer step that the layers of the trunk allow.

    Raises
    ------
    ParameterError
        If `hop_s` would leave out parts of a recording, or the requested engine is not possible.
    """
    geometry = measure(recipe)
    against = _against_sharing(recipe)
    if engine == "shared" and against:
        raise ParameterError("engine", engine, f"is not possible: {against}", "auto, windows")
    shared = engine != "windows" and not against
    own = geometry.frames.step
    columns = Columns(geometry.columns, own, geometry.frames.centre(0)) if recipe.network.dense.per == "frame" else None
    longest = columns.number * own if columns else recipe.window_frames
    asked = longest / (2 if columns else DEFAULT_SHARE) if hop_s is None else _checked(hop_s, longest, recipe)
    if columns or (hop_s is None and own <= longest):
        step = own
        hop = nearest_hop(asked, own, longest)
    elif shared:
        step, hop = _sharing(asked, geometry, longest)
    else:
        step = own
        hop = nearest_hop(asked, 1, longest)
    first = -round(columns.centre) if columns else 0
    grid = WindowGrid(first, hop, recipe.window_frames, recipe.frame_rate, columns)
    return Layout(grid, "shared" if shared else "windows", step, _note(grid, shared, engine, against))


def _against_sharing(recipe: Recipe) -> str:
    """Return the reason why windows cannot share columns; empty if they can."""
    if recipe.network.padding == "same":
        return 'network.padding = "same" pads every window on its own, so no two windows have the same columns'
    return ""


def _checked(hop_s: float, longest: int, recipe: Recipe) -> float:
    """Return the hop in frames; raise `ParameterError` if it is longer than `longest`."""
    asked = hop_s * recipe.frame_rate
    if asked > longest + 0.5:
        what = "what the columns of a window span" if recipe.network.dense.per == "frame" else "the window"
        most = f"at most {longest / recipe.frame_rate:g} s, {what}"
        raise ParameterError("hop_s", hop_s, "leaves out parts of a recording", most)
    return asked


def _sharing(asked: float, geometry: Geometry, longest: int) -> tuple[int, int]:
    """Return the coarsest step of columns that has a multiple near enough to the requested hop, and this multiple."""
    for step in geometry.steps:
        hop = nearest_hop(asked, step, longest)
        if hop % step == 0 and abs(hop - asked) <= max(0.5, OFF * asked):
            return step, hop
    return 1, nearest_hop(asked, 1, longest)


def _note(grid: WindowGrid, shared: bool, asked: EngineName, against: str) -> str:
    hop = f"a window every {grid.hop_s:.4g} s"
    if shared:
        return f"engine: shared, one pass of the trunk for all windows; {hop}"
    return f"engine: windows, each by itself; {hop}; " + (against or f"as {Parameter('engine')} {asked} says")
