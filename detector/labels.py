"""Rules for labels of annotations: new names, sounds that are not calls, uncertain calls, wanted labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class LabelRules:
    """Rules for labels; each rule may use the old name of a label or the new one.

    Attributes
    ----------
    rename : mapping of str to str
        Old to new names; the old name `*` stands for every other label.
    background : frozenset of str
        Labels of sounds that are not calls.
    uncertain : frozenset of str
        Labels of sounds that may or may not be calls.
    only : tuple of str
        The new names of the wanted calls; empty for all.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    background: frozenset[str] = frozenset()
    uncertain: frozenset[str] = frozenset()
    only: tuple[str, ...] = ()

    def renamed(self, label: str) -> str:
        """Return the new name of a label."""
        return self.rename.get(label, self.rename.get("*", label))

    def is_background(self, label: str) -> bool:
        """Return whether a rule says that sounds with this label are not calls."""
        return self._is_among(label, self.background)

    def is_uncertain(self, label: str) -> bool:
        """Return whether a rule says that sounds with this label may or may not be calls."""
        return self._is_among(label, self.uncertain)

    def is_wanted(self, label: str) -> bool:
        """Return whether calls with this label are wanted: its new name is one of `only`, or `only` is empty."""
        return not self.only or self.renamed(label) in self.only

    def of_call(self, label: str) -> str | None:
        """Return the new name of a label if its sounds are wanted calls, else None."""
        not_a_call = self.is_background(label) or self.is_uncertain(label) or not self.is_wanted(label)
        return None if not_a_call else self.renamed(label)

    def _is_among(self, label: str, labels: frozenset[str]) -> bool:
        return label in labels or self.renamed(label) in labels
