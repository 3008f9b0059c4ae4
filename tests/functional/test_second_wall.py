"""The second wall alone: every policy forgotten, and still nobody reads of another's loan."""

from __future__ import annotations

import pytest
from django.db.models import Q
from django.shortcuts import resolve_url
from django.test import Client

from borrowers import policies as borrowers
from borrowers.models import Consent
from marketplace.models import AccessRecord
from marketplace.statements import Statement
from marketplace.web import middleware
from matching.policies import application as policies
from matching.selectors import application as selectors
from tests.cast import NOW
from tests.factories.interface_tokens import make_interface_token
from tests.factories.matching import make_application
from tests.factories.unit_tokens import bearer

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
STRANGERS = ("rival_owner", "rival_officer", "rival_approver", "other_district_clerk", "stranger")
OF_ONE = (
    "matching:application-detail",
    "matching:review-detail",
    "matching:approval-detail",
    "matching:outcome-list",
    "exports:portrait-pdf",
    "api:application-detail",
    "api:application-review",
    "api:application-portrait",
)
LISTS = (
    "matching:application-list",
    "matching:queue-list",
    "matching:approval-list",
    "matching:loan-list",
    "borrowers:consent-list",
    "api:application-list",
    "api:loan-list",
    "api:consent-list",
)


@pytest.fixture
def forgotten(monkeypatch):
    """Policies that let everybody at everything."""
    monkeypatch.setattr(policies, "_own", lambda user: Q())
    monkeypatch.setattr(policies, "_handled", lambda *standing, **named: Q())
    monkeypatch.setattr(borrowers, "visible_consents", lambda user: Consent.objects.all())
    # Written out anew: what other tests were asked with is not forgotten, and this is not remembered for them.
    monkeypatch.setattr(selectors, "_HANDLED", Statement(selectors._HANDLED._compose))


@pytest.fixture
def loan(cast):
    return make_application(cast, "DISBURSED").loan


def told(cast, loan) -> list[str]:
    """Return who reads of the loan, and where, or breaks a page."""
    key = loan.application.public_id
    addresses = [resolve_url(name, key) for name in OF_ONE] + [resolve_url(name) for name in LISTS]
    addresses += [
        resolve_url(name, loan.public_id) for name in ("api:loan-detail", "api:outcome-list")
    ]
    facts = (cast.enterprise.name, cast.enterprise.uscc, str(key), str(loan.public_id))
    found = []
    for member in STRANGERS:
        client = Client(raise_request_exception=False)
        client.force_login(getattr(cast, member))
        for address in addresses:
            answer = client.get(address, follow=True)
            body = answer.content.decode(errors="replace").replace(address, "")
            if answer.status_code not in (200, 403, 404):
                found.append(f"{member} breaks {address}")
            elif any(fact in body for fact in facts):
                found.append(f"{member} reads {address}")
    return found


class TestSecondWall:
    def test_alone_keeps_strangers_out(self, cast, loan, forgotten):
        assert told(cast, loan) == []
        assert not AccessRecord.objects.exists()

    def test_keeps_a_stranger_s_system_out_as_well(self, cast, loan, forgotten):
        issued = make_interface_token(
            cast.rival_institution, cast.rival_approver, actor=cast.operator, at=NOW
        )
        keys = [loan.application.public_id, loan.public_id]
        client = Client(raise_request_exception=False)
        read = [
            client.get(resolve_url(name, *args), headers=bearer(issued)).text
            for name, args in (
                ("api:application-list", ()),
                ("api:application-detail", keys[:1]),
                ("api:application-portrait", keys[:1]),
                ("api:loan-list", ()),
                ("api:loan-detail", keys[1:]),
            )
        ]

        assert not [text for text in read if cast.enterprise.name in text]

    def test_stands_for_a_system_in_an_operator_s_session(self, cast, loan, forgotten):
        issued = make_interface_token(
            cast.rival_institution, cast.rival_approver, actor=cast.operator, at=NOW
        )
        client = Client(raise_request_exception=False)
        client.force_login(cast.operator)

        read = client.get(resolve_url("api:loan-list"), headers=bearer(issued)).text

        assert cast.enterprise.name not in read

    def test_is_all_that_keeps_them_out_then(self, cast, loan, forgotten, monkeypatch):
        monkeypatch.setattr(middleware, "organisations_asking", lambda user: None)

        found = told(cast, loan)

        readers = [line.split()[0] for line in found if "reads" in line]
        assert set(readers) >= {"rival_owner", "rival_officer", "rival_approver"}
        assert len(readers) > len(STRANGERS)
