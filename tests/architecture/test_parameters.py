"""The library names its parameters as Python does; the command line knows the flag of each that it may name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from detector.cli import commands
from detector.cli.flags import NAMES, flags

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "detector").rglob("*.py"))
}
LIBRARY = [name for name in FILES if name != "detector.__main__" and not name.startswith("detector.cli")]
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}

ARGUMENT = {"Parameter": 0, "ParameterError": 0, "find_figure": 0, "check_picture": 1, "check_drawing": 1}
"""Which argument of these names a parameter."""

NEVER_SET = {
    "audit": {"format", "label", "threshold"},  # it reads detections, which have labels
    "benchmark": {
        *("engine", "format", "freeze", "group", "hop_s", "label", "resume", "start", "threshold", "time_pattern"),
        "timezone",
    },
    "classify": {"engine", "format", "hop_s", "label", "precision", "threshold"},
    "describe": {"threshold"},
    "convert": {"threshold"},
    "detect": {"engine", "hop_s", "label", "time_pattern"},
    "evaluate": {"engine", "hop_s", "onset_threshold"},
    "info": {"label"},
    "merge": {"format", "label", "threshold"},
    "mine": {
        *("annotated_only", "engine", "format", "freeze", "group", "hop_s", "label", "rename", "split", "threshold"),
        *("time_pattern", "timezone"),
    },
    "scan": {"group", "label"},
    "summary": {
        *("annotated_only", "format", "hours", "rename", "rules.background", "rules.only", "rules.uncertain"),
        *("threshold", "time_pattern"),
    },
    "train": {
        *("annotated_only", "engine", "format", "group", "hop_s", "label", "rename", "split", "threshold"),
    },
    "tune": {"engine", "precision", "threshold", "time_pattern", "timezone"},
}
"""What a command does not let a user set, though it imports a module that names it."""


def test_no_flag_stands_outside_the_command_line() -> None:
    texts = [(name, node.value) for name in LIBRARY for node in ast.walk(TREES[name]) if isinstance(node, ast.Constant)]
    assert [(name, text) for name, text in texts if isinstance(text, str) and re.search(r"--[a-z]", text)] == []


def named(module: str) -> Iterator[tuple[str, str]]:
    """List the parameters that a module names, each with the step that has it, if it is said."""
    for node in ast.walk(TREES[module]):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        place = ARGUMENT.get(node.func.id)
        if place is None or len(node.args) <= place:
            continue
        of = node.args[1] if node.func.id == "Parameter" and len(node.args) > 1 else ast.Constant("")
        match node.args[place], of:
            case ast.Constant(str(parameter)), ast.Constant(str(step)):
                yield parameter, step
            case _:  # handed on from a caller, who is found in turn
                assert module in {"detector.errors", "detector.drawing"}


class Imports(ast.NodeVisitor):
    """The modules of the package that a module imports, in functions, too, but not those for type checkers alone."""

    def __init__(self) -> None:
        self.modules: set[str] = set()

    def visit_If(self, node: ast.If) -> None:
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.modules |= {alias.name for alias in node.names} & FILES.keys()

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        self.modules |= names & FILES.keys()


def imports(module: str) -> set[str]:
    visitor = Imports()
    visitor.visit(TREES[module])
    return visitor.modules


IMPORTED = {module: imports(module) for module in FILES}


def reached(module: str) -> set[str]:
    """List a module, those it imports, those that these import, and so on."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting.extend(IMPORTED[at])
    return found


@pytest.mark.parametrize("command", list(commands.commands))
def test_a_command_knows_the_flag_of_every_parameter_that_its_modules_name(command: str) -> None:
    modules = reached(f"detector.cli.{command}") & set(LIBRARY)
    own = {parameter for module in modules for parameter, step in named(module) if not step}
    assert own - flags(commands.commands[command]).keys() <= NEVER_SET.get(command, set())


def test_a_step_that_is_named_has_the_parameter() -> None:
    of_steps = [(parameter, step) for module in LIBRARY for parameter, step in named(module) if step]
    assert of_steps
    assert [pair for pair in of_steps if pair[0] not in flags(commands.commands[pair[1]])] == []


def test_every_other_name_of_the_table_is_in_use() -> None:
    used = {parameter for module in LIBRARY for parameter, _ in named(module)}
    assert NAMES.keys() <= used
    assert set(NAMES.values()) <= {option.name for command in commands.commands.values() for option in command.params}


def packages(module: str) -> set[str]:
    """List the packages that a module imports, in functions, too."""
    nodes = list(ast.walk(TREES[module]))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    parts = plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {part.partition(".")[0] for part in parts}


def test_the_library_draws_no_bars_and_prints_nothing() -> None:
    assert [name for name in LIBRARY if packages(name) & {"tqdm", "click"}] == []
    nodes = [(name, node) for name in LIBRARY for node in ast.walk(TREES[name])]
    assert [name for name, node in nodes if isinstance(node, ast.Name) and node.id == "print"] == []
    assert [name for name, node in nodes if isinstance(node, ast.Attribute) and node.attr == "stderr"] == []
