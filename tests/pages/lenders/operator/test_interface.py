"""Pages of the tokens of lenders' systems."""

from __future__ import annotations

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from lenders.domain.interface import Interface
from lenders.models import InterfaceToken
from lenders.services.interface import interface_use_count
from tests.cast import NOW
from tests.factories.interface_tokens import make_interface_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def issued(cast):
    return make_interface_token(cast.institution, cast.approver, actor=cast.operator, at=NOW)


def main_of(answer):
    return BeautifulSoup(answer.content, "html.parser").main


def list_of(cast):
    return reverse("lenders:institution-tokens", args=[cast.institution.public_id])


def order(cast, **changed):
    body = {
        "name": "信贷系统",
        "purpose": "取回申请",
        "first_day": "2026-11-23",
        "last_day": "2027-11-22",
        "interfaces": ["APPLICATIONS", "PORTRAIT"],
        "daily_calls": "500",
        "holder": str(cast.approver.public_id),
    }
    return body | changed


class TestIssue:
    def test_is_reached_from_the_institution(self, client, cast):
        client.force_login(cast.operator)

        page = client.get(reverse("lenders:institution-detail", args=[cast.institution.public_id]))

        assert main_of(page).find("a", href=list_of(cast)) is not None

    def test_is_drawn_by_who_answers_for_it_and_shown_this_once(self, client, cast):
        client.force_login(cast.operator)
        issued = client.post(list_of(cast), order(cast), follow=True)
        token = InterfaceToken.objects.get()
        address = reverse("lenders:interface-token", args=[token.public_id])
        by_operator = client.get(address)
        client.force_login(cast.approver)
        before = client.get(address)
        drawn = client.post(f"{address}draw/")
        again = client.post(f"{address}draw/")

        token.refresh_from_db()
        secret = main_of(drawn).select_one(".mk-secret").text
        assert main_of(issued).select_one(".mk-secret") is None
        states = [page.context["state"] for page in (before, client.get(address))]
        assert states == ["待责任人领取", "有效"]
        assert "待责任人领取" in issued.text
        assert [page.context["can_draw"] for page in (by_operator, before)] == [False, True]
        assert secret.startswith(token.prefix)
        assert "/api/v1/applications/" in drawn.text
        assert again.status_code == 409
        assert secret not in client.get(address).text
        assert token.interfaces == ["APPLICATIONS", "PORTRAIT"]

    def test_says_at_the_field_what_is_wrong(self, client, cast):
        client.force_login(cast.operator)

        for field, wrong in (
            ("holder", {"interfaces": ["OUTCOMES"]}),
            ("daily_calls", {"daily_calls": "999999"}),
            ("interfaces", {"interfaces": []}),
            ("last_day", {"last_day": "2029-01-01"}),
        ):
            answer = client.post(list_of(cast), order(cast, **wrong))
            assert answer.status_code == 422
            assert field in answer.context["form"].errors, field
        assert not InterfaceToken.objects.exists()


class TestToken:
    def test_tells_the_lender_s_approver_how_often_it_was_used(self, client, cast, issued):
        for _ in range(3):
            interface_use_count(token=issued.token, interface=Interface.PORTRAIT, at=NOW)
        client.force_login(cast.approver)

        listed = client.get(reverse("lenders:interface-token-list"))
        page = client.get(reverse("lenders:interface-token", args=[issued.token.public_id]))

        assert issued.token.prefix in listed.text
        assert page.context["uses"].rows == [[NOW.date(), "查询授权画像", 3, 0]]

    def test_is_revoked_by_the_lender_s_approver(self, client, cast, issued):
        client.force_login(cast.approver)
        address = reverse("lenders:interface-token-revoke", args=[issued.token.public_id])

        wordless = client.post(address, {"reason": ""})
        client.post(address, {"reason": "更换系统"})

        issued.token.refresh_from_db()
        assert wordless.status_code == 422
        assert issued.token.revoked_by == cast.approver
        page = client.get(reverse("lenders:interface-token", args=[issued.token.public_id]))
        assert "更换系统" in page.text
        assert page.context["form"] is None

    def test_is_nobody_else_s(self, client, cast, issued):
        for member in (cast.officer, cast.rival_approver, cast.owner):
            client.force_login(member)
            address = reverse("lenders:interface-token", args=[issued.token.public_id])
            assert client.get(address).status_code == 404
