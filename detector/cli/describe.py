"""`detector describe`: print the layers of a model, their shapes and their costs."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from detector.cli.command import Command
from detector.cli.formatting import WIDTH, binary, hyphened, number, sizes, table
from detector.cli.json_option import JSON, check_json, json_file, show
from detector.cli.paths import refuse_inputs

if TYPE_CHECKING:
    from detector.network.axes import Extent
    from detector.network.rows import Description, FrontEndRow, LayerRow
    from detector.operating.points import Evidence, Operating, OperatingPoint
    from detector.recipe import Labels

LAYERS = (
    ("", "layer"),
    ("", "kind"),
    ("kernel", "bands x frames"),
    ("stride", "bands x frames"),
    ("output", "channels x bands x columns"),
    ("", "parameters"),
    ("", "multiply-adds"),
)
FIELDS = (
    ("", "layer"),
    ("", "connections"),
    ("", "of dense"),
    ("", "per parameter"),
    ("sees", "frames x bands"),
    ("sees", "ms"),
    ("sees", "Hz"),
    ("every", "frames x bands"),
    ("every", "ms"),
    ("every", "Hz"),
)
POINTS = (
    ("", "label"),
    ("", "threshold"),
    ("", "level"),
    ("", "depth"),
    ("", "gap s"),
    ("", "shortest s"),
    ("", "smooth s"),
    ("", "typical s"),
    ("", "calibration"),
    ("as tuned", "precision"),
    ("", "recall"),
    ("false alarms", "per hour"),
)
LEGEND = (
    "All for one window. Connections: pairs of an input and an output unit that are joined; of dense: their share of "
    "those in a dense layer of the same shapes (sparse interaction); per parameter: connections that use one parameter "
    "(parameter sharing). Sees: the receptive field of one output, in ms with the samples that its outer frames see; "
    "every: from one output to the next. Two figures with a hyphen: at the lowest and at the highest place along the "
    "bands. Parameters count those of batch norm."
)


@click.command(cls=Command, short_help="Print the layers of a model, with shapes and parameters.")
@click.argument("model", metavar="MODEL|RECIPE")
@JSON
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def describe(model: str, json_path: Path | None, force: bool) -> None:
    """Print the layers of a model, their shapes, their parameters and their receptive fields.

    MODEL|RECIPE is a shipped model or recipe, a model folder or a TOML file. The network is not built, so that even a
    network too large for this machine can be described. A note then says why it is too large and how to make it
    smaller.

    The object that --json prints has the keys model, sample_rate_hz, channel, window_s, labels, outputs, frontend,
    layers (a list), trunk_sees, trunk_every, totals and notes; and, for a model that can scan, operating.

    \b
    Examples:
      detector describe small-cnn
      detector describe my-recipe.toml
      detector describe models/my-whale --json | jq .totals.parameters
    """  # noqa: D301
    from dataclasses import asdict

    from detector.network.description import describe_recipe
    from detector.presets import find_recipe

    refuse_inputs([json_file(json_path)], [Path(model)])
    check_json(json_path, force)
    recipe = find_recipe(model)
    description = describe_recipe(model, recipe)
    operating = _operating(model, recipe.labels)

    def as_object() -> dict[str, object]:
        more = {} if operating is None else {"operating": operating.model_dump(mode="json", exclude_none=True)}
        return asdict(description) | more

    text = chain(as_text(description), () if operating is None else _points(operating))
    show(text, as_object, json_path, force)


def as_text(description: Description) -> Iterator[str]:
    """Render a description as lines of text."""
    yield from _head(description)
    yield ""
    yield from table(LAYERS, [_frontend_cells(description.frontend), *map(_layer_cells, description.layers)], left=2)
    yield ""
    yield from table(FIELDS, [_frontend_fields(description), *map(_field_cells, description.layers)], left=1)
    yield ""
    yield from textwrap.wrap(LEGEND, WIDTH)
    yield ""
    yield from _totals(description)
    for note in description.notes:
        yield ""
        yield from textwrap.wrap(f"Note: {note}", WIDTH, subsequent_indent="  ")


def _operating(model: str, labels: Labels) -> Operating | None:
    """Read the operating points of a model; None where `model` names a recipe without a model."""
    from detector.operating.points import OPERATING_FILE, read_operating
    from detector.presets import find_folder

    if Path(model).is_file():
        return None
    folder = find_folder(model)
    return read_operating(folder, labels) if (folder / OPERATING_FILE).is_file() else None


def _points(operating: Operating) -> Iterator[str]:
    yield ""
    yield from textwrap.wrap(f"Operating points, chosen for: {operating.chosen_on or 'nothing'}", WIDTH)
    rows = []
    for point in operating.label:
        shares = (f"{share:.4g}" for share in (point.threshold, point.level, point.depth))
        seconds = (point.gap_s, point.shortest_s, point.smooth_s or 0.0, point.typical_s)
        rows.append([point.name, *shares, *map(number, seconds), *_tuned_cells(point)])
    yield from table(POINTS, rows, left=1)
    for point in operating.label:
        if point.onset_threshold is not None:
            yield f"{point.name}: parted at onsets that score {point.onset_threshold:g} or more"
        if point.evidence is not None:
            yield from textwrap.wrap(f"{point.name}: {_evidence_text(point.evidence)}", WIDTH, subsequent_indent="  ")


def _evidence_text(evidence: Evidence) -> str:
    """Write the target, whether the figures support it, and the calibration error before and after calibration."""
    from detector.operating.target import parse_target

    target = parse_target(evidence.target)
    support = f"borne out: {evidence.summary(target)}" if evidence.borne_out else evidence.doubt(target)
    errors = (evidence.error_before, evidence.error_after)
    before, after = ("-" if error is None else f"{error:.3f}" for error in errors)
    return f"for {target.words}, {support}; calibration error {before} before, {after} after"


def _tuned_cells(point: OperatingPoint) -> list[str]:
    """Write the kind of calibration of a label, and precision, recall and false alarms per hour at its threshold."""
    kind = "none" if point.calibration is None else point.calibration.kind
    curve = point.curve
    if curve is None or point.threshold not in curve.threshold:
        return [kind, "", "", ""]
    n = curve.threshold.index(point.threshold)
    return [kind, f"{curve.precision(n):.3f}", f"{curve.recall(n):.3f}", number(curve.rate(n))]


def _head(description: Description) -> Iterator[str]:
    front = description.frontend
    names = ", ".join(description.labels) or "not named yet"
    yield description.model
    yield (
        f"  sound      {description.sample_rate_hz:,} Hz, channel {description.channel}, "
        f"windows of {description.window_s:g} s"
    )
    yield (
        f"  frames     {front.output[2]:,}, one every {number(front.hop_ms)} ms, each of {hyphened(front.frame_ms)} ms"
    )
    if front.band_hz is not None:
        yield (
            f"  bands      {front.output[1]:,} from {number(front.low_hz)} to {number(front.high_hz)} Hz, "
            f"{hyphened(front.band_hz)} Hz wide"
        )
    yield from textwrap.wrap(f"  labels     {names}", WIDTH, subsequent_indent=" " * 13)


def _frontend_cells(front: FrontEndRow) -> list[str]:
    frame = f"{hyphened(front.frame_ms)} ms"
    hop = f"{number(front.hop_ms)} ms"
    return ["frontend", f"{front.kind}, {front.scaling}", frame, hop, sizes(front.output), "", ""]


def _frontend_fields(description: Description) -> list[str]:
    front = description.frontend
    hop = number(front.hop_ms)
    return ["frontend", *[""] * 3, "1 x 1", hyphened(front.frame_ms), hyphened(front.band_hz), "1 x 1", hop, ""]


def _layer_cells(row: LayerRow) -> list[str]:
    return [
        row.layer,
        row.kind,
        sizes(row.kernel or ()),
        sizes(row.stride or ()),
        sizes(row.output),
        f"{row.parameters:,}" if row.parameters else "",
        f"{row.multiply_adds:,}" if row.multiply_adds else "",
    ]


def _field_cells(row: LayerRow) -> list[str]:
    return [
        row.layer,
        f"{row.connections:,}" if row.connections else "",
        "" if row.connected is None else f"{number(100 * row.connected)} %",
        "" if row.shared is None else number(row.shared),
        *_extent_cells(row.sees),
        *_extent_cells(row.every),
    ]


def _extent_cells(extent: Extent | None) -> list[str]:
    if extent is None:
        return [""] * 3
    return [sizes((extent.frames, extent.bands)), hyphened(extent.ms), hyphened(extent.hz)]


def _totals(description: Description) -> Iterator[str]:
    totals = description.totals
    sees = description.trunk_sees
    every = description.trunk_every
    yield f"parameters       {totals.parameters:,} ({binary(totals.parameter_bytes)} in float32)"
    yield f"activations      {binary(totals.activation_bytes)} a window in float32"
    yield f"multiply-adds    {totals.multiply_adds:,} a window, {totals.head_multiply_adds:,} of them in the head"
    yield f"                 {totals.multiply_adds_per_s:,.0f} a second of sound, windows side by side"
    if totals.shareable:
        yield f"                 {totals.trunk_multiply_adds_per_s:,.0f} a second of sound in the trunk, at any overlap"
    hertz = f" x {hyphened(sees.hz)} Hz" if sees.hz else ""
    yield (
        f"feature columns  each sees {hyphened(sees.ms)} ms{hertz}; one every {every.frames:,} frames"
        f" = {number(totals.column_ms)} ms" + (", which the hop should be a multiple of" if totals.shareable else "")
    )
    if totals.unused_frames:
        yield f"                 the last {totals.unused_frames:,} frames of a window reach none"
