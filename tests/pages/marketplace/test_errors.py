"""Refusals and faults as pages, fragments and JSON."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.pages.marketplace.refusing_urls import REFUSALS

pytestmark = [pytest.mark.urls("tests.pages.marketplace.refusing_urls"), pytest.mark.django_db]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def quiet():
    return Client(raise_request_exception=False)


class TestRefusal:
    @pytest.mark.parametrize("status", REFUSALS)
    def test_is_a_page_with_sentence_code_and_number(self, client, status):
        answer = client.get(f"/refuse/{status}/")

        text = answer.content.decode()
        assert answer.status_code == status
        assert REFUSALS[status].sentence in text
        assert REFUSALS[status].code in text
        assert answer.headers["X-Request-ID"] in text

    def test_names_the_sentences_of_fields(self, client):
        assert "金额须大于零。" in client.get("/refuse/400/").content.decode()

    def test_is_a_fragment_for_scripts(self, client):
        answer = client.get("/refuse/409/", headers=HTMX)

        text = answer.content.decode()
        assert answer.status_code == 409
        assert "<html" not in text
        assert "TRANSITION_REFUSED" in text


class TestFault:
    @pytest.mark.parametrize(
        ("fault", "status", "code"),
        [
            ("denied", 403, "NOT_PERMITTED"),
            ("suspicious", 400, "BAD_REQUEST"),
            ("broken", 500, "SERVER_ERROR"),
            ("no-database", 503, "SERVICE_UNAVAILABLE"),
        ],
    )
    def test_is_a_page_that_says_no_more_than_it_should(self, quiet, fault, status, code):
        answer = quiet.get(f"/fail/{fault}/")

        text = answer.content.decode()
        assert answer.status_code == status
        assert code in text
        assert answer.headers["X-Request-ID"] in text
        assert "secret detail" not in text

    @pytest.mark.parametrize(("fault", "status"), [("denied", 403), ("broken", 500)])
    def test_is_json_below_api(self, quiet, fault, status):
        answer = quiet.get(f"/api/v1/fail/{fault}/")

        assert answer.status_code == status
        assert set(answer.json()) == {"type", "title", "status", "code", "detail", "fields"}

    def test_is_a_fragment_for_scripts(self, quiet):
        text = quiet.get("/fail/broken/", headers=HTMX).content.decode()

        assert "<html" not in text
        assert "SERVER_ERROR" in text

    def test_unknown_address_is_404(self, client):
        answer = client.get("/no/such/page/")

        assert answer.status_code == 404
        assert "NOT_FOUND" in answer.content.decode()

    def test_form_without_token_is_refused_in_words(self):
        answer = Client(enforce_csrf_checks=True).post("/display/")

        assert answer.status_code == 403
        assert "FORM_STALE" in answer.content.decode()


class TestScriptRedirect:
    def test_tells_scripts_where_to_go(self, client):
        answer = client.get("/leave/", headers=HTMX)

        assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/glossary/")

    def test_tells_scripts_to_log_in(self, client):
        answer = client.get("/me/", headers=HTMX)

        assert answer.headers["HX-Redirect"] == "/login/?next=/me/"

    def test_sends_browsers(self, client):
        assert client.get("/leave/").status_code == 302


class TestRequestId:
    def test_is_the_same_inside_and_outside(self, client):
        answer = client.get("/number/", headers={"X-Request-ID": "from-outside"})

        assert answer.content.decode() == answer.headers["X-Request-ID"]
        assert answer.headers["X-Request-ID"] != "from-outside"
