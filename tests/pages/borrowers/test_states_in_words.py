from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from borrowers.services import consent_revoke
from tests.access import World
from tests.access.borrowers import objection_of, with_repair
from tests.cast import NOW
from tests.factories.matching import make_application

pytestmark = pytest.mark.django_db


def badge(client, user, name, public_id) -> str:
    client.force_login(user)
    page = BeautifulSoup(client.get(reverse(name, args=[public_id])).content, "html.parser")
    found = page.select_one("h1 .mk-badge")
    return "" if found is None else found.get_text(strip=True)


class TestStateBesideTheTitle:
    def test_of_a_consent(self, client, cast):
        consent = make_application(cast, "ACCEPTED").consent
        shown = "borrowers:consent-detail"

        assert "有效" in badge(client, cast.owner, shown, consent.public_id)
        consent_revoke(consent_id=consent.public_id, reason="", actor=cast.owner, at=NOW)
        assert "已撤回" in badge(client, cast.owner, shown, consent.public_id)

    def test_of_an_objection(self, client, cast):
        objection = objection_of(World(cast, NOW))

        shown = badge(client, cast.operator, "borrowers:objection-detail", objection.public_id)

        assert objection.get_state_display() in shown

    def test_of_a_repair(self, client, cast):
        call = with_repair(World(cast, NOW))

        shown = badge(client, cast.operator, "borrowers:repair-detail", call.kwargs["public_id"])

        assert "已提交" in shown


class TestConsent:
    def test_leads_to_its_application(self, client, cast):
        application = make_application(cast, "ACCEPTED")
        client.force_login(cast.owner)
        consent = reverse("borrowers:consent-detail", args=[application.consent.public_id])
        page = BeautifulSoup(client.get(consent).content, "html.parser")

        link = page.find("a", string="查看申请")

        assert link["href"] == reverse("matching:application-detail", args=[application.public_id])
        assert client.get(link["href"]).status_code == 200

    def test_lets_the_clause_alone_be_taken_back_also_after_the_end(self, client, cast):
        application = make_application(cast, "SETTLED")
        client.force_login(cast.owner)
        page = reverse("borrowers:consent-detail", args=[application.consent.public_id])
        deed = reverse("borrowers:feedback-revoke", args=[application.consent.public_id])
        before = client.get(page)

        answer = client.post(deed, {"reason": "不再需要"}, follow=True)

        assert deed in before.text
        assert "查询已经终止，反馈条款仍然有效" in before.text
        assert "反馈条款已撤回" in answer.text
        assert deed not in answer.text
        assert "不再需要" in answer.text
