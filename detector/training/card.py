"""The model card: what a model was trained on, how well it does, what it may be used for."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from detector.clips import SPLITS, ClipStore
from detector.network.geometry import measure
from detector.training.figures import TrainFigures

CARD_FILE = "README.md"
CHOSEN = (
    "Thresholds of `operating.toml` were chosen on the split validation, so F1 is too high there; the split test was "
    "not used for any choice. "
)
NOT_CHOSEN = "There was no validation to choose thresholds on: those of `operating.toml` are 0.5. "
CAUTION = (
    "Figures are over {what} of the clips, which hold more calls than a recording does: measure on whole recordings "
    "before you trust them."
)


@dataclass(frozen=True)
class Card:
    """What the card says that training does not know: name, licence, what the model is for (Markdown), and the seed.

    `begun` says what model the training began from, `precision` what it computed in.
    """

    name: str
    licence: str
    about: str
    seed: int
    begun: str = ""
    precision: str = "float32"


def write_card(folder: Path, store: ClipStore, found: dict[str, TrainFigures], card: Card) -> None:
    """Write the card of a model into its folder."""
    recipe, geometry = store.recipe, measure(store.recipe)
    what = "frames" if recipe.network.dense.per == "frame" else "windows"
    labels = ", ".join(f"`{label}`" for label in recipe.labels.names)
    products = geometry.multiply_adds / recipe.window.duration / 1e6
    cost = f"{products:.1f} million multiply-adds a second of sound, windows side by side"
    made = f"detector {importlib.metadata.version('detector')} and torch {torch.__version__} in {card.precision}"
    lines = [
        f"# {card.name}",
        "",
        f"Finds {labels} in recordings: `detector scan RECORDINGS -m {card.name}`.",
        "",
        *([card.about.strip(), ""] if card.about else []),
        f"- {geometry.parameters:,} parameters; {cost}",
        f"- windows of {recipe.window.duration:g} s at {recipe.audio.sample_rate} Hz",
        f"- recipe {recipe.fingerprint()} (`recipe.toml`), seed {card.seed}, trained on {_today()} with {made}",
        f"- licence of the weights: {card.licence}",
        *([f"- {card.begun}"] if card.begun else []),
        "",
        "## Trained on",
        "",
        "| split | recordings | groups | clips | with calls |",
        "|---|---|---|---|---|",
    ]
    for split in SPLITS:
        rows = store.index[store.index["split"] == split]
        counts = [rows["recording"].nunique(), rows["group"].nunique(), len(rows), int((rows["kind"] == "call").sum())]
        lines.append(f"| {split} | " + " | ".join(str(count) for count in counts) + " |")
    lines += ["", "Recordings come from: " + ", ".join(_folders(store)) + ".", "", f"## TrainFigures, over {what}", ""]
    lines += ["| split | label | average precision | F1 | at threshold |", "|---|---|---|---|---|"]
    for split, figure in found.items():
        for label, value in figure.average_precision.items():
            lines.append(
                f"| {split} | {label} | {value:.4f} | {figure.f1[label]:.4f} | {figure.threshold[label]:.3f} |"
            )
        if figure.accuracy is not None:
            lines.append(f"| {split} | accuracy | {figure.accuracy:.4f} | | |")
    chosen = CHOSEN if found["validation"].threshold else NOT_CHOSEN
    lines += ["", chosen + CAUTION.format(what=what), ""]
    (folder / CARD_FILE).write_text("\n".join(lines), encoding="utf-8")


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _folders(store: ClipStore) -> list[str]:
    return sorted({f"`{Path(name).parent.name}/`" for name in store.index["recording"]})
