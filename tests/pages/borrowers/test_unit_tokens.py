"""The pages on the tokens of source units' systems."""

from __future__ import annotations

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from borrowers.models import SourceUnit, UnitToken
from borrowers.services.unit_token import token_revoke
from tests.cast import NOW
from tests.factories.reference import enter_reference
from tests.factories.unit_tokens import make_token

pytestmark = pytest.mark.django_db
LIST = reverse("borrowers:unit-tokens", args=["TAX"])
FORM = {
    "name": "征管系统",
    "purpose": "报送纳税记录",
    "first_day": "2026-11-23",
    "last_day": "2027-11-22",
}
MOST_QUERIES = 15


@pytest.fixture(autouse=True)
def _world():
    with time_machine.travel(NOW, tick=False):
        enter_reference(at=NOW)
        yield


@pytest.fixture
def issued(cast):
    return make_token("TAX", actor=cast.operator, at=NOW)


def page_of(answer):
    return BeautifulSoup(answer.content, "html.parser")


class TestList:
    def test_is_reached_from_the_unit(self, client, cast):
        client.force_login(cast.operator)

        unit = page_of(client.get(reverse("borrowers:unit-detail", args=["TAX"])))

        assert unit.find("a", href=LIST).text.strip() == "接口令牌"

    def test_offers_issuing_to_operators_alone(self, client, cast, issued):
        for member, forms in ((cast.operator, 1), (cast.auditor, 0)):
            client.force_login(member)
            page = page_of(client.get(LIST)).main
            assert issued.token.prefix in page.text
            assert len(page.select("form.mk-form")) == forms

    def test_offers_nothing_for_a_unit_out_of_use(self, client, cast):
        SourceUnit.objects.filter(code="TAX").update(is_active=False)
        client.force_login(cast.operator)

        assert not page_of(client.get(LIST)).select("main form.mk-form")
        assert client.post(LIST, FORM).status_code == 422

    def test_costs_no_more_with_more_tokens(self, client, cast):
        client.force_login(cast.operator)
        for number in range(12):
            make_token("TAX", actor=cast.operator, at=NOW, name=f"系统 {number}")

        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)

        assert len(asked) <= MOST_QUERIES

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": ""}, "name"),
            ({"last_day": "2027-11-23"}, "last_day"),
            ({"first_day": "2026-11-22"}, "first_day"),
            ({"last_day": "很久"}, "last_day"),
        ],
    )
    def test_says_at_the_field_what_is_wrong(self, client, cast, wrong, field):
        client.force_login(cast.operator)

        answer = client.post(LIST, FORM | wrong)

        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == [field]
        assert not UnitToken.objects.exists()


class TestIssued:
    def test_is_kept_by_no_cache(self, client, cast):
        client.force_login(cast.operator)

        answer = client.post(LIST, FORM)

        assert answer.headers["Cache-Control"] == "no-store"
        example = page_of(answer).select_one("pre").text
        assert "/api/v1/catalogue/TAX_" in example
        assert '-H "Authorization: Bearer $TOKEN"' in example


class TestToken:
    def test_shows_who_revoked_it_and_why(self, client, cast, issued):
        token_revoke(
            token_id=issued.token.public_id, reason="泄露", actor=cast.second_operator, at=NOW
        )
        client.force_login(cast.operator)

        with CaptureQueriesContext(connection) as asked:
            page = page_of(
                client.get(reverse("borrowers:unit-token", args=[issued.token.public_id]))
            ).main

        assert {"泄露", str(cast.second_operator), "已撤销"} <= set(page.stripped_strings)
        assert not page.select("form")
        assert len(asked) <= MOST_QUERIES

    def test_wants_a_reason(self, client, cast, issued):
        client.force_login(cast.operator)
        path = reverse("borrowers:unit-token-revoke", args=[issued.token.public_id])

        assert client.post(path, {"reason": " "}).status_code == 422
        assert UnitToken.objects.get().revoked_at is None
