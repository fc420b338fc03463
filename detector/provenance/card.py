"""Render the README.md of a model folder from its provenance and its recipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from detector.network.geometry import measure
from detector.operating.target import parse_target
from detector.provenance.definition import (
    DataSource,
    MiningRecord,
    Origin,
    Provenance,
    Round,
    SplitRecord,
    TrainingRecord,
    TunedLabel,
    TuningRecord,
)
from detector.recipe import Recipe

CARD_FILE = "README.md"
RENDERED = "<!-- detector makes this file from provenance.toml. It replaces what you change here. -->"
CHOSEN = (
    "Thresholds of `operating.toml` were chosen on the split validation, so F1 is too high there; training made no "
    "choice on the split test. "
)
NOT_CHOSEN = "There was no validation to choose thresholds on: those of `operating.toml` are 0.5. "
TUNED_AFTER = (
    "Thresholds of this table were chosen on the split validation when the model was trained, so F1 is too high there; "
    "training made no choice on the split test. Those of `operating.toml` are of `detector tune` (below). "
)
NOT_CHOSEN_TUNED_AFTER = (
    "There was no validation to choose thresholds on: those of `operating.toml` are of `detector tune` (below). "
)
CAUTION = (
    "Figures are over {unit} of the clips, which hold more calls than a recording does: measure on whole recordings "
    "before you trust them."
)
EARLIER = (
    "This model was made before version 0.2.0. This is the README.md that it had then, word for word. Where it speaks "
    "of thresholds, the sections above are newer."
)


def render_card(provenance: Provenance, recipe: Recipe) -> str:
    """Render the README.md of a model (Markdown).

    Parameters
    ----------
    recipe : Recipe
        The recipe of the model, for its labels, window and size.
    """
    columns = recipe.network.dense.per == "frame"
    lines = list(_head(provenance, recipe))
    if provenance.training is not None:
        unit = "frames" if columns else "windows"
        lines += _trained(provenance, provenance.training)
        lines += _figures(provenance.training, unit, tuned=provenance.tuning is not None)
    for mining in provenance.mining:
        lines += _mined(mining, "columns" if columns else "windows")
    if provenance.tuning is not None:
        lines += _tuned(provenance.tuning)
    lines += _earlier(provenance)
    return "\n".join([*lines, RENDERED, ""])


def _head(provenance: Provenance, recipe: Recipe) -> Iterator[str]:
    geometry = measure(recipe)
    labels = ", ".join(f"`{label}`" for label in recipe.labels.names)
    products = geometry.multiply_adds / recipe.window.duration / 1e6
    cost = f"{products:.1f} million multiply-adds a second of sound, windows side by side"
    yield from (f"# {provenance.name}", "")
    yield from (f"Finds {labels} in recordings: `detector scan RECORDINGS -m {provenance.name}`.", "")
    if provenance.about:
        yield from (provenance.about.strip(), "")
    yield f"- {geometry.parameters:,} parameters; {cost}"
    yield f"- windows of {recipe.window.duration:g} s at {recipe.audio.sample_rate} Hz"
    training = provenance.training
    if training is not None:
        programs = f"detector {training.versions.detector} and torch {training.versions.torch}"
        made = f"trained on {training.date} with {programs} in {training.precision}"
        yield f"- recipe {training.recipe} (`recipe.toml`), seed {training.seed}, {made}"
    yield f"- licence of the weights: {provenance.licence}"
    newer = ""
    for origin in training.origin if training is not None else ():
        yield f"- {newer}begun from {_origin(origin)}"
        newer = f"`{origin.name}` was "
    yield ""


def _origin(origin: Origin) -> str:
    """Describe a model that training began from: name, licence and data."""
    parts = [f"the model `{origin.name}`, {origin.fingerprint}"]
    if origin.licence:
        parts.append(f"its licence: {origin.licence}")
    if origin.recordings_from:
        parts.append(f"it was trained on {_folders(origin.recordings_from)}")
    if origin.frozen:
        parts.append(f"frozen stages of the trunk: {origin.frozen}")
    return "; ".join(parts)


def _trained(provenance: Provenance, training: TrainingRecord) -> Iterator[str]:
    yield from ("## Trained on", "")
    counts = ([split.recordings, split.groups, split.clips, split.with_calls] for split in training.split)
    rows = ([split.name, *map(str, numbers)] for split, numbers in zip(training.split, counts))
    yield from _table(["split", "recordings", "groups", "clips", "with calls"], rows)
    if provenance.recordings_from:
        yield from (f"Recordings come from: {_folders(provenance.recordings_from)}.", "")
    yield from _sources(provenance.data)
    for origin in provenance.others:
        if origin.data:
            yield from (f"The model `{origin.name}` was trained on:", "", *_sources(origin.data))


def _sources(data: Sequence[DataSource]) -> Iterator[str]:
    for source in data:
        by = f" by {source.by}" if source.by else ""
        licence = f", {source.licence}" if source.licence else ""
        used_for = f": {source.used_for}" if source.used_for else ""
        yield f"- {source.name}{by}{licence}{used_for}"
    if data:
        yield ""


def _figures(training: TrainingRecord, unit: str, *, tuned: bool) -> Iterator[str]:
    yield from (f"## Figures, over {unit}", "")
    rows = (row for split in training.split for row in _figures_of(split))
    yield from _table(["split", "label", "average precision", "F1", "at threshold"], rows)
    if training.chose_thresholds:
        chosen = TUNED_AFTER if tuned else CHOSEN
    else:
        chosen = NOT_CHOSEN_TUNED_AFTER if tuned else NOT_CHOSEN
    yield from (chosen + CAUTION.format(unit=unit), "")


def _figures_of(split: SplitRecord) -> Iterator[list[str]]:
    for label in split.label:
        figures = [f"{label.average_precision:.4f}", f"{label.f1:.4f}", f"{label.threshold:.3f}"]
        yield [split.name, label.name, *figures]
    if split.accuracy is not None:
        yield [split.name, "accuracy", f"{split.accuracy:.4f}", "", ""]


def _mined(mining: MiningRecord, points: str) -> Iterator[str]:
    kept = "no round helped, so this is that model" if mining.kept == 0 else "the best round was kept"
    yield from ("## Hard-negative mining", "")
    yield (
        f"Each round scanned {mining.training_recordings} fully annotated training recordings, added the windows that "
        "scored highest where nothing is annotated to the clips (kind `mined`), and trained again. Figures are over "
        f"all {points} of {mining.validation_recordings} validation recordings. Round 0 is the model "
        f"`{mining.origin.name}`; {kept}."
    )
    yield from ("", *rounds_table(mining.round, mining.kept), "")


def rounds_table(rounds: Sequence[Round], kept: int) -> list[str]:
    """Write rounds of mining as the lines of a Markdown table, in which the best one is marked."""
    lines = ["| round | clips added | of recordings | average precision | F1 |", "|---|---|---|---|---|"]
    for number, each in enumerate(rounds):
        mark = " (kept)" if number == kept else ""
        counts = f"{each.added} | {each.recordings}"
        lines.append(f"| {number}{mark} | {counts} | {each.average_precision:.4f} | {each.f1:.4f} |")
    return lines


def _tuned(tuning: TuningRecord) -> Iterator[str]:
    chosen = tuning.chosen
    yield from ("## Thresholds of `detector tune`", "")
    yield from (f"`operating.toml` holds what `detector tune` chose on {tuning.date}:", "")
    yield f"- target: {parse_target(chosen.target).words}, at an IoU of {chosen.iou:g}"
    yield f"- recordings: {chosen.recordings:,}, {chosen.hours:.3g} h (data {chosen.data})"
    yield from (f"- annotated events: {chosen.events:,}", "")
    yield "Figures are of these recordings, so they may be too good. In brackets: 95 % intervals."
    rows = (_tuned_label(label) for label in tuning.label)
    yield from ("", *_table(["label", "threshold", "target", "figure", "borne out"], rows))


def _tuned_label(label: TunedLabel) -> list[str]:
    evidence = label.evidence
    if evidence is None:
        return [label.name, f"{label.threshold:.4g}", "not tuned", "", ""]
    figure = f"{evidence.figure:.3g} ({evidence.low:.3g} to {evidence.high:.3g})"
    borne_out = "yes" if evidence.borne_out else "no"
    return [label.name, f"{label.threshold:.4g}", parse_target(evidence.target).words, figure, borne_out]


def _earlier(provenance: Provenance) -> Iterator[str]:
    """Quote the cards of models made before 0.2.0: this model, and the models that it was made from."""
    if provenance.earlier_card.strip():
        yield from ("## Earlier card", "", EARLIER, "", *_quoted(provenance.earlier_card), "")
    for origin in provenance.others:
        if origin.earlier_card.strip():
            yield from (f"## Earlier card of the model `{origin.name}`", "", *_quoted(origin.earlier_card), "")


def _quoted(text: str) -> list[str]:
    return [f"> {line}".rstrip() for line in text.strip().split("\n")]


def _folders(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Write a Markdown table; an empty cell is a space."""
    lines = [_row(heading), "|" + "---|" * len(heading), *map(_row, rows)]
    return [*lines, ""]


def _row(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"
