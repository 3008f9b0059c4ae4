"""Print how long files and functions are: `make shape`. Needs nothing but Python.

Aims (examples to follow, not limits): functions median 8 and p95 40 lines; files median 100 and p95 300 lines.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TREES = ("marketplace", "borrowers", "lenders", "matching", "exports", "tests")
HEADINGS = (
    "目录",
    "文件",
    "千行",
    "文件 中位/p95/最长",
    "函数",
    "函数 中位/p95/最长",
    "模块有说明",
    "公开函数有说明",
    "有返回类型",
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Shape:
    """Lengths in lines, and who explains itself."""

    files: list[tuple[int, str]] = field(default_factory=list)
    functions: list[tuple[int, str]] = field(default_factory=list)
    modules_explained: int = 0
    public: int = 0
    public_explained: int = 0
    typed: int = 0

    def add(self, file: Path) -> None:
        """Measure one file; empty ones count for nothing."""
        text = file.read_text(encoding="utf-8")
        if not text.strip():
            return
        tree, name = ast.parse(text), str(file.relative_to(ROOT))
        self.files.append((text.count("\n"), name))
        self.modules_explained += ast.get_docstring(tree) is not None
        for node in ast.walk(tree):
            if isinstance(node, Function):
                self.add_function(node, name)

    def add_function(self, node: Function, file: str) -> None:
        """Measure one function, decorators aside."""
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        self.functions.append((lines, f"{file}:{node.lineno} {node.name}"))
        self.typed += node.returns is not None
        if not node.name.startswith("_"):
            self.public += 1
            self.public_explained += ast.get_docstring(node) is not None

    def merge(self, other: Shape) -> None:
        """Add another tree to this one."""
        self.files += other.files
        self.functions += other.functions
        self.modules_explained += other.modules_explained
        self.public += other.public
        self.public_explained += other.public_explained
        self.typed += other.typed

    def row(self, name: str) -> tuple[str, ...]:
        """Return one line of the table."""
        return (
            name,
            str(len(self.files)),
            f"{sum(lines for lines, _ in self.files) / 1000:.1f}",
            spread(self.files),
            str(len(self.functions)),
            spread(self.functions),
            percent(self.modules_explained, len(self.files)),
            percent(self.public_explained, self.public),
            percent(self.typed, len(self.functions)),
        )


def spread(measured: Sequence[tuple[int, str]]) -> str:
    """Return median, 95th percentile and maximum."""
    if not measured:
        return "-"
    lengths = sorted(lines for lines, _ in measured)
    last = len(lengths) - 1
    return f"{lengths[last // 2]} / {lengths[round(last * 0.95)]} / {lengths[-1]}"


def percent(part: int, whole: int) -> str:
    """Return a share as a whole per cent."""
    return f"{100 * part / whole:.0f} %" if whole else "-"


def width(text: str) -> int:
    """Return how many columns a terminal gives a text."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


def lines_of(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Return rows as aligned lines."""
    table = list(rows)
    columns = [max(width(row[i]) for row in table) for i in range(len(table[0]))]
    return [
        "  ".join(
            cell + " " * (size - width(cell)) for cell, size in zip(row, columns, strict=True)
        ).rstrip()
        for row in table
    ]


def longest(shape: Shape, functions: int = 8, files: int = 5) -> list[str]:
    """Return what to look at first."""
    worst_functions = sorted(shape.functions, reverse=True)[:functions]
    worst_files = sorted(shape.files, reverse=True)[:files]
    return [
        "最长的函数:",
        *(f"  {lines:4d} {name}" for lines, name in worst_functions),
        "最长的文件:",
        *(f"  {lines:4d} {name}" for lines, name in worst_files),
    ]


def main() -> None:
    """Print the table for each tree and for the source as a whole."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    source = Shape()
    for tree in TREES:
        shape = Shape()
        for file in sorted((ROOT / tree).rglob("*.py")):
            if "migrations" not in file.parts:
                shape.add(file)
        rows.append(shape.row(tree))
        if tree != "tests":
            source.merge(shape)
    rows.append(source.row("源码合计"))
    sys.stdout.write("\n".join([*lines_of(rows), "", *longest(source)]) + "\n")


if __name__ == "__main__":
    main()
