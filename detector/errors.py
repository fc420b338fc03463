"""The errors a user can mend: each says what, which file or key, which value, and what is allowed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError


class DetectorError(Exception):
    """The root of every error that is shown to the user: each argument is a line, mostly there is one."""

    exit_code = 2

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class ConfigurationError(DetectorError):
    """A recipe, an option or a combination of them is not allowed."""


class AnnotationError(DetectorError):
    """An annotation table cannot be read."""


class RecordingError(DetectorError):
    """A recording cannot be read at all; it costs only itself."""

    exit_code = 1


class ClipsError(DetectorError):
    """A folder of clips is not whole, or does not fit what it is used for."""


class ModelError(DetectorError):
    """A model folder is not whole, or does not fit the recipe it carries."""


class OutputError(DetectorError):
    """An output exists already, or cannot be written."""


KINDS = {"frontend": ("mel", "linear", "cqt", "waveform"), "scaling": ("db", "pcen", "none")}  # what a `kind` may be
UNION_MEMBER = re.compile(r"constrained-int|literal\[.*|tuple\[.*")  # pydantic names the member of a union in its path
PLAINER = (
    ("Input should be ", ""),
    ("Tuple should have", "a list of"),
    ("String should have", "a text of"),
    (" after validation", ""),
    ("a valid tuple", "a list"),
    ("a valid integer", "an integer"),
    (", unable to interpret input", ""),
    (" valid dictionary or instance of ", " table: "),
    (" valid ", " "),
    ("greater than or equal to", "at least"),
    ("less than or equal to", "at most"),
    ("greater than", "above"),
    ("less than", "below"),
)


def fault_lines(error: ValidationError) -> list[str]:
    """Write every fault that pydantic found on a line: its dotted path, the value, and what is allowed."""
    lines: list[str] = []
    values: dict[str, tuple[Any, list[str]]] = {}  # members of a union complain of one value in turn
    for fault in error.errors():
        path, value, message = _dotted(fault["loc"]), fault["input"], fault["msg"]
        match fault["type"]:
            case "value_error":
                lines.extend(message.removeprefix("Value error, ").splitlines())
            case "missing":
                lines.append(f"{path}: is missing")
            case "extra_forbidden":
                lines.append(f"{path}: {value!r} is not a key of this table")
            case "union_tag_invalid" | "union_tag_not_found":
                said = repr(value["kind"]) if "kind" in value else "is missing"
                lines.append(f"{path}.kind: {said}: must be one of {', '.join(KINDS[path.rpartition('.')[2]])}")
            case _:
                values.setdefault(path, (value, []))[1].append(_plain(message))
    within = tuple(path for path in values if not any(other.startswith(f"{path}.") for other in values))
    return lines + [f"{path}: {values[path][0]!r}: must be {' or '.join(values[path][1])}" for path in within]


def _dotted(location: tuple[int | str, ...]) -> str:
    """Join a path; leave out the members of unions, which are no keys."""
    parts = [part for part in location if not UNION_MEMBER.fullmatch(str(part))]
    kinds = {n + 1 for n, part in enumerate(parts[:-1]) if parts[n + 1] in KINDS.get(str(part), ())}
    return ".".join(str(part) for n, part in enumerate(parts) if n not in kinds)


def _plain(message: str) -> str:
    """Say what is allowed in the words of a person who writes TOML."""
    for said, plainer in PLAINER:
        message = message.replace(said, plainer)
    return message
