"""Targets for the choice of a threshold: the best F1, a precision, or a rate of false alarms."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from detector.errors import ConfigurationError

Kind = Literal["f1", "p", "fa"]

FORMS = re.compile(r"(?:(?P<f1>f1)|p=(?P<p>[^/]+)|fa=(?P<fa>[^/]+)/h)")
ALLOWED = "f1, p=PRECISION as in p=0.9, or fa=RATE/h as in fa=2/h"


@dataclass(frozen=True)
class Target:
    """A target for each label.

    Attributes
    ----------
    kind : {"f1", "p", "fa"}
        The best F1, a least precision, or a greatest number of false alarms per hour.
    value : float
        The precision, in (0, 1], or the rate per hour, from 0.
    """

    kind: Kind
    value: float = 0.0

    def __str__(self) -> str:
        """Format the target as `parse_target` reads it."""
        return {"f1": "f1", "p": f"p={self.value:.15g}", "fa": f"fa={self.value:.15g}/h"}[self.kind]

    @property
    def words(self) -> str:
        """Format the target as words of a sentence."""
        return {
            "f1": "the best F1",
            "p": f"a precision of {self.value:g}",
            "fa": f"{self.value:g} false alarms per hour",
        }[self.kind]


def parse_target(text: str) -> Target:
    """Read a target such as `f1`, `p=0.9` or `fa=2/h`.

    Raises
    ------
    ConfigurationError
        If the text has none of these forms, or its number is out of range.
    """
    form = FORMS.fullmatch(text)
    if form is None:
        raise ConfigurationError(f"{text!r}: must be {ALLOWED}")
    if form["f1"]:
        return Target("f1")
    kind: Kind = "p" if form["p"] else "fa"
    try:
        value = float(form[kind])
    except ValueError:
        value = math.nan
    if kind == "p" and not 0 < value <= 1:
        raise ConfigurationError(f"{text!r}: the precision must be above 0 and at most 1")
    if kind == "fa" and not 0 <= value < math.inf:
        raise ConfigurationError(f"{text!r}: the rate must be a number from 0")
    return Target(kind, value)
