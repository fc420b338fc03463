"""What the labels of annotations mean: other names, sounds that are no calls, doubt, and the labels that are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LabelRules:
    """Rules for labels, by their old names or by their new ones.

    Attributes
    ----------
    rename : mapping of str to str
        Old to new names; the old name `*` stands for every other label.
    background : frozenset of str
        Labels of sounds that are not calls.
    uncertain : frozenset of str
        Labels of what may be a call or not.
    only : tuple of str
        The new names that are calls; empty for all.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    background: frozenset[str] = frozenset()
    uncertain: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()

    def renamed(self, label: str) -> str:
        """Give the new name of a label."""
        return self.rename.get(label, self.rename.get("*", label))

    def is_background(self, label: str) -> bool:
        """Return whether a label is declared to be of sounds that are not calls."""
        return self._is_among(label, self.background)

    def is_uncertain(self, label: str) -> bool:
        """Return whether a label is declared to be of what may be a call or not."""
        return self._is_among(label, self.uncertain)

    def is_wanted(self, label: str) -> bool:
        """Return whether the new name of a label is one of `only`, or all names are wanted."""
        return not self.only or self.renamed(label) in self.only

    def of_call(self, label: str) -> str | None:
        """Give the new name of a label of calls; None for any other label."""
        no_call = self.is_background(label) or self.is_uncertain(label) or not self.is_wanted(label)
        return None if no_call else self.renamed(label)

    def _is_among(self, label: str, labels: frozenset[str]) -> bool:
        return label in labels or self.renamed(label) in labels
