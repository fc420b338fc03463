"""The errors a user can mend: each says what, which file or key, which value, and what is allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError


class DetectorError(Exception):
    """The root of every error that is shown to the user: each argument is a line, mostly there is one."""

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
        What it is called in Python, with a dot where the name alone could be two: `rules.background`.
    of : str
        The step that has the parameter, where that is another than the one that runs: `extract`.
    """

    name: str
    of: str = ""

    def __str__(self) -> str:
        """Write the name between backticks, by which the command line finds it."""
        return f"`{self.of}.{self.name}`" if self.of else f"`{self.name}`"


class ParameterError(ConfigurationError):
    """A parameter has a value that it may not have.

    Attributes
    ----------
    parameter : str
        What it is called in Python.
    value : object
        What it was set to.
    problem : str
        Why that cannot be.
    allowed : str
        What can be; empty where the problem says it.
    """

    def __init__(self, parameter: str, value: object, problem: str, allowed: str = "") -> None:
        self.parameter = parameter
        self.value = value
        self.problem = problem
        self.allowed = allowed
        ending = f"; allowed: {allowed}" if allowed else ""
        super().__init__(f"{Parameter(parameter)}: {_value(value)}: {problem}{ending}")

    def __reduce__(self) -> tuple[type[ParameterError], tuple[str, object, str, str]]:
        """Give what makes it anew in another process, which is more than the message."""
        return type(self), (self.parameter, self.value, self.problem, self.allowed)


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


@dataclass(frozen=True)
class Fault:
    """Why a recording was not analysed.

    Attributes
    ----------
    reason : str
        In one line.
    bug : Exception or None
        What the program did not expect; None where the recording is at fault.
    """

    reason: str
    bug: Exception | None = None


def fault_of(recording: object, error: Exception) -> Fault:
    """Say in one line why a recording was not analysed."""
    match error:
        case DetectorError():
            return Fault(str(error))
        case MemoryError():
            return Fault(f"{recording}: there is not enough memory for it")
    first = next(iter(str(error).splitlines()), "")
    return Fault(f"{recording}: the program failed on it: {type(error).__name__}: {first}", error)


KINDS = {  # what a `kind` may be
    "frontend": ("mel", "linear", "cqt", "waveform"),
    "scaling": ("db", "pcen", "none"),
    "calibration": ("platt", "isotonic"),
}
UNION_MEMBER = re.compile(r"constrained-int|literal\[.*|tuple\[.*")  # pydantic names the member of a union in its path
PLAIN = re.compile(r"[\w.,:/=+-]+")  # a value that needs no quotes in a line
SHOWN = 200
"""Characters of a value or a key that a line shows."""

MOST_FAULTS = 20
"""Faults that are written, each on a line."""

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
    """Write a value as in Python, cut where it is too long for a line."""
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _value(value: object) -> str:
    """Write the value of a parameter; quoted where it is no plain word of a line."""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if PLAIN.fullmatch(text) and len(text) <= SHOWN else shown(text)


def one_line(error: Exception) -> str:
    """Write what an error says on a line, cut where it is too long for one."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 2 * SHOWN else f"{text[: 2 * SHOWN]}..."


def fault_lines(error: ValidationError) -> list[str]:
    """Write every fault that pydantic found on a line: its dotted path, the value, and what is allowed.

    Of very many, the first `MOST_FAULTS` are written and the others counted.
    """
    lines: list[str] = []
    values: dict[str, tuple[Any, list[str]]] = {}  # members of a union complain of one value in turn
    faults = error.errors(include_url=False)
    for fault in faults[:MOST_FAULTS]:
        path, value, message = _dotted(fault["loc"]), fault["input"], fault["msg"]
        match fault["type"]:
            case "value_error":
                lines.extend(message.removeprefix("Value error, ").splitlines())
            case "missing":
                lines.append(f"{path}: is missing")
            case "extra_forbidden":
                lines.append(f"{path}: {shown(value)} is not a key of this table")
            case "union_tag_invalid" | "union_tag_not_found":
                said = shown(value["kind"]) if "kind" in value else "is missing"
                lines.append(f"{path}.kind: {said}: must be one of {', '.join(KINDS[path.rpartition('.')[2]])}")
            case _:
                values.setdefault(path, (value, []))[1].append(_plain(message))
    within = tuple(path for path in values if not any(other.startswith(f"{path}.") for other in values))
    lines += [f"{path}: {shown(values[path][0])}: must be {' or '.join(values[path][1])}" for path in within]
    return lines + ([f"and {len(faults) - MOST_FAULTS:,} faults more"] if len(faults) > MOST_FAULTS else [])


def _dotted(location: tuple[int | str, ...]) -> str:
    """Join a path; leave out the members of unions, which are no keys."""
    parts = [part for part in location if not UNION_MEMBER.fullmatch(str(part))]
    kinds = {n + 1 for n, part in enumerate(parts[:-1]) if parts[n + 1] in KINDS.get(str(part), ())}
    return ".".join(_key(part) for n, part in enumerate(parts) if n not in kinds)


def _key(part: int | str) -> str:
    """Write a part of a path; quoted where it is no plain word of a line."""
    text = str(part)
    return text if text.isprintable() and len(text) <= SHOWN else shown(text)


def _plain(message: str) -> str:
    """Say what is allowed in the words of a person who writes TOML."""
    for said, plainer in PLAINER:
        message = message.replace(said, plainer)
    return message
