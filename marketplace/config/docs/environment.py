"""Every environment variable: its type and default as the settings read it, its meaning as ``.env.example`` says it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from marketplace.config.docs.markdown import blocks, code, table

KINDS = {
    "str": "文本",
    "bool": "on 或 off",
    "int": "整数",
    "list": "逗号分隔的列表",
    "db": "数据库地址",
    "_secret": "密钥",
    "get": "文本",
}
"""How the settings read a variable, and what that is called."""

READERS = ("marketplace/config/settings.py", "tests/services.py")
"""The only modules that read the environment."""

HEADINGS = ("变量", "作用", "类型", "默认值", "示例")
REQUIRED = "生产必填；其余自动生成"
_SECTION = re.compile(r"# --- (?P<title>.+) ---")
_VARIABLE = re.compile(r"#(?P<name>[A-Z][A-Z0-9_]*)=(?P<example>.*)")


@dataclass(frozen=True)
class Reading:
    """How the settings read one variable.

    Attributes:
        kind: key of ``KINDS``.
        default: the default as an environment variable would say it, a computed one as the settings compute it.
    """

    kind: str
    default: str


@dataclass(frozen=True)
class Described:
    """One variable of ``.env.example``: the section it stands in, what it is for, an example value."""

    section: str
    name: str
    meaning: str
    example: str


def readings(source: str) -> dict[str, Reading]:
    """Return every variable that a module reads through ``env``, ``_secret`` or ``os.environ.get``, by name.

    Args:
        source: the module's text.
    """
    found: dict[str, Reading] = {}
    for node in ast.walk(ast.parse(source)):
        kind = _kind(node)
        if kind and isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant):
            named = [word.value for word in node.keywords if word.arg == "default"]
            default = next(iter([*named, *node.args[1:]]), None)
            found[str(node.args[0].value)] = Reading(kind, _written(source, default))
    return found


def described(text: str) -> Iterator[Described]:
    """Yield the variables of ``.env.example`` in their order; the comment lines above one are its meaning."""
    section = ""
    meaning: list[str] = []
    for line in text.splitlines():
        if title := _SECTION.fullmatch(line):
            section, meaning = title["title"], []
        elif variable := _VARIABLE.fullmatch(line):
            yield Described(section, variable["name"], "；".join(meaning), variable["example"])
            meaning = []
        else:
            meaning = [*meaning, line.removeprefix("# ")] if line.startswith("# ") else []


def environment_section() -> str:
    """Return one table for each section of ``.env.example``."""
    read = {
        name: reading for path in READERS for name, reading in readings(source_text(path)).items()
    }
    variables = list(described(source_text(".env.example")))
    parts = []
    for section in dict.fromkeys(entry.section for entry in variables):
        rows = [_row(entry, read) for entry in variables if entry.section == section]
        parts += [f"### {section}", table(HEADINGS, rows)]
    return blocks(*parts)


def source_text(path: str) -> str:
    """Return a file of the checkout."""
    return Path(settings.BASE_DIR, path).read_text(encoding="utf-8")


def _kind(node: ast.AST) -> str:
    if not isinstance(node, ast.Call) or not node.args:
        return ""
    called = node.func
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        return called.attr if called.value.id == "env" and called.attr in KINDS else ""
    if ast.unparse(called) == "os.environ.get":
        return "get"
    return called.id if isinstance(called, ast.Name) and called.id in KINDS else ""


def _written(source: str, default: ast.expr | None) -> str:
    if default is None:
        return ""
    try:
        value = ast.literal_eval(default)
    except ValueError:
        return ast.get_source_segment(source, default) or ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(value) if isinstance(value, list) else str(value)


def _row(entry: Described, read: dict[str, Reading]) -> tuple[str, ...]:
    reading = read.get(entry.name, Reading("str", ""))
    default = REQUIRED if reading.kind == "_secret" else code(reading.default) or "空"
    kind = KINDS[reading.kind]
    return code(entry.name), entry.meaning, kind, default, code(entry.example)
