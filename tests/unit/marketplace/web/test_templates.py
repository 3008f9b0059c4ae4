"""What the content security policy forbids must not stand in any template."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source import APPS, ROOT

TEMPLATES = sorted(path for app in APPS for path in (ROOT / app).glob("templates/**/*.html"))
COMPONENTS = [path for path in TEMPLATES if path.parent.name == "components"]
FORBIDDEN = {
    "inline style": re.compile(r"\sstyle\s*=|<style\b", re.IGNORECASE),
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "handler attribute": re.compile(r"\son[a-z]+\s*=|hx-on|hx-vals=.js:", re.IGNORECASE),
    "foreign address": re.compile(
        r"""(?:href|src|action)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE
    ),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
}


def relative(path):
    return str(path.relative_to(ROOT))


class TestTemplates:
    @pytest.mark.parametrize("name", FORBIDDEN)
    def test_hold_nothing_the_policy_forbids(self, name):
        found = [
            relative(path)
            for path in TEMPLATES
            if FORBIDDEN[name].search(path.read_text(encoding="utf-8"))
        ]

        assert found == []

    @pytest.mark.parametrize("path", COMPONENTS, ids=relative)
    def test_component_begins_by_saying_what_it_takes(self, path):
        head = path.read_text(encoding="utf-8").lstrip()

        assert head.startswith(("{# ", "{% comment %}"))
        assert f"{path.stem}:" in head[:200]


INCLUDE = re.compile(r'{% include "marketplace/components/(\w+\.html)" with ([^%]*)%}')
GIVEN = re.compile(r"(?:^|\s)(\w+)=")


def strange_arguments(text):
    """What an include hands to a component that does not know the word."""
    known = {path.name: path.read_text(encoding="utf-8") for path in COMPONENTS}
    for name, arguments in INCLUDE.findall(text):
        for word in GIVEN.findall(arguments):
            if not re.search(rf"\b{word}\b", known[name]):
                yield f"{name}: {word}"


class TestIncludes:
    @pytest.mark.parametrize("path", TEMPLATES, ids=relative)
    def test_hand_a_component_only_what_it_takes(self, path):
        assert list(strange_arguments(path.read_text(encoding="utf-8"))) == []

    def test_of_a_word_nobody_reads_are_seen(self):
        markup = '{% include "marketplace/components/badge.html" with words=a shade="x" %}'

        assert list(strange_arguments(markup)) == ["badge.html: shade"]


class TestThesePatterns:
    @pytest.mark.parametrize(
        ("name", "markup"),
        [
            ("inline style", '<p style="color:red">'),
            ("inline script", "<script>1</script>"),
            ("handler attribute", '<a onclick="x()">'),
            ("foreign address", '<img src="//cdn.example/x.png">'),
            ("script address", '<a href="javascript:x()">'),
        ],
    )
    def test_see_an_offence(self, name, markup):
        assert FORBIDDEN[name].search(markup)
