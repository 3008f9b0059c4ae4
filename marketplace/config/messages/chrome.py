"""Which texts the pages' Python says: labels and sentences of views and forms, and the labels of codes they show.

A text in ``web``, ``views`` or ``forms`` is shown by a component, which puts it into the reader's language, or goes
through ``gettext`` because it holds a value. All of them belong into the catalogue, but for what is declared here to
stay Chinese.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from django.apps import apps
from django.conf import settings

from exports.domain.definitions import DEFINITIONS, GENERAL_NOTES
from exports.domain.disclosure import NOTE
from exports.domain.district_report import LENDING_NOTE
from exports.domain.report_sections import (
    EventFigures,
    ListFigures,
    event_section,
    lending_section,
    list_section,
    work_section,
)
from exports.domain.statistics_scope import TWICE_NOTE
from exports.domain.tally import Facts
from lenders.domain.feature import FEATURES
from marketplace.config.docs.machines import machines
from marketplace.config.messages.templates import CHINESE
from matching.domain.whitelist import GATE_CODES, MARK_CODES, UNKNOWN_SUFFIX
from matching.domain.whitelist_labels import code_label

APPS = ("marketplace", "borrowers", "lenders", "matching", "exports")
ROOMS = ("web", "views", "forms", "forms.py")
CHINESE_ONLY = {
    "marketplace/web/audit_words.py": "审计事件的措辞",
    "marketplace/web/styleguide.py": "组件样例，只在开发时可见",
}
"""Files whose texts stay Chinese, and why."""

NOT_LABELS = frozenset({"TEXT_VERSIONS", "COUNTED", "SETTLED", "UP", "DOWN", "UNITS"})
"""Mappings of the domain that are rules, legal texts or parts of sentences, not words for codes."""

PARAMETERS = ("matching/parameters", "borrowers/parameters")
"""Where parameters, indicators and lists are declared; their ``label``s name rows and panels of pages."""

SCORECARD = "matching/parameters/scorecard.toml"
"""Of this file only the dimensions are shown under their own names; the rest is the wording of the score."""


def rooms() -> Iterator[Path]:
    """Yield the modules that make pages."""
    for app in APPS:
        for room in ROOMS:
            place = settings.BASE_DIR / app / room
            yield from (
                sorted(place.rglob("*.py")) if place.is_dir() else filter(Path.exists, [place])
            )


def texts_of(source: str) -> tuple[list[str], list[str]]:
    """Return the Chinese texts of a module: those said as they are, and those with values put in by the language.

    Docstrings, and sentences of refusals, are left out. The second kind cannot be translated: they must go through
    ``gettext`` with named values.

    >>> texts_of('a = Column("名称"); b = f"{n} 条"; raise Refused("X", "不能这样做。")')
    (['名称'], ['f"{n} 条"'])
    """
    tree = ast.parse(source)
    silent = {id(part) for node in _unsaid(tree) for part in ast.walk(node)}
    mixed = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inside = {id(part) for node in mixed for part in ast.walk(node)}
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CHINESE.search(node.value)
        and id(node) not in silent
        and id(node) not in inside
    ]
    return texts, [
        ast.get_source_segment(source, node) or ""
        for node in mixed
        if id(node) not in silent and _is_chinese(node)
    ]


def _unsaid(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Refused", "NotFound"):
            yield node


def _is_chinese(node: ast.JoinedStr) -> bool:
    return any(CHINESE.search(str(getattr(part, "value", ""))) for part in ast.walk(node))


def label_texts() -> Iterator[tuple[str, str]]:
    """Yield the words of codes with the module they come from: mappings of the domain, choices of the models."""
    for app in APPS:
        package = import_module(f"{app}.domain")
        for module in iter_modules(package.__path__):
            name = f"{app}.domain.{module.name}"
            for words in _mappings(vars(import_module(name))):
                yield from ((text, name) for text in _flat(words.values()) if _is_word(text))
    for model in apps.get_models():
        for column in model._meta.fields:
            for _, words in column.flatchoices:
                if _is_word(str(words)):
                    yield str(words), model.__module__


def _mappings(names: Mapping[str, Any]) -> Iterator[Mapping[Any, Any]]:
    for name, value in names.items():
        if isinstance(value, Mapping) and name not in NOT_LABELS and name.isupper():
            yield value


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        yield from _flat(value) if isinstance(value, tuple) else (value,)


def _is_word(text: Any) -> bool:
    return isinstance(text, str) and bool(CHINESE.search(text))


def declared_texts() -> Iterator[tuple[str, str]]:
    """Yield the words of files that declare labels: the glossary, parameters, features of rules, figures."""
    place = "marketplace/web/data/glossary.toml"
    for key, text in _strings(_toml(place)):
        if key != "source":
            yield text, place
    for folder in PARAMETERS:
        for path in sorted((settings.BASE_DIR / folder).glob("*.toml")):
            yield from _labels(f"{folder}/{path.name}")
    for feature in FEATURES.values():
        yield from ((text, "lenders.domain.feature") for text in (feature.label, feature.unit))
    yield from ((text, "exports.domain.definitions") for text in _figures())
    yield from ((text, "exports.domain.report_sections") for text in _report())
    for code in (*GATE_CODES, *MARK_CODES):
        yield code_label(code + UNKNOWN_SUFFIX), "matching.domain.whitelist"
    for machine, source in machines().values():
        yield from ((row.label, source) for row in machine.transitions)


def _labels(place: str) -> Iterator[tuple[str, str]]:
    told = _toml(place)
    for key, text in _strings(_dimensions(told) if place == SCORECARD else told):
        if key in ("label", "unit"):
            yield text, place


def _dimensions(told: Any) -> list[Any]:
    return [found["value"]["dimensions"] for found in told["public_credit"]["values"]]


def _figures() -> Iterator[str]:
    for entry in DEFINITIONS.values():
        yield from (entry.name, entry.unit.value, f"{entry.formula}{entry.note}", entry.sentence)
    yield from (*GENERAL_NOTES, TWICE_NOTE, NOTE)


def _report() -> Iterator[str]:
    """Yield the words of a district's report: made of nothing, it says the same as made of much."""
    sections = (
        work_section(Facts(), Facts()),
        lending_section({}),
        list_section(ListFigures(0, 0, 0, 0, 0, 0, 0, 0)),
        event_section(EventFigures(0, 0, 0, 0)),
    )
    yield LENDING_NOTE
    for section in sections:
        yield from (section.title, section.when)
        for line in section.lines:
            yield from filter(_is_word, (line.name, line.counted, line.definition))


def _toml(place: str) -> Any:
    return tomllib.loads((settings.BASE_DIR / place).read_text(encoding="utf-8"))


def _strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key)
    elif _is_word(value):
        yield key, value
