"""Pages of the own enterprise: whom to call, the team, the way to an objection."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from borrowers.services import agent_end
from marketplace.models import Membership

pytestmark = pytest.mark.django_db
OWN = reverse("borrowers:enterprise-own")
CONTACT = reverse("borrowers:contact-change")
TEAM = reverse("borrowers:team")


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def links(answer):
    page = BeautifulSoup(answer.content, "html.parser")
    return {tag.get_text(strip=True): tag["href"] for tag in page.select("a[href]")}


class TestContact:
    def test_is_shown_and_changed_by_the_owner(self, cast):
        owner = client_of(cast.owner)

        answer = owner.post(CONTACT, {"contact_name": "郑示例", "contact_phone": "13900001111"})

        text = owner.get(OWN).content.decode()
        assert answer.url == OWN
        assert "郑示例" in text
        assert "13900001111" in text

    def test_form_starts_from_what_there_is(self, cast):
        page = BeautifulSoup(client_of(cast.owner).get(CONTACT).content, "html.parser")

        account = cast.enterprise.account
        assert page.select_one("[name=contact_name]")["value"] == account.contact_name
        assert page.select_one("[name=contact_phone]")["value"] == account.contact_phone

    def test_faulty_number_is_told(self, cast):
        data = {"contact_name": "郑示例", "contact_phone": "abc"}

        assert client_of(cast.owner).post(CONTACT, data).status_code == 422

    def test_is_only_read_by_an_agent(self, cast):
        answer = client_of(cast.agent).get(OWN)

        assert cast.enterprise.account.contact_phone in answer.content.decode()
        assert CONTACT not in links(answer).values()


class TestOfficePhone:
    """Of people whom enterprises call."""

    @pytest.mark.parametrize(
        ("member", "is_offered"), [("owner", False), ("agent", False), ("officer", True)]
    )
    def test_is_offered_to_whom_it_serves(self, cast, member, is_offered):
        address = reverse("marketplace:phone-change")
        someone = client_of(getattr(cast, member))

        assert (address in links(someone.get("/glossary/")).values()) is is_offered
        assert someone.get(address).status_code == 200


class TestFormerAgent:
    @pytest.fixture
    def restore(self, cast, now):
        agent = cast.agent
        agent_end(enterprise=cast.enterprise, user_id=agent.public_id, actor=cast.owner, at=now)
        return reverse("borrowers:agent-return", args=[agent.public_id])

    def test_is_taken_back_from_the_team_page(self, cast, restore):
        owner = client_of(cast.owner)
        assert restore in owner.get(TEAM).content.decode()

        answer = owner.post(restore)

        assert answer.url == TEAM
        assert restore not in owner.get(TEAM).content.decode()
        assert Membership.objects.filter(user=cast.agent, ended_at=None).count() == 1

    def test_is_listed_for_the_owner_alone(self, cast, restore, now):
        Membership.objects.create(
            user=cast.stranger,
            organisation=cast.enterprise.account.organisation,
            role="AGENT",
            granted_at=now,
        )

        assert "已停用的经办人" not in client_of(cast.stranger).get(TEAM).content.decode()

    def test_team_without_one_says_nothing(self, cast):
        assert "已停用的经办人" not in client_of(cast.owner).get(TEAM).content.decode()


class TestDisputes:
    def test_lead_to_the_records_they_are_about(self, cast):
        found = links(client_of(cast.owner).get(reverse("borrowers:dispute-list")))

        records = reverse("borrowers:record-list")
        assert found["到信用记录中选一条提出异议"] == records
        repair = found["到行政处罚记录中选一条申请修复"]
        assert repair.startswith(f"{records}?data_class=")
        assert client_of(cast.owner).get(repair).status_code == 200
