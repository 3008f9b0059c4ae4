"""What a lender's own system may read and report by the API, and what it may not."""

from __future__ import annotations

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from borrowers.services import consent_revoke
from lenders.api.systems import SystemThrottle
from lenders.domain.interface import Interface
from lenders.models import InterfaceUse
from marketplace.models import AccessRecord, AuditEvent, Membership
from matching.models import ApplicationEvent
from tests.cast import NOW
from tests.factories.interface_tokens import make_interface_token
from tests.factories.matching import make_application
from tests.factories.unit_tokens import bearer

pytestmark = pytest.mark.django_db
PAID = {
    "kind": "DISBURSE",
    "event_date": "2026-11-23",
    "principal_yuan": "500000.00",
    "reference": "CORE-1",
}


@pytest.fixture(autouse=True)
def moment():
    cache.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def application(cast):
    return make_application(cast, "SIGNED")


@pytest.fixture
def system(cast):
    issued = make_interface_token(cast.institution, cast.approver, actor=cast.operator, at=NOW)
    return bearer(issued)


@pytest.fixture
def rival_system(cast):
    issued = make_interface_token(
        cast.rival_institution, cast.rival_approver, actor=cast.operator, at=NOW
    )
    return bearer(issued)


def portrait_of(application):
    return reverse("api:application-portrait", args=[application.public_id])


class TestReading:
    def test_gets_what_its_holder_gets(self, client, cast, application, system):
        addresses = [
            reverse("api:application-list"),
            reverse("api:application-detail", args=[application.public_id]),
            reverse("api:loan-list"),
            reverse("api:loan-detail", args=[application.loan.public_id]),
            portrait_of(application),
        ]
        by_system = [client.get(address, headers=system) for address in addresses]
        client.force_login(cast.approver)
        by_person = [client.get(address) for address in addresses]

        assert [answer.status_code for answer in by_system] == [200] * len(addresses)
        assert [answer.json() for answer in by_system] == [answer.json() for answer in by_person]
        assert str(application.public_id) in by_system[0].text

    def test_is_recorded_as_a_system_s_in_its_holder_s_name(
        self, client, cast, application, system
    ):
        client.get(portrait_of(application), headers=system)

        record = AccessRecord.objects.filter(channel="SYSTEM").get()
        assert (record.user, record.organisation) == (
            cast.approver,
            cast.institution.organisation,
        )
        client.force_login(cast.owner)
        assert "机构系统" in client.get(reverse("borrowers:access-list")).text

    def test_ends_with_the_consent(self, client, cast, application, system):
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )

        assert client.get(portrait_of(application), headers=system).status_code in (403, 404)

    def test_of_another_lender_s_is_not_there(self, client, application, rival_system):
        for address in (
            portrait_of(application),
            reverse("api:application-detail", args=[application.public_id]),
            reverse("api:loan-detail", args=[application.loan.public_id]),
        ):
            assert client.get(address, headers=rival_system).status_code == 404
        for name in ("api:application-list", "api:loan-list"):
            assert client.get(reverse(name), headers=rival_system).json()["results"] == []

    def test_leaves_out_what_the_holder_is_elsewhere(self, client, cast, application, system):
        """The approver is an owner of the rival enterprise, too: its token speaks for the lender alone."""
        rival = Membership.objects.get(user=cast.rival_owner)
        Membership.objects.create(
            user=cast.approver,
            organisation=rival.organisation,
            role="OWNER",
            granted_at=NOW,
        )

        found = client.get(reverse("api:application-list"), headers=system).json()["results"]

        assert [row["id"] for row in found] == [str(application.public_id)]


class TestReporting:
    def test_an_outcome_counts_once(self, client, cast, application):
        address = reverse("api:outcome-list", args=[application.loan.public_id])

        issued = make_interface_token(
            cast.institution,
            cast.officer,
            actor=cast.operator,
            at=NOW,
            name="回传",
            interfaces=tuple(Interface),
        )
        system = bearer(issued)
        first = client.post(address, PAID, content_type="application/json", headers=system)
        again = client.post(address, PAID, content_type="application/json", headers=system)

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json()["seq"] == again.json()["seq"]
        assert len(client.get(address, headers=system).json()) == 1
        event = AuditEvent.objects.filter(action="matching.application.disburse").last()
        assert ApplicationEvent.objects.get(event="DISBURSE").payload["token"] == str(
            issued.token.public_id
        )
        assert event.actor == cast.officer
        uses = dict(InterfaceUse.objects.values_list("interface", "calls"))
        assert uses == {"OUTCOMES": 2, "LOANS": 1}

    def test_of_another_lender_s_loan_is_not_found(self, client, cast, application, rival_system):
        address = reverse("api:outcome-list", args=[application.loan.public_id])

        answer = client.post(address, PAID, content_type="application/json", headers=rival_system)

        assert (answer.status_code, answer.json()["code"]) == (403, "INTERFACE_CLOSED")
        issued = make_interface_token(
            cast.rival_institution,
            cast.rival_officer,
            actor=cast.operator,
            at=NOW,
            name="回传",
            interfaces=(Interface.OUTCOMES,),
        )
        answer = client.post(address, PAID, content_type="application/json", headers=bearer(issued))
        assert answer.status_code == 404


class TestLimits:
    def issue(self, cast, **scope):
        return bearer(
            make_interface_token(
                cast.institution, cast.approver, actor=cast.operator, at=NOW, **scope
            )
        )

    def test_an_interface_that_is_not_open_is_shut(self, client, cast, application):
        system = self.issue(cast, interfaces=(Interface.LOANS,))

        answer = client.get(portrait_of(application), headers=system)

        assert (answer.status_code, answer.json()["code"]) == (403, "INTERFACE_CLOSED")
        assert not AccessRecord.objects.filter(channel="SYSTEM").exists()

    def test_the_day_s_calls_are_a_limit(self, client, cast):
        system = self.issue(cast, daily_calls=2)
        address = reverse("api:loan-list")

        told = [client.get(address, headers=system) for _ in range(3)]

        assert [answer.status_code for answer in told] == [200, 200, 429]
        assert told[2].json()["code"] == "INTERFACE_SPENT"

    def test_its_requests_are_not_its_holder_s(self, client, cast, system, monkeypatch):
        monkeypatch.setattr(SystemThrottle, "rate", "2/min", raising=False)
        address = reverse("api:loan-list")
        by_system = [client.get(address, headers=system).status_code for _ in range(3)]
        client.force_login(cast.approver)
        by_person = [client.get(address).status_code for _ in range(3)]

        assert by_system == by_person == [200, 200, 429]

    def test_steps_are_for_people(self, client, cast, system):
        application = make_application(cast, "PENDING_ACCEPT")
        address = reverse("api:application-accept", args=[application.public_id])

        answer = client.post(address, {}, content_type="application/json", headers=system)

        assert answer.status_code in (401, 403)
        application.refresh_from_db()
        assert application.state == "PENDING_ACCEPT"

    def test_applying_is_for_enterprises(self, client, system):
        answer = client.post(
            reverse("api:application-list"), {}, content_type="application/json", headers=system
        )

        assert (answer.status_code, answer.json()["code"]) == (403, "INTERFACE_CLOSED")

    @pytest.mark.parametrize(
        ("header", "code"),
        [
            ("Bearer xyd_00000000_" + "0" * 64, "TOKEN_UNKNOWN"),
            ("Bearer nonsense", "TOKEN_UNKNOWN"),
        ],
    )
    def test_what_is_no_token_is_refused(self, client, header, code):
        answer = client.get(reverse("api:loan-list"), headers={"Authorization": header})

        assert (answer.status_code, answer.json()["code"]) == (401, code)

    def test_pages_know_no_token(self, client, application, system):
        answer = client.get(
            reverse("matching:application-detail", args=[application.public_id]), headers=system
        )

        assert answer.status_code == 302
