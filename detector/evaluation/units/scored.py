"""Units with their annotated labels and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from detector.estimates.arrays import Flags, Integers, Numbers

Kind = Literal["spans", "files"]


@dataclass(frozen=True)
class LabelledUnit:
    """A span of a recording, or a whole one.

    Attributes
    ----------
    recording : Path
        The file.
    channel : str or None
        The channel that the annotation names; None for any.
    start_s, end_s : float
        Its times, s: 0 and infinity for a whole recording.
    labels : frozenset of str
        The calls in it.
    uncertain : bool
        Whether it may hold calls that `labels` lacks.
    """

    recording: Path
    channel: str | None
    start_s: float
    end_s: float
    labels: frozenset[str]
    uncertain: bool = False


@dataclass(frozen=True)
class ScoredUnits:
    """Units and their scores.

    Attributes
    ----------
    kind : {"spans", "files"}
        What the units are.
    units : sequence of LabelledUnit
        At least one.
    labels : tuple of str
        Every label that is annotated or has scores, sorted.
    scores : array (unit, label)
        From 0 to 1.
    groups : array of int (unit,)
        Number of the recording or deployment of each unit, from 0, which the bootstrap draws as one.
    source : str
        Where the scores come from, in words.
    by_deployment : bool
        Whether the groups are deployments.
    """

    kind: Kind
    units: Sequence[LabelledUnit]
    labels: tuple[str, ...]
    scores: Numbers
    groups: Integers
    source: str = "detections"
    by_deployment: bool = False

    @cached_property
    def truth(self) -> Flags:
        """Whether each unit has each label (unit, label)."""
        return np.array([[label in unit.labels for label in self.labels] for unit in self.units], bool).reshape(
            len(self.units), len(self.labels)
        )

    @cached_property
    def doubt(self) -> Flags:
        """Whether each unit may have labels that nobody knows of (unit,)."""
        return np.array([unit.uncertain for unit in self.units], bool)

    @property
    def n_groups(self) -> int:
        """The number of groups."""
        return int(self.groups.max()) + 1

    @property
    def of_one_label(self) -> bool:
        """Whether each unit has exactly one label, and there are several labels."""
        return bool((self.truth.sum(axis=1) == 1).all() and not self.doubt.any() and self.truth.any(axis=0).sum() > 1)
