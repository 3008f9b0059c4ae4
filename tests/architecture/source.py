"""The project's own source, as files and syntax trees."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("marketplace", "borrowers", "lenders", "matching", "exports")


@cache
def source_files(*parts: str) -> tuple[Path, ...]:
    """Return the Python files of the apps, migrations aside.

    Args:
        parts: only files below a folder, or in a module, of one of these names.
    """
    files = (file for app in APPS for file in sorted((ROOT / app).rglob("*.py")))
    return tuple(
        file
        for file in files
        if "migrations" not in file.parts
        and (not parts or {file.stem, *file.relative_to(ROOT).parts} & set(parts))
    )


@cache
def syntax(file: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def place(file: Path, node: ast.AST) -> str:
    """Return where a node stands, as an editor opens it."""
    return f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"
