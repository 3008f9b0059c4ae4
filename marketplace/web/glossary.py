"""The glossary: the words pages use and what exactly they count, read once from ``data/glossary.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).parent / "data" / "glossary.toml"


@dataclass(frozen=True)
class Term:
    """A word and its meaning, with the rule or document it comes from."""

    word: str
    meaning: str
    source: str = ""


@dataclass(frozen=True)
class Chapter:
    """Terms of one subject."""

    title: str
    terms: tuple[Term, ...]


@cache
def chapters() -> tuple[Chapter, ...]:
    """Return the glossary in the order of its file."""
    book = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    return tuple(
        Chapter(chapter["title"], tuple(Term(**term) for term in chapter["terms"]))
        for chapter in book["chapters"]
    )


@cache
def _meanings() -> dict[str, str]:
    return {term.word: term.meaning for chapter in chapters() for term in chapter.terms}


def meaning_of(word: str) -> str:
    """Return what a word means, empty when the glossary does not have it."""
    return _meanings().get(word, "")
