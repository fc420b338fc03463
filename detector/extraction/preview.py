"""A sheet of example clips to look at before training on them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from detector.clips import CONFUSING, UNCERTAIN, ClipStore
from detector.drawing import check_picture, find_figure, save_picture
from detector.outputs import refuse_existing

COLUMNS = 6
ROWS_PER_KIND = 2
MARKS = {UNCERTAIN: "grey", CONFUSING: "orange"}


def check_preview(path: Path, *, force: bool) -> None:
    """Raise `ConfigurationError` or `OutputError` where a preview could not be drawn into `path`."""
    check_picture(path, "--preview")
    refuse_existing(path, force=force)


def draw_preview(clips: ClipStore, path: Path, seed: int = 0) -> None:
    """Draw clips of each label and of the background, calls marked, to a picture.

    Raises
    ------
    ConfigurationError
        Where matplotlib is not installed.
    OutputError
        Where the picture cannot be written.
    """
    groups = _groups(clips)
    rng = np.random.default_rng(seed)
    chosen = [(name, clip) for name, members in groups for clip in _draw(rng, members)]
    rows = -(-len(chosen) // COLUMNS)
    figure = find_figure("--preview")(figsize=(2.6 * COLUMNS, 2.0 * rows + 0.3), layout="constrained")
    axes = figure.subplots(rows, COLUMNS, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, (name, clip) in zip(axes.flat, chosen):
        _draw_clip(axis, clips, clip, name)
    with suppress(OSError):  # a folder that cannot be made is told below
        path.parent.mkdir(parents=True, exist_ok=True)
    save_picture(figure, path)


def _groups(clips: ClipStore) -> list[tuple[str, np.ndarray]]:
    kinds, labels = clips.index["kind"], clips.index["labels"]
    named = [
        (name, labels.str.split("|").map(lambda found, name=name: name in found)) for name in clips.recipe.labels.names
    ]
    groups = [(name, np.flatnonzero(mask)) for name, mask in named]
    groups += [(f"({kind})", np.flatnonzero(kinds == kind)) for kind in ("confusing", "background")]
    return [(name, members) for name, members in groups if len(members)]


def _draw(rng: np.random.Generator, members: np.ndarray) -> np.ndarray:
    count = min(len(members), COLUMNS * ROWS_PER_KIND)
    return np.sort(rng.choice(members, count, replace=False))


def _draw_clip(axis: Any, clips: ClipStore, clip: int, name: str) -> None:
    recipe, row = clips.recipe, clips.index.iloc[clip]
    margin = clips.margin / recipe.frame_rate
    power = clips.power(np.array([clip]))[0]
    axis.set_axis_on()
    axis.set(xticks=[0, recipe.window.duration], yticks=[])
    extent = (-margin, recipe.window.duration + margin)
    if power.shape[0] == 1:
        axis.plot(np.linspace(*extent, power.shape[1]), power[0], linewidth=0.4, color="black")
    else:
        level = 10 * np.log10(np.maximum(power, 1e-10))
        sound = slice(row["first_frame"], row["first_frame"] + row["n_frames"])
        low, high = np.percentile(level[:, sound], [20, 99.8])
        outside = np.ones(level.shape[1], dtype=bool)
        outside[sound] = False
        level[:, outside] = np.nan
        axis.imshow(level, origin="lower", aspect="auto", extent=(*extent, 0, 1), cmap="magma", vmin=low, vmax=high)
    events = clips.events[clips.events["clip"] == clip]
    for start, end, label in zip(events["start_s"], events["end_s"], events["label"]):
        axis.axvspan(max(start, extent[0]), min(end, extent[1]), 0, 0.04, color=MARKS.get(label, "cyan"))
    for edge in (0, recipe.window.duration):
        axis.axvline(edge, color="white", linewidth=0.6, linestyle=":")
    axis.set_title(f"{name}  {Path(row['recording']).stem[-22:]} {row['start_s']:.1f} s", fontsize=6)
    axis.tick_params(labelsize=6)
