"""What to evaluate: the tables, how to read them, and which recordings count."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from detector.labels import LabelRules
from detector.tables.table import ReadOptions, Table

if TYPE_CHECKING:
    from detector.tables.splits import Choice


@dataclass(frozen=True)
class EvaluateRequest:
    """The tables to compare, and how to read them.

    Attributes
    ----------
    detections, annotations : Path
        Tables, or folders of tables.
    effort : Path or None
        The effort table of the scan. Without it, the recordings that the tables name count as scanned.
    hours : float or None
        Length of these recordings together, if there is no `effort`.
    read : ReadOptions
        How to read `annotations`; its `label` fills empty labels in both.
    rules : LabelRules
        How to rename labels, and which to use.
    group : str or None
        Regular expression that finds the deployment in a recording's name.
    annotated_only : bool
        Whether to leave out recordings that `annotations` does not name.
    choice : Choice or None
        The split to evaluate; None for all recordings.
    listed_background : bool
        Whether recordings that only the split table or background rows name count as annotated, without calls.
    rows : tuple of Table or None
        The detections, if they are known already; None to read them from `detections`.
    """

    detections: Path
    annotations: Path
    effort: Path | None = None
    hours: float | None = None
    read: ReadOptions = field(default_factory=ReadOptions)
    rules: LabelRules = field(default_factory=LabelRules)
    group: str | None = None
    annotated_only: bool = False
    choice: Choice | None = None
    listed_background: bool = False
    rows: tuple[Table, ...] | None = None
