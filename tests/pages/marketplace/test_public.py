"""Pages open to everybody, and what stands around every page."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from marketplace.web.display import COOKIE

pytestmark = pytest.mark.django_db
PAGES = ["/", "/glossary/", "/login/"]


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


class TestShell:
    @pytest.mark.parametrize("address", PAGES)
    def test_page_has_one_heading_and_a_way_past_the_navigation(self, client, address):
        page = soup(client.get(address))

        assert page.html["lang"] == "zh-CN"
        assert len(page.select("h1")) == 1
        assert page.select_one("a.mk-skip")["href"] == "#main"
        assert page.select_one("main#main")

    @pytest.mark.parametrize("address", PAGES)
    def test_page_asks_no_other_host(self, client, address):
        page = soup(client.get(address))

        addresses = [tag.get("src") or tag.get("href") for tag in page.select("[src], link[href]")]
        assert addresses
        assert all(address.startswith("/static/") for address in addresses)

    @pytest.mark.parametrize("address", PAGES)
    def test_headers_keep_the_page_in_its_place(self, client, address):
        headers = client.get(address).headers

        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]

    def test_footer_names_the_operator(self, client, settings):
        settings.SITE_FURNITURE = {"organizer": "示例主办单位"}

        assert "主办单位：示例主办单位" in soup(client.get("/")).footer.get_text()


class TestGlossary:
    def test_defines_the_words_of_the_field(self, client):
        page = soup(client.get("/glossary/"))

        assert page.find(id="接单率").find_next("dd").get_text(strip=True)


class TestDisplay:
    def test_choice_is_kept_and_shown(self, client):
        answer = client.post(
            "/display/", {"size": "large", "scheme": "contrast", "next": "/glossary/"}
        )

        page = soup(client.get("/glossary/"))
        assert answer.url == "/glossary/"
        assert (page.html["data-size"], page.html["data-scheme"]) == ("large", "contrast")
        assert page.find("link", href="/static/marketplace/contrast.css")["media"] == "screen"

    def test_light_loads_no_other_palette(self, client):
        client.post("/display/", {"size": "standard", "scheme": "light"})

        assert "dark.css" not in client.get("/").content.decode()

    @pytest.mark.parametrize("cookie", ["", "x", "auto", "dark.<b>", "." * 5000])
    def test_unknown_cookie_is_the_default(self, client, cookie):
        client.cookies[COOKIE] = cookie

        page = soup(client.get("/"))
        assert page.html["data-size"] == "standard"

    @pytest.mark.parametrize(
        "address", ["//evil.example/", "https://evil.example/", "javascript:x"]
    )
    def test_leads_nowhere_else(self, client, address):
        answer = client.post("/display/", {"size": "large", "scheme": "auto", "next": address})

        assert answer.url == "/"

    def test_is_no_deed_of_a_link(self, client):
        assert client.get("/display/").status_code == 405


class TestStyleguide:
    def test_is_hidden_from_the_public(self, client):
        assert client.get("/styleguide/").status_code == 404

    def test_shows_every_component_to_developers(self, client, settings):
        settings.DEBUG = True

        page = soup(client.get("/styleguide/"))

        for block in [
            "table",
            "steps",
            "reasons",
            "clock",
            "confirm",
            "error-summary",
            "chart",
            "upload",
        ]:
            assert page.select(f".mk-{block}"), block
