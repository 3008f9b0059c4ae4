"""Text for people has full-width punctuation beside Chinese characters: in templates and in every module.

Brackets are full-width around what a page puts in as well, be it only a number: 6 / 11（55%）. That holds too for what
services refuse with, what readers of sheets and rules answer, what commands print, what is printed and written.

Comments, docstrings, regular expressions and statements of the database are not text for people. Titles of columns and
fields with their unit are found again by their letters when a sheet comes back, and stay as they are; what else stays
is listed in ``KEPT``. Portraits, consents and lists that are frozen keep the punctuation of their day.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import APPS, ROOT, source_files

HAN = "\u4e00-\u9fff“”‘’《》、。，：；（）？！"
MARK = re.compile(
    rf"(?<=[{HAN}])[,:;()?!]|[,:;()?!](?=[{HAN}])|(?<=\0)[,;](?=\Z)|(?<=\0)[,:;](?=\0)"
)
CHINESE = re.compile(f"[{HAN}]")
BRACKET = re.compile(r"\((?=\0)|(?<=\0)\)")
"""Half-width, and around a value."""
STATEMENT = re.compile(
    r"\b(?:CREATE|SELECT|INSERT|FROM|COPY|JOIN|WHERE|FORMAT|AND|AS|THEN|CAST|[a-z_]+\()"
)
"""Of a database, which nobody reads."""
TITLE = re.compile(
    r"[^，。；：,;:{}]+\((?:元|万元|月|天|%|BP|占本金BP|工作日|分钟|园区)\)[^，。；：,;:{}]*"
)
LITERAL = re.compile(r"([rbfu]*)('''|\"\"\"|'|\")(.*)\2", re.IGNORECASE | re.DOTALL)
PLACEHOLDER = re.compile(r"\{\{|\}\}|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
COMMENT = re.compile(r"\{#.*?#\}|\{% comment.*?endcomment %\}", re.DOTALL)
TAG = re.compile(r"\{%(.*?)%\}|\{\{.*?\}\}", re.DOTALL)
QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
NAMED = re.compile(r"%\(\w+\)[sd]")
PAGE_LAYERS = ("views", "forms", "web")
WRITING_LAYERS = {"pdf", "sheets", "services", "selectors", "services.py", "selectors.py"}
PRINTED = "exports/domain"
"""What figures and files say: definitions, notes, titles."""

KEPT = {
    # Wordings that were signed, whose hash is kept with each consent.
    "borrowers/domain/consent_text.py": (
        "企业信用信息查询授权书(文本版本 {version})",
        "本企业同意金融机构向平台反馈授信、签约、放款、还款、逾期信息,",
        "本企业不同意金融机构向平台反馈本笔贷款的授信、签约、放款、还款、逾期信息;",
    ),
    # Headings and labels that sheets give back, and the form of a registered capital.
    "borrowers/domain/register.py": (
        "企业(机构)类型",
        "注册资本(金)",
        "法定代表人(负责人)",
        "经营(业务)范围",
        "住所(经营场所)",
    ),
    "borrowers/domain/item_spec.py": ("街道(乡镇)级",),
    "marketplace/config/demo/world.py": ("\0(万元人民币)",),
    "marketplace/domain/table.py": ("(元)", "(万元)"),
    "marketplace/domain/text.py": ("(超出表头的内容)", "(不是单个值的字段)"),
    # Patterns, sets of characters, and links of the documentation.
    "borrowers/domain/district_map.py": ("自贸(?:", "|临港(?:"),
    "borrowers/ingest/forms.py": ("[0-9A-Za-z",),
    "exports/pdf/text.py": ("、。,.;:",),
    "marketplace/config/docs/parameters.py": ("\0 个行业，见[", "见[评价模型]("),
    "marketplace/sheets/writing/correction.py": ("。；;",),
    "marketplace/web/templatetags/market.py": ("。．.：:",),
}
"""Beginnings of the literals of a module that stay as they are."""


def sentences(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of the literals that are neither docstrings nor patterns, placeholders cut out."""
    source = path.read_text(encoding="utf-8")
    docstrings = {
        (node.lineno, node.col_offset)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        found = LITERAL.fullmatch(token.string) if token.type == tokenize.STRING else None
        if found is None or token.start in docstrings or "r" in found[1].lower():
            continue
        text = PLACEHOLDER.sub("\0", found[3]) if "f" in found[1].lower() else found[3]
        yield token.start[0], NAMED.sub("\0", text)


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of a template: what stands between tags, and what is quoted in them."""
    source = COMMENT.sub(
        lambda found: "\n" * found[0].count("\n"), path.read_text(encoding="utf-8")
    )
    for number, line in enumerate(source.splitlines(), start=1):
        yield number, TAG.sub("\0", line)
        for tag in TAG.finditer(line):
            yield from ((number, quoted) for quoted in QUOTED.findall(tag[1] or ""))


def is_half_width(text: str) -> bool:
    """Return whether a text for people has half-width punctuation beside Chinese characters or around a value."""
    if BRACKET.search(text) and not STATEMENT.search(text):
        return True
    return bool(MARK.search(text)) and not TITLE.fullmatch(text)


def half_width(found: Iterator[tuple[int, str]], path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number} {text.strip()[:60]}"
        for number, text in found
        if is_half_width(text)
    ]


def bracketed(path: Path) -> list[str]:
    """Return the sentences of a module with half-width brackets around a value."""
    return [
        f"{path.relative_to(ROOT)}:{number} {text.strip()[:60]}"
        for number, text in sentences(path)
        if BRACKET.search(text) and not STATEMENT.search(text)
    ]


def unkept(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of the literals that are not to stay as they are."""
    kept = KEPT.get(str(path.relative_to(ROOT)), ())
    return ((number, text) for number, text in sentences(path) if not text.startswith(kept))


def mixed(found: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """Yield line and text of the Chinese literals with half-width punctuation."""
    return (
        (number, text) for number, text in found if CHINESE.search(text) and is_half_width(text)
    )


def page_modules() -> list[Path]:
    """Return the modules of the layers whose literals people read on pages."""
    return [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if (path.stem in PAGE_LAYERS and path.parent == ROOT / app)
        or set(path.relative_to(ROOT).parts[:-1]) & set(PAGE_LAYERS)
        or path.is_relative_to(ROOT / PRINTED)
    ]


def writing_modules() -> list[Path]:
    """Return the modules whose literals people read in files, and in what services name and answer."""
    return [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if set(path.relative_to(ROOT).parts) & WRITING_LAYERS
    ]


class TestPunctuation:
    def test_of_templates_is_full_width(self):
        templates = [path for app in APPS for path in sorted((ROOT / app).rglob("*.html"))]

        assert len(templates) > 100
        assert [line for path in templates for line in half_width(texts(path), path)] == []

    def test_of_sentences_is_full_width(self):
        modules = page_modules()

        assert len(modules) > 80
        assert [line for path in modules for line in half_width(unkept(path), path)] == []

    def test_around_a_value_is_full_width_in_files_and_answers(self):
        modules = writing_modules()

        assert len(modules) > 150
        assert [line for path in modules for line in bracketed(path)] == []

    def test_of_every_module_is_full_width(self):
        modules = source_files()

        assert len(modules) > 500
        assert [line for path in modules for line in half_width(mixed(unkept(path)), path)] == []

    def test_that_stays_half_width_is_still_there(self):
        gone = [
            (place, beginning)
            for place, beginnings in KEPT.items()
            for beginning in beginnings
            if not any(text.startswith(beginning) for _, text in mixed(sentences(ROOT / place)))
        ]

        assert gone == []

    def test_that_is_half_width_is_found(self, tmp_path):
        module, page = tmp_path / "a.py", tmp_path / "a.html"
        module.write_text(
            '"""文档,不查。"""\nX = f"共 {n:,} 行,拒绝 {m}。"\nY = "金额(万元)"\n'
            'A = f"{n} / {m}({n / m:.0%})"\nB = "%(n)s(%(m)s)"\nC = f"{n} / {m}（{n / m:.0%}）"\n'
            'D = f"SELECT ({names})"\nE = "确定吗?"\nF = f"{name}(元);按年报"\nG = "见附件），请核对"\n',
            "utf-8",
        )
        page.write_text(
            '{# 注释,不查 #}\n<p>{{ a }}:说明</p>{% x text="好,的" %}\n<p>{{ a }}({{ b }})</p>\n',
            "utf-8",
        )

        found = [line for line, text in sentences(module) if is_half_width(text)]
        seen = [text for _, text in texts(page) if is_half_width(text)]

        assert found == [2, 4, 5, 8, 9]
        assert [number for number, _ in mixed(sentences(module))] == [2, 8, 9]
        assert len(seen) == 3
