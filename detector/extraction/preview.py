"""Draw a sheet of example clips to look at before training."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from detector.clips import CONFUSING, UNCERTAIN, ClipStore
from detector.drawing import check_picture, find_figure, save_picture
from detector.errors import ClipsError
from detector.events import Event
from detector.extraction.known import read_known
from detector.extraction.recording import known_on_channel
from detector.extraction.sources import Source
from detector.network.axes import Axes
from detector.outputs import refuse_existing
from detector.terminal import visible

COLUMNS = 6
ROWS_PER_KIND = 2
TITLE_CHARACTERS = 36  # that fit into the width of a clip
FREQUENCY_TICKS = 5
KHZ_FROM = 2000.0  # an axis that reaches this frequency, Hz, is in kHz
SAME_S = 1e-4  # onsets that differ by less belong to one annotation
MARKS = {UNCERTAIN: "grey", CONFUSING: "orange"}


def check_preview(path: Path, *, force: bool) -> None:
    """Raise `ConfigurationError` or `OutputError` if a preview could not be drawn into `path`."""
    check_picture(path, "plot")
    refuse_existing(path, force=force)


def draw_preview(clips: ClipStore, path: Path) -> None:
    """Draw clips of each label and of the background, with calls and their bands marked.

    Raises
    ------
    ConfigurationError
        If matplotlib is not installed.
    OutputError
        If the picture cannot be written.
    """
    groups = _groups(clips)
    rng = np.random.default_rng(0)  # the same clips every time
    chosen = [(name, clip) for name, members in groups for clip in _choose(rng, members)]
    rows = -(-len(chosen) // COLUMNS)
    sources = _read_sources(clips)
    figure = find_figure("plot")(figsize=(2.6 * COLUMNS, 2.4 * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (name, clip) in zip(axes.flat, chosen):
        _draw_clip(axis, clips, clip, name, sources)
    with suppress(OSError):  # `save_picture` reports a folder that cannot be made
        path.parent.mkdir(parents=True, exist_ok=True)
    save_picture(figure, path)


def _groups(clips: ClipStore) -> list[tuple[str, np.ndarray]]:
    """Return the clips of each label, and those without calls by kind; leave out empty groups."""
    kinds = clips.index["kind"]
    labels = [set(text.split("|")) for text in clips.index["labels"]]
    groups = [(name, np.flatnonzero([name in of_clip for of_clip in labels])) for name in clips.recipe.labels.names]
    groups += [(f"({kind})", np.flatnonzero(kinds == kind)) for kind in ("confusing", "background")]
    return [(name, members) for name, members in groups if len(members)]


def _choose(rng: np.random.Generator, members: np.ndarray) -> np.ndarray:
    count = min(len(members), COLUMNS * ROWS_PER_KIND)
    return np.sort(rng.choice(members, count, replace=False))


def _read_sources(clips: ClipStore) -> Mapping[str, Source]:
    """Return the annotations of each recording, by its path; none for clips of an older version."""
    try:
        return {source.path.as_posix(): source for source in read_known(clips.folder)}
    except ClipsError:
        return {}


def _draw_clip(axis: Any, clips: ClipStore, clip: int, name: str, sources: Mapping[str, Source]) -> None:
    recipe = clips.recipe
    row = clips.index.iloc[clip]
    margin = clips.margin / recipe.frame_rate
    power = clips.power(np.array([clip]))[0]
    extent = (-margin, recipe.window.duration + margin)
    axis.set_axis_on()
    axis.tick_params(labelsize=6)
    axis.set_xlabel("s", fontsize=6)
    if power.shape[0] == 1:
        axis.plot(np.linspace(*extent, power.shape[1]), power[0], linewidth=0.4, color="black")
        axis.set(xlim=extent, yticks=[])
    else:
        _draw_power(axis, power, slice(row["first_frame"], row["first_frame"] + row["n_frames"]), extent)
    edges = band_edges_hz(Axes(recipe))
    if edges is not None:
        ticks, names, unit = frequency_ticks(edges)
        axis.set_yticks(ticks, names)
        axis.set_ylabel(unit, fontsize=6)
    source = sources.get(row["recording"])
    annotated = [] if source is None else list(known_on_channel(source, row["channel"]))
    _draw_events(axis, clips.events[clips.events["clip"] == clip], annotated, row["start_s"], extent, edges)
    for edge in (0, recipe.window.duration):
        axis.axvline(edge, color="white", linewidth=0.6, linestyle=":")
    axis.set_title(_title(name, row["recording"], row["start_s"]), fontsize=6, parse_math=False)


def _draw_events(
    axis: Any,
    events: pd.DataFrame,
    annotated: Sequence[Event],
    start_s: float,
    extent: tuple[float, float],
    edges: np.ndarray | None,
) -> None:
    """Mark the events of a clip: a line at the bottom, and a box around the annotated band.

    Parameters
    ----------
    events : DataFrame
        The events of the clip, in seconds from the start of its window.
    annotated : sequence of Event
        The annotations of the channel, in seconds from the start of the recording.
    start_s : float
        Start of the window in the recording, s.
    extent : (float, float)
        Start and end of the picture, in seconds from the start of the window.
    edges : ndarray or None
        As `band_edges_hz`.
    """
    for start, end, label in zip(events["start_s"], events["end_s"], events["label"]):
        span = (max(start, extent[0]), min(end, extent[1]))
        color = MARKS.get(label, "cyan")
        axis.axvspan(*span, 0, 0.04, color=color)
        if edges is not None and (band := _band_of(annotated, label, start_s + start)) is not None:
            low, high = np.interp(band, edges, np.arange(len(edges)))
            axis.fill_between(span, low, high, facecolor="none", edgecolor=color, linewidth=0.8)


def _draw_power(axis: Any, power: np.ndarray, sound: slice, extent: tuple[float, float]) -> None:
    """Draw power (band, frame) in dB over band numbers; frames outside of the slice `sound` stay white."""
    level = 10 * np.log10(np.maximum(power, 1e-10))
    low, high = np.percentile(level[:, sound], [20, 99.8])
    outside = np.ones(level.shape[1], dtype=bool)
    outside[sound] = False
    level[:, outside] = np.nan
    place = (*extent, 0, power.shape[0])
    axis.imshow(level, origin="lower", aspect="auto", extent=place, cmap="magma", vmin=low, vmax=high)


def band_edges_hz(axes: Axes) -> np.ndarray | None:
    """Return the edges of the bands, Hz (n_bands + 1,); None if the bands have no frequencies."""
    edges = [axes.edge_hz(band) for band in range(axes.n_bands + 1)]
    return None if None in edges else np.array(edges, dtype=np.float64)


def frequency_ticks(edges: np.ndarray) -> tuple[list[float], list[str], str]:
    """Choose round frequencies for the ticks of an axis of bands, spaced about evenly.

    Parameters
    ----------
    edges : ndarray
        Edges of the bands, Hz (n_bands + 1,).

    Returns
    -------
    (list of float, list of str, str)
        Places on the axis, in bands from the lower edge of the first; texts; unit.
    """
    n_bands = len(edges) - 1
    places = (np.arange(FREQUENCY_TICKS) + 0.5) * n_bands / FREQUENCY_TICKS
    at_places = np.interp(places, np.arange(n_bands + 1), edges)
    rounded = sorted({float(f"{hz:.1g}") for hz in at_places})
    inside = [hz for hz in rounded if edges[0] <= hz <= edges[-1]]
    scale, unit = (1000.0, "kHz") if edges[-1] >= KHZ_FROM else (1.0, "Hz")
    return np.interp(inside, edges, np.arange(n_bands + 1)).tolist(), [f"{hz / scale:g}" for hz in inside], unit


def _band_of(annotated: Sequence[Event], label: str, onset_s: float) -> tuple[float, float] | None:
    """Return the band, Hz, of the annotation with this label and onset; None if it has none."""
    alike = (event for event in annotated if event.label == label and abs(event.start_s - onset_s) < SAME_S)
    bands = ((event.low_hz, event.high_hz) for event in alike)
    return next(((low, high) for low, high in bands if low is not None and high is not None), None)


def _title(name: str, recording: str, start_s: float) -> str:
    """Write the title of a clip: label, start and recording, in as many lines as the name needs."""
    lines = textwrap.wrap(visible(Path(recording).stem), TITLE_CHARACTERS)
    return "\n".join([f"{visible(name)}, at {start_s:.1f} s of", *lines])
