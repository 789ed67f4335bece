"""What the plan of the house promises and no import rule can see."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("city", "indexer", "recommender", "web", "fixtures")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
UNSAFE_MODULES = {"pickle", "joblib", "dill", "shelve", "marshal"}


def calls(tree: ast.AST) -> Iterator[str]:
    """Yield the dotted names that a module calls or reads, like `datetime.now`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def parsed() -> list[tuple[str, ast.AST]]:
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in SOURCES]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_ours_and_not_another_distribution_of_the_same_name(package: str) -> None:
    assert Path(importlib.import_module(package).__file__ or "").is_relative_to(ROOT)


def test_only_the_settings_read_the_environment() -> None:
    readers = {name for name, tree in parsed() if {"os.environ", "os.getenv"} & set(calls(tree))}
    assert readers <= {"city/config.py"}


def test_only_the_clock_knows_what_time_it_is() -> None:
    askers = {"datetime.now", "datetime.utcnow", "date.today", "datetime.today", "time.time"}
    found = {name for name, tree in parsed() if askers & set(calls(tree))}
    assert found <= {"city/clock.py"}


def test_nothing_that_could_run_foreign_code_is_used_to_read_data() -> None:
    for name, tree in parsed():
        assert not UNSAFE_MODULES & {module.split(".")[0] for module in imports(tree)}, name
        assert "allow_pickle=True" not in (ROOT / name).read_text("utf-8"), name


def test_no_import_hides_in_a_function_to_break_a_circle() -> None:
    """Late imports are for heavy libraries only, never for our own modules."""
    for name, tree in parsed():
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        late = {module for function in functions for module in imports(function)}
        ours = {module for module in late if module.split(".")[0] in PACKAGES}
        assert not ours, f"{name} imports {sorted(ours)} inside a function"


def test_every_module_says_what_it_is_for() -> None:
    for name, tree in parsed():
        if "migrations/versions" not in name and (ROOT / name).read_text("utf-8").strip():
            assert ast.get_docstring(tree), name  # type: ignore[arg-type]
