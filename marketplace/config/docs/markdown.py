"""Markdown as the documents use it: tables, code words, fenced blocks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; bars and line ends inside cells are kept from breaking it."""
    lines = [_line(headings), _line(["---"] * len(headings))]
    return "\n".join([*lines, *(_line([_cell(text) for text in row]) for row in rows)])


def code(word: str) -> str:
    """Return a word of the code; the empty text stays empty."""
    return f"`{word}`" if word else ""


def fenced(language: str, text: str) -> str:
    """Return a block of code."""
    return f"```{language}\n{text}\n```"


def blocks(*texts: str) -> str:
    """Return paragraphs, tables and headings with an empty line between them."""
    return "\n\n".join(texts)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()
