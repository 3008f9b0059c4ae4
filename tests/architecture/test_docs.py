"""The documents say what the code says: generated parts, links, names, addresses, commands, settings, assumptions."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote
from uuid import UUID

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from marketplace.config.docs.book import SECTIONS, documents, filled, places
from marketplace.config.docs.environment import READERS, described, readings, source_text
from marketplace.config.docs.machines import machines, transition_rows
from marketplace.config.docs.markdown import table
from marketplace.config.docs.parameters import value_in_words
from tests.architecture.source import ROOT, source_files, syntax

TOPS = {"marketplace", "borrowers", "lenders", "matching", "exports", "tests", "docs", ".ci"}
PREFIX = "/api/v1/"
"""Where the API begins; nothing answers there."""

LARGEST_IMAGE_BYTES = 200_000
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
WORD = re.compile(r"`(?P<word>[^`\n]+)`")
ASSUMPTIONS = ROOT / "docs/assumptions.md"
each_document = pytest.mark.parametrize(
    "path", documents(), ids=lambda path: path.relative_to(ROOT).as_posix()
)


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    return FENCE.sub("", text_of(path))


def words(path: Path) -> list[str]:
    return [found["word"] for found in WORD.finditer(prose(path))]


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    titles = (
        re.sub(r"[^\w\- ]", "", found["title"].lower()) for found in HEADING.finditer(prose(path))
    )
    return {title.strip().replace(" ", "-") for title in titles}


def broken_links(path: Path) -> list[str]:
    broken = []
    for found in LINK.finditer(prose(path)):
        target, _, anchor = unquote(found["target"]).partition("#")
        if target.startswith(("http://", "https://")):
            continue
        file = (path.parent / target).resolve() if target else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(found["target"])
    return broken


def cited(text: str) -> list[str]:
    """The numbers of the assumptions that a text cites."""
    return re.findall(r"\bassumption (A-\d+)\b", text)


@cache
def defined_names() -> frozenset[str]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    nodes = (node for file in source_files() for node in ast.walk(syntax(file)))
    return frozenset(node.name for node in nodes if isinstance(node, kinds))


def answers(address: str) -> bool:
    try:
        resolve(address.replace("{id}", str(UUID(int=1))))
    except Resolver404:
        return False
    return True


class TestGeneratedParts:
    @each_document
    def test_say_what_the_code_says(self, path):
        assert filled(text_of(path)) == text_of(path), "文档已过期，请运行 make docs"

    def test_have_one_place_each(self):
        found = Counter(name for path in documents() for name in places(text_of(path)))

        assert found == Counter(SECTIONS.keys())

    def test_stale_ones_are_noticed(self):
        current = text_of(ROOT / "docs/architecture.md")
        stale = current.replace(
            "PENDING_ACCEPT --> ACCEPTED: 受理", "PENDING_ACCEPT --> ACCEPTED: 接受"
        )

        assert stale != current
        assert filled(stale) == current

    def test_unknown_ones_are_refused(self):
        with pytest.raises(KeyError):
            filled("<!-- generated: nobody-knows -->\n<!-- end generated -->")


class TestMachines:
    @pytest.mark.parametrize("name", machines())
    def test_have_all_their_transitions_in_the_table(self, name):
        machine, _ = machines()[name]
        labels = machine.labels
        rows = {
            (event.strip("`"), source, target)
            for _, event, sources, targets, *_ in transition_rows(machine)
            for source in sources.split("、")
            for target in ([source] if targets == "状态不变" else targets.split("、"))
        }

        assert {(t.event, labels[t.source], labels[t.target]) for t in machine.transitions} <= rows

    @pytest.mark.parametrize("name", machines())
    def test_stand_in_the_file_that_is_named(self, name):
        machine, path = machines()[name]

        assert f'name="{machine.name}"' in (ROOT / path).read_text(encoding="utf-8")


class TestTables:
    def test_survive_bars_and_line_ends(self):
        assert table(("甲",), [("A|B\nC",)]).splitlines()[-1] == "| A\\|B C |"

    def test_put_values_into_words(self):
        assert value_in_words({"*": 12, "120101": 6}) == "各区：12；和平区：6"
        assert value_in_words(["MICRO", "SMALL"]) == "微型、小型"
        assert value_in_words([]) == "无"


class TestEnvironment:
    def test_example_names_every_variable_and_no_other(self):
        read = {name for path in READERS for name in readings(source_text(path))}

        assert {entry.name for entry in described(source_text(".env.example"))} == read

    def test_example_explains_every_variable(self):
        silent = [
            entry.name for entry in described(source_text(".env.example")) if not entry.meaning
        ]

        assert not silent

    def test_is_read_nowhere_else(self):
        readers = {ROOT / path for path in READERS}
        elsewhere = [
            str(file)
            for file in source_files()
            if file not in readers and readings(file.read_text(encoding="utf-8"))
        ]

        assert not elsewhere

    def test_readings_see_each_way_of_reading(self):
        source = (
            'A = env.bool("A", default=False)\n'
            'B = _secret("B")\n'
            'C = os.environ.get("C", "x")\n'
            'D = other("D")\n'
        )

        assert {name: found.default for name, found in readings(source).items()} == {
            "A": "off",
            "B": "",
            "C": "x",
        }


class TestAssumptions:
    def test_are_numbered_without_gap(self):
        rows = re.findall(r"^\| (A-\d+) \|", text_of(ASSUMPTIONS), re.MULTILINE)

        assert rows == [f"A-{number:02}" for number in range(1, len(rows) + 1)]
        assert rows

    def test_cited_ones_exist(self):
        others = [path for path in documents() if path != ASSUMPTIONS]
        files = [*source_files(), *ROOT.glob("*/parameters/**/*.toml"), *others]
        numbers = {number for file in files for number in cited(file.read_text(encoding="utf-8"))}

        assert not [number for number in numbers if f"| {number} |" not in text_of(ASSUMPTIONS)]

    def test_citations_are_seen(self):
        assert cited("Source: domain note 4.1; assumption A-07, assumption A-99.") == [
            "A-07",
            "A-99",
        ]


class TestReferences:
    @each_document
    def test_links_lead_somewhere(self, path):
        assert not broken_links(path)

    @each_document
    def test_named_files_exist(self, path):
        named = [word for word in words(path) if re.fullmatch(r"[\w.\-]+(/[\w.\-]*)+", word)]
        files = [word for word in named if word.partition("/")[0] in TOPS]

        assert not [word for word in files if not (ROOT / word).exists()]

    @each_document
    def test_named_functions_and_classes_exist(self, path):
        functions = [word[:-2] for word in words(path) if re.fullmatch(r"[a-z]\w*\(\)", word)]
        classes = [word for word in words(path) if re.fullmatch(r"([A-Z][a-z]+){2,}", word)]

        assert not {*functions, *classes} - defined_names()

    @each_document
    def test_named_addresses_answer(self, path):
        addresses = [
            word for word in words(path) if re.fullmatch(r"/(?!usr/|srv/)[\w/{}.\-]*", word)
        ]

        assert not [word for word in addresses if word != PREFIX and not answers(word)]

    @each_document
    def test_named_commands_exist(self, path):
        targets = re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE)
        made = re.findall(r"(?<![\w-])make ([a-z]+)", text_of(path))
        managed = re.findall(r"manage\.py ([a-z_]+)", text_of(path))

        assert not set(made) - set(targets)
        assert not set(managed) - set(get_commands())

    def test_broken_ones_are_noticed(self, tmp_path):
        page = tmp_path / "page.md"
        page.write_text(
            "# 甲 乙\n[a](#甲-乙) [b](#丙) [c](none.md) [d](page.md#甲-乙)", encoding="utf-8"
        )

        assert broken_links(page) == ["#丙", "none.md"]
        assert not answers("/nowhere/")


class TestImages:
    def test_are_small_and_all_shown(self):
        images = set((ROOT / "docs/images").iterdir())
        shown = {
            (path.parent / found["target"]).resolve()
            for path in documents()
            for found in LINK.finditer(text_of(path))
            if found["target"].endswith(".png")
        }

        assert images == shown
        assert not [str(file) for file in images if file.stat().st_size >= LARGEST_IMAGE_BYTES]
