"""The pattern with which a user says where the time stands in the names of recordings."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import PurePosixPath

from detector.audio.times.evidence import YEARS, Evidence
from detector.audio.times.names import BY_PATTERN
from detector.chronology import Chronology
from detector.errors import ParameterError

_DIGITS = {
    "%Y": r"\d{4}",
    "%y": r"\d\d",
    "%m": r"\d\d",
    "%b": r"[^\W\d_]{3}",
    "%B": r"[^\W\d_]{3,}",
    "%d": r"\d\d",
    "%j": r"\d{3}",
    "%H": r"\d\d",
    "%I": r"\d\d",
    "%p": r"[AaPp][Mm]",
    "%M": r"\d\d",
    "%S": r"\d\d",
    "%f": r"\d{1,6}",
    "%z": r"(?:Z|[+-]\d\d:?\d\d)",
    "%%": "%",
}
"""The directives of `strptime` that a pattern may have, and what each of them matches in a name."""

_NEEDED = (
    ("a year (%Y or %y)", ({"%Y"}, {"%y"})),
    ("a day (%m and %d, or %j)", ({"%m", "%d"}, {"%b", "%d"}, {"%B", "%d"}, {"%j"})),
    ("an hour (%H, or %I with %p)", ({"%H"}, {"%I", "%p"})),
)
_DIRECTIVE = re.compile("%.?", re.DOTALL)
_EXAMPLE = "a pattern such as %Y%m%d_%H%M%S"


@dataclass(frozen=True)
class TimePattern:
    """A text with directives of `strptime`, which is searched for in the names of recordings.

    Attributes
    ----------
    text : str
        Such as "%Y%m%d_%H%M%S" or "SITE_%y%j-%H%M". Other characters stand for themselves.

    Raises
    ------
    ParameterError
        If it has an unknown directive, has one twice, or does not give a year, a day and an hour.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    def __post_init__(self) -> None:
        directives = Counter(_DIRECTIVE.findall(self.text))
        for directive, number in directives.items():
            if directive not in _DIGITS:
                allowed = ", ".join(_DIGITS)
                raise ParameterError("time_pattern", self.text, f"{directive!r} is no known directive", allowed)
            if number > 1 and directive != "%%":
                raise ParameterError("time_pattern", self.text, f"has {directive} {number} times", _EXAMPLE)
        for name, choices in _NEEDED:
            if not any(choice <= directives.keys() for choice in choices):
                raise ParameterError("time_pattern", self.text, f"does not give {name}", _EXAMPLE)

    def read(self, evidence: Evidence) -> Chronology | None:
        """Read the time in the name of a recording; None if the pattern is not in it, or gives no time."""
        match = _expression(self.text).search(PurePosixPath(evidence.place.name).name)
        if match is None:
            return None
        try:
            when = datetime.strptime(match[0], self.text)
        except ValueError:
            return None
        return Chronology.since(when, BY_PATTERN, match[0]) if when.year in YEARS else None


@cache
def _expression(text: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern."""
    literals = _DIRECTIVE.split(text)
    directives = [*(_DIGITS[directive] for directive in _DIRECTIVE.findall(text)), ""]
    return re.compile("".join(re.escape(literal) + directive for literal, directive in zip(literals, directives)))
