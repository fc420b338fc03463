"""The card of a model that was tuned: where its thresholds come from."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from detector.errors import ModelError
from detector.operating.points import Evidence, Operating, OperatingPoint
from detector.operating.target import parse_target
from detector.texts import CARD_BYTES, many, read_text
from detector.training.card import CHOSEN, NOT_CHOSEN

HEADING = "## Thresholds of `detector tune`"
SECTION = re.compile(rf"\n*^{re.escape(HEADING)}$.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
AS_TRAINED = (
    "Thresholds of this table were chosen on the split validation when the model was trained, so F1 is too high there; "
    "the split test was not used for any choice. Those of `operating.toml` are of `detector tune` (below). "
)
NOT_AS_TRAINED = (
    "There was no validation to choose thresholds on: those of `operating.toml` are of `detector tune` (below). "
)


def tuned_card(card: str, operating: Operating) -> str:
    """Say in a card (Markdown) that thresholds are those of a tuning, and on what; in the place of an earlier one."""
    kept = SECTION.sub("\n\n", card).rstrip()
    kept = kept.replace(CHOSEN, AS_TRAINED).replace(NOT_CHOSEN, NOT_AS_TRAINED)
    return "\n".join([kept, "", *_section(operating), ""])


def read_card(path: Path) -> str:
    """Read a card as it is, whatever bytes it has; empty where there is none.

    Raises
    ------
    ModelError
        Where it is larger than any card.
    """
    try:
        return read_text(path, CARD_BYTES, errors="surrogateescape") if path.is_file() else ""
    except ValueError as error:
        raise ModelError(f"{path}: cannot be read: {error}") from error


def _section(operating: Operating) -> list[str]:
    tuned = operating.tuned
    assert tuned is not None
    what = (
        f"`operating.toml` holds what `detector tune` chose on {datetime.now(UTC).date().isoformat()} for "
        f"{parse_target(tuned.target).words} at an IoU of {tuned.iou:g}: on {many(tuned.recordings, 'recording')}, "
        f"{tuned.hours:.3g} h, {many(tuned.events, 'annotated event')} (data {tuned.data}). Figures are of these "
        "recordings, and flatter; in brackets 95 % intervals."
    )
    rows = [_row(point, point.evidence) for point in operating.label]
    return [
        HEADING,
        "",
        what,
        "",
        "| label | threshold | target | figure | borne out |",
        "|---|---|---|---|---|",
        *rows,
    ]


def _row(point: OperatingPoint, evidence: Evidence | None) -> str:
    if evidence is None:
        return f"| {point.name} | {point.threshold:.4g} | not tuned | | |"
    figure = f"{evidence.figure:.3g} ({evidence.low:.3g} to {evidence.high:.3g})"
    borne = "yes" if evidence.borne_out else "no"
    return f"| {point.name} | {point.threshold:.4g} | {parse_target(evidence.target).words} | {figure} | {borne} |"
