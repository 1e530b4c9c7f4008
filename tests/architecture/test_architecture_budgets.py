"""Small rooms (400 lines a file; functions and classes as `SMALL` says), broad excepts only where named."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(p for top in ("console", "screens", "cache") for p in (ROOT / top).rglob("*.py"))
SMALL = ("screens/", "cache/", "console/domain/", "console/practice/")
"""Rooms that keep to 50 lines and 20 methods, decorated ones counted; elsewhere a little more passes."""
BOUNDARIES = {"console/cli.py", "console/app.py"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 100


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_rooms_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines, most = (50, 20) if name_of(path).startswith(SMALL) else (60, 25)
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < lines, f"{node.name} is too long"
        if isinstance(node, ast.ClassDef):
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
            assert len(methods) <= most, f"{node.name} has {len(methods)} methods"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_broad_excepts_only_at_the_named_boundaries(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            broad = caught in {"everything", "Exception"}
            assert not broad or name_of(path) in BOUNDARIES, f"line {node.lineno} catches {caught}"


@pytest.mark.parametrize("path", [p for p in FILES if p.name == "__init__.py"], ids=name_of)
def test_packages_hold_a_docstring_only(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert [type(node) for node in body] == [ast.Expr]
