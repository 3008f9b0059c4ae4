"""Where a page leads back to that stands at an address which only takes forms."""

from __future__ import annotations

import uuid

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from marketplace.web.way_back import page_above

pytestmark = pytest.mark.django_db
NEED = f"/demands/{uuid.UUID(int=7)}/"


@pytest.fixture
def owner_client(cast):
    client = Client()
    client.force_login(cast.owner)
    return client


def kept(answer, form):
    page = BeautifulSoup(answer.content, "html.parser")
    return page.select_one(f"form.{form} input[name=next]")["value"]


class TestFormsOfEveryPage:
    @pytest.mark.parametrize("form", ["mk-display-form", "mk-language-form"])
    def test_lead_from_a_refused_form_to_the_page_it_stood_on(self, owner_client, form):
        referer = {"referer": "http://testserver/demands/?page=2"}
        answer = owner_client.post(f"{NEED}withdraw/", headers=referer)

        assert answer.status_code == 404
        assert kept(answer, form) == "/demands/?page=2"

    @pytest.mark.parametrize("written", ["http://[", "http://testserver//evil.example/"])
    def test_lead_nowhere_else_whatever_the_browser_says(self, owner_client, written):
        answer = owner_client.post(f"{NEED}withdraw/", headers={"referer": written})

        assert answer.status_code == 404
        assert kept(answer, "mk-display-form") == NEED

    def test_lead_from_a_refused_form_of_nowhere_to_the_page_above(self, owner_client):
        answer = owner_client.post(f"{NEED}withdraw/", headers={"referer": "https://evil.example/"})

        assert kept(answer, "mk-language-form") == NEED

    def test_lead_back_to_a_page_that_was_opened(self, client):
        assert kept(client.get("/glossary/?x=1"), "mk-language-form") == "/glossary/?x=1"


class TestAddressOfAForm:
    def test_says_so_when_it_is_opened(self, owner_client):
        answer = owner_client.get(f"{NEED}withdraw/")

        text = answer.content.decode()
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert "METHOD_NOT_ALLOWED" in text
        assert "不能这样打开" in text
        assert f'href="{NEED}"' in text

    def test_leads_to_the_home_page_when_nothing_is_above(self, client):
        answer = client.get(reverse("marketplace:logout"))

        assert answer.status_code == 405
        assert "这个地址不能直接打开" in answer.content.decode()

    def test_leads_above_whoever_comes_from_a_refused_form_at_it(self, owner_client):
        referer = {"referer": f"http://testserver{NEED}withdraw/"}

        assert owner_client.get(f"{NEED}withdraw/", headers=referer).url == NEED

    def test_is_kept_by_no_cache(self, owner_client):
        answer = owner_client.get(f"{NEED}withdraw/")

        assert answer.headers["Cache-Control"] == "no-store"
        assert "Permissions-Policy" in answer.headers

    def test_is_json_below_api(self, owner_client):
        answer = owner_client.delete("/api/v1/me/")

        assert answer.status_code == 405
        assert answer.json()["status"] == 405

    def test_is_still_a_fault_of_method_for_scripts(self, owner_client):
        answer = owner_client.get(f"{NEED}withdraw/", headers={"hx-request": "true"})

        assert answer.status_code == 405
        assert "<html" not in answer.content.decode()


class TestPageAbove:
    @pytest.mark.parametrize(
        ("path", "above"),
        [
            ("/register/again/", "/register/"),
            ("/logout/", "/"),
            ("/", "/"),
            (f"{NEED}withdraw/", NEED),
            ("/no/such/page/", "/"),
        ],
    )
    def test_is_the_nearest_address_with_something_at_it(self, path, above):
        assert page_above(path) == above
