"""English pages: who gets them, and that nothing of the pages' own words is left in Chinese on any of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.test import Client
from django.urls import reverse

from marketplace.config.messages.collect import wanted
from marketplace.config.messages.templates import CHINESE
from tests.access import World, standing_world
from tests.architecture.test_access_matrix import ROWS

pytestmark = pytest.mark.django_db

CHROME = "nav, h1, h2, h3, button, .btn, label, legend, th, caption, summary, dt, title, option"
SPOKEN = ("aria-label", "data-label", "placeholder", "title")
"""Attributes that readers see or hear."""

PIECE = re.compile(r"[\u3400-\u9fff]+")
PAGES = {
    row.name: row
    for row in reversed(ROWS)
    if row.method == "GET" and ":" in row.name and not row.name.startswith("api:")
}


@cache
def catalogue() -> frozenset[str]:
    return frozenset(wanted())


def texts_of(page: BeautifulSoup) -> Iterator[tuple[str, bool]]:
    """Each Chinese text of a page that is not marked as such, and whether the page says it by itself."""
    chrome = {id(tag) for tag in page.select(CHROME)}
    for text in page.find_all(string=CHINESE):
        above = list(text.parents)
        is_marked = any(str(tag.get("lang", "")).startswith("zh") for tag in above)
        if not is_marked and not {"script", "style", "pre"} & {tag.name for tag in above}:
            yield str(text).strip(), any(id(tag) in chrome for tag in above)
    for tag in page.find_all(True):
        spoken = [str(tag[name]) for name in SPOKEN if tag.has_attr(name)]
        yield from ((text, True) for text in spoken if CHINESE.search(text))


def data_texts() -> str:
    """Everything the database holds as text: what users, files and other offices wrote."""
    found = []
    for model in apps.get_models():
        names = [
            column.attname
            for column in model._meta.fields
            if isinstance(column, models.CharField | models.TextField | models.JSONField)
        ]
        found += [str(row) for row in model._default_manager.values_list(*names)] if names else []
    return "\n".join(found)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with standing_world(django_db_blocker) as world:
        yield world


@pytest.fixture(scope="module")
def client() -> Client:
    return Client()


class TestChoice:
    def test_page_is_chinese_whatever_the_browser_wishes(self, client):
        answer = client.get("/", headers={"accept-language": "en"})

        assert answer.headers["Content-Language"] == "zh-CN"
        assert 'lang="zh-CN"' in answer.content.decode()

    def test_switch_keeps_the_choice_and_goes_back(self, client):
        chosen = client.post("/language/", {"language": "en", "next": "/glossary/"})
        page = BeautifulSoup(client.get("/glossary/").content, "html.parser")

        assert chosen.headers["Location"] == "/glossary/"
        assert chosen.cookies[settings.LANGUAGE_COOKIE_NAME]["httponly"]
        assert page.html["lang"] == "en"
        assert page.h1.get_text(strip=True) == "Terms and definitions"
        client.cookies.clear()

    def test_switch_leads_to_no_other_host(self, client):
        answer = client.post("/language/", {"language": "en", "next": "https://example.org/"})

        assert "example.org" not in answer.headers["Location"]
        client.cookies.clear()

    def test_unknown_language_means_chinese(self, client):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "fr"
        answer = client.get("/")
        client.cookies.clear()

        assert answer.headers["Content-Language"] == "zh-CN"

    def test_answer_varies_with_the_cookie(self, client):
        assert "Cookie" in client.get("/").headers["Vary"]

    def test_interface_speaks_chinese_only(self, client):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        answer = client.get("/api/v1/nothing-here/")
        client.cookies.clear()

        assert answer.headers["Content-Language"] == "zh-CN"
        assert CHINESE.search(answer.json()["detail"])

    def test_english_page_says_what_stays_chinese(self, client):
        client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
        english = client.get("/").content.decode()
        client.cookies.clear()

        assert "authoritative in Chinese" in english
        assert "以中文为准" not in client.get("/").content.decode()


class TestEveryPage:
    @pytest.mark.parametrize("name", PAGES)
    def test_says_its_own_words_in_english(self, name, world, client):
        row = PAGES[name]
        member = min(row.allowed, default=None)
        with transaction.atomic():
            call = row.make(world)
            if member:
                client.force_login(getattr(world.cast, member))
            client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
            answer = client.get(reverse(name, kwargs=call.kwargs), query_params=call.query)
            left = self.left_in_chinese(answer)
            client.cookies.clear()
            transaction.set_rollback(True)

        assert not left

    @staticmethod
    def left_in_chinese(answer) -> list[str]:
        kind = answer.headers.get("Content-Type", "")
        if answer.status_code != 200 or not kind.startswith("text/html"):
            return []
        page = BeautifulSoup(answer.content, "html.parser")
        found = list(texts_of(page))
        left = [text for text, _ in found if text in catalogue()]
        own = [text for text, is_own in found if is_own]
        data = data_texts() if own else ""
        return left + [
            text for text in own if any(piece not in data for piece in PIECE.findall(text))
        ]
