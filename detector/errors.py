"""Errors that a user can correct. Each names the file or parameter, the value, and what is allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError


class DetectorError(Exception):
    """The base of all errors that are shown to the user. Each argument is one line; most errors have one."""

    exit_code = 2

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


class ConfigurationError(DetectorError):
    """A recipe, a parameter or a combination of them is not allowed."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of the library, as messages name it: `hop_s`. The command line shows its flag instead.

    Attributes
    ----------
    name : str
        Its name in Python. A dot separates two parameters of one name: `rules.background`.
    of : str
        The command that has the parameter, for example `extract`; empty for the command that runs.
    """

    name: str
    of: str = ""

    def __str__(self) -> str:
        """Write the name between backticks: the command line replaces it by the flag."""
        return f"`{self.of}.{self.name}`" if self.of else f"`{self.name}`"


class ParameterError(ConfigurationError):
    """A parameter has a value that is not allowed.

    Attributes
    ----------
    parameter : str
        Its name in Python.
    value : object
        Its value.
    problem : str
        Why the value is not allowed.
    allowed : str
        The allowed values; empty if the problem names them.
    """

    def __init__(self, parameter: str, value: object, problem: str, allowed: str = "") -> None:
        self.parameter = parameter
        self.value = value
        self.problem = problem
        self.allowed = allowed
        ending = f"; allowed: {allowed}" if allowed else ""
        super().__init__(f"{Parameter(parameter)}: {_value(value)}: {problem}{ending}")

    def __reduce__(self) -> tuple[type[ParameterError], tuple[str, object, str, str]]:
        """Return the arguments that recreate the error in another process; the message alone is not enough."""
        return type(self), (self.parameter, self.value, self.problem, self.allowed)


class AnnotationError(DetectorError):
    """An annotation table cannot be read."""


class RecordingError(DetectorError):
    """A recording cannot be read at all. The work on other recordings goes on."""

    exit_code = 1


class ContentError(RecordingError):
    """The content of a recording cannot be used. It fails in the same way each time, until the file changes."""


class ClipsError(DetectorError):
    """A folder of clips is incomplete or damaged, or cannot be used for this purpose."""


class ModelError(DetectorError):
    """A model folder is incomplete or damaged, or its weights do not fit its recipe."""


class OutputError(DetectorError):
    """An output exists already, or cannot be written."""


@dataclass(frozen=True)
class Fault:
    """Why a recording was not analysed.

    Attributes
    ----------
    reason : str
        One line for the user.
    bug : Exception or None
        The exception, if the program is at fault; None if the recording is.
    lasting : bool
        Whether the content of the recording is at fault, so that another attempt fails in the same way.
    """

    reason: str
    bug: Exception | None = None
    lasting: bool = False


def fault_of(recording: object, error: Exception) -> Fault:
    """Return why a recording was not analysed, given the exception that stopped it."""
    match error:
        case DetectorError():
            return Fault(str(error), lasting=isinstance(error, ContentError))
        case MemoryError():
            return Fault(f"{recording}: there is not enough memory for it")
    first = next(iter(str(error).splitlines()), "")
    return Fault(f"{recording}: the program failed on it: {type(error).__name__}: {first}", error)


KINDS = {  # allowed values of the key `kind` in each table
    "frontend": ("mel", "linear", "cqt", "waveform"),
    "scaling": ("db", "pcen", "none"),
    "calibration": ("platt", "isotonic"),
}
UNION_MEMBER = re.compile(r"constrained-int|literal\[.*|tuple\[.*")  # pydantic adds the type within a union to the path
PLAIN = re.compile(r"[\w.,:/=+-]+")  # a value that is clear without quotes
SHOWN = 200
"""Most characters of a value or a key that a message shows."""

MOST_FAULTS = 20
"""Most faults that a message lists."""

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


def shown(value: object) -> str:
    """Write a value as in Python, cut after `SHOWN` characters."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _value(value: object) -> str:
    """Write the value of a parameter, with quotes if it is not one plain word."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if PLAIN.fullmatch(text) and len(text) <= SHOWN else shown(text)


def one_line(error: Exception) -> str:
    """Write the message of an error on one line, cut if it is very long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 2 * SHOWN else f"{text[: 2 * SHOWN]}..."


def fault_lines(error: ValidationError) -> list[str]:
    """Write a line for each fault that pydantic found: dotted path, value, and what is allowed.

    The first `MOST_FAULTS` are written. The last line counts the others.
    """
    lines: list[str] = []
    values: dict[str, tuple[Any, list[str]]] = {}  # a union gives one fault for each of its types
    faults = error.errors(include_url=False)
    for fault in faults[:MOST_FAULTS]:
        path = _dotted(fault["loc"])
        value = fault["input"]
        message = fault["msg"]
        match fault["type"]:
            case "value_error":
                lines.extend(message.removeprefix("Value error, ").splitlines())
            case "missing":
                lines.append(f"{path}: is missing")
            case "extra_forbidden":
                lines.append(f"{path}: {shown(value)} is not a key of this table")
            case "union_tag_invalid" | "union_tag_not_found":
                kind = shown(value["kind"]) if "kind" in value else "is missing"
                lines.append(f"{path}.kind: {kind}: must be one of {', '.join(KINDS[path.rpartition('.')[2]])}")
            case _:
                values.setdefault(path, (value, []))[1].append(_plain(message))
    innermost = [path for path in values if not any(other.startswith(f"{path}.") for other in values)]
    lines += [f"{path}: {shown(values[path][0])}: must be {' or '.join(values[path][1])}" for path in innermost]
    if len(faults) > MOST_FAULTS:
        lines.append(f"and {len(faults) - MOST_FAULTS:,} more faults")
    return lines


def _dotted(location: tuple[int | str, ...]) -> str:
    """Join the keys of a path with dots; leave out the types within unions, which are not keys."""
    parts = [part for part in location if not UNION_MEMBER.fullmatch(str(part))]
    kinds = {n + 1 for n, part in enumerate(parts[:-1]) if parts[n + 1] in KINDS.get(str(part), ())}
    return ".".join(_key(part) for n, part in enumerate(parts) if n not in kinds)


def _key(part: int | str) -> str:
    """Write a key of a path, with quotes if it is not one plain word."""
    text = str(part)
    return text if text.isprintable() and len(text) <= SHOWN else shown(text)


def _plain(message: str) -> str:
    """Replace Python's words in a message of pydantic by the words of a person who writes TOML."""
    for technical, plainer in PLAINER:
        message = message.replace(technical, plainer)
    return message
