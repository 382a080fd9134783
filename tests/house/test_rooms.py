"""Rules of the house that import contracts cannot say."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "dragoman"
DOORS = re.compile(r"(?<![a-z])(tapis|agave|sage|waggle|rescale)(?![a-z])", re.IGNORECASE)


def files_of(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (SOURCE / room).rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def words_of_code(tree: ast.AST) -> Iterator[str]:
    """Names and texts that do something; docstrings only explain."""
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


@pytest.mark.parametrize("path", files_of("core", "config"), ids=lambda path: str(path.relative_to(SOURCE)))
def test_core_and_config_use_the_standard_library_alone(path: Path) -> None:
    """They are read and tested without anything installed; but for one file, which knows when schedules tick."""
    roots = {name.partition(".")[0] for name in imported(ast.parse(path.read_text()))}
    assert ({"croniter"} if path.name == "ticks.py" else set()) == roots - sys.stdlib_module_names - {"dragoman"}


INNER = (
    "core",
    "config",
    "trust",
    "web",
    "store",
    "blobs",
    "measurements",
    "shells",
    "runtimes",
    "schedulers",
    "notices",
    "host",
    "engine",
    "desk",
)


@pytest.mark.parametrize("path", files_of(*INNER), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_code_outside_its_own_folder_names_a_dialect(path: Path) -> None:
    """A fifth dialect is one folder and one line."""
    assert [] == [word for word in words_of_code(ast.parse(path.read_text())) if DOORS.search(word)]
