"""Words and figures: the glossary as pages show it, the definition of every figure."""

from __future__ import annotations

from exports.domain.definitions import DEFINITIONS, GENERAL_NOTES
from marketplace.config.docs.markdown import blocks, code, table
from marketplace.web.glossary import chapters


def terms_section() -> str:
    """Return each chapter of the glossary."""
    parts = []
    for chapter in chapters():
        rows = ((term.word, term.meaning, term.source) for term in chapter.terms)
        parts += [f"### {chapter.title}", table(("用语", "含义", "依据"), rows)]
    return blocks(*parts)


def figures_section() -> str:
    """Return the definition of every figure on pages and in sheets."""
    rows = (
        (entry.name, code(entry.code.value), entry.unit.value, f"{entry.formula}{entry.note}")
        for entry in DEFINITIONS.values()
    )
    notes = "\n".join(f"- {note}" for note in GENERAL_NOTES)
    return blocks(table(("数字", "代码", "单位", "口径"), rows), notes)
