"""The package keeps its layers, its sizes and its names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "detector").rglob("*.py"))
STARTUP = {"click"} | set(sys.stdlib_module_names)  # what may be imported before a command runs


def test_layers_only_import_downwards() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_a_module_has_a_docstring_and_at_most_350_lines() -> None:
    texts = {path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in MODULES}
    assert [path for path, text in texts.items() if len(text.splitlines()) > 350] == []
    assert [path for path, text in texts.items() if not ast.get_docstring(ast.parse(text))] == []


def test_no_module_is_named_for_nothing_in_particular() -> None:
    words = {
        word for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts for word in part.split("_")
    }
    assert not words & {"utils", "util", "helpers", "helper", "manager", "handler", "common", "misc"}


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function's body below its docstring."""
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or 0) - first.lineno + 1


def test_functions_have_at_most_forty_lines_and_nine_of_ten_at_most_twenty_one() -> None:
    long = [f"{path.name}: {node.name}" for path in MODULES for node in functions(path) if body_lines(node) > 40]
    assert long == []
    lines = sorted((node.end_lineno or 0) - node.lineno + 1 for path in MODULES for node in functions(path))
    assert lines[len(lines) * 9 // 10] <= 21


def test_hardly_a_line_makes_two_assignments() -> None:
    nodes = [(path, node) for path in MODULES for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    packed = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, node in nodes
        if isinstance(node, ast.Assign)
        and (len(node.targets) > 1 or (isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple)))
    ]
    n_lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert len(packed) < 2 * n_lines / 1000, packed


def top_level_imports(path: Path) -> set[str]:
    """List what importing a module imports, without what only type checkers see."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", sorted((ROOT / "detector" / "cli").rglob("*.py")), ids=lambda path: path.name)
def test_a_command_imports_only_click_and_the_standard_library_before_it_runs(path: Path) -> None:
    outside = {name for name in top_level_imports(path) if name.split(".")[0] not in STARTUP}
    assert all(re.match(r"detector\.(cli|errors|interruption|progress|terminal)\b", name) for name in outside), outside


def test_rows_of_tables_are_written_in_the_room_of_tables_only() -> None:
    tables = ROOT / "detector" / "tables"
    outside = [path for path in MODULES if tables not in path.parents]
    assert [path.name for path in outside if "csv" in top_level_imports(path)] == []
    assert [path.name for path in outside if "Begin Time (s)" in path.read_text(encoding="utf-8")] == []


def test_no_module_imports_the_package_root() -> None:
    assert [path.name for path in MODULES if "detector" in top_level_imports(path)] == []


def test_nothing_is_unpickled() -> None:
    loaders = re.compile(r"\b(pickle|joblib|torch\.load|weights_only)\b")
    assert [path.name for path in MODULES if loaders.search(path.read_text(encoding="utf-8"))] == []


def modules_with(pattern: str) -> set[str]:
    """List the rooms (or modules beside them) whose text matches a pattern."""
    found = (path.relative_to(ROOT / "detector") for path in MODULES if re.search(pattern, path.read_text("utf-8")))
    return {path.parts[0] for path in found}


def test_files_are_written_under_a_temporary_name_and_renamed_in_one_room() -> None:
    assert modules_with(r"os\.(replace|rename)\b|\.rename\(|hardlink_to|mkdtemp|mkstemp|NamedTemporary") == {"outputs"}


def test_the_readme_of_a_model_is_read_and_written_in_one_room() -> None:
    assert modules_with(r"CARD_FILE|\"README") <= {"provenance", "model_folder.py"}
