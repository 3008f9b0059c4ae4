"""Tokens of lenders' systems: who gets one, who answers for it, how its calls are counted, how it ends."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection

from lenders.domain.interface import Interface
from lenders.models import Institution, InterfaceToken, InterfaceUse
from lenders.services import institution_suspend
from lenders.services.interface import (
    interface_authenticate,
    interface_token_draw,
    interface_token_revoke,
    interface_use_count,
)
from marketplace.domain.account import SuspensionReason
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.token import token_digest
from marketplace.models import AuditEvent, Membership, Notification
from marketplace.services import account_suspend
from marketplace.services.minute_limit import TooMany
from marketplace.services.token import TokenRefused
from tests.factories.interface_tokens import make_interface_token, make_undrawn_token

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_failures():
    cache.clear()


@pytest.fixture
def issued(cast, now):
    return make_interface_token(cast.institution, cast.approver, actor=cast.operator, at=now)


def shown(issued, now):
    return interface_authenticate(text=issued.text, sender="192.0.2.1", at=now)


class TestIssue:
    def test_keeps_the_hash_alone_and_tells_those_concerned(self, cast, now):
        issued = make_interface_token(cast.institution, cast.officer, actor=cast.operator, at=now)

        token = InterfaceToken.objects.get()
        event = AuditEvent.objects.get(action="lenders.institution.token_issue")
        told = Notification.objects.filter(kind="token.token_issue")
        assert AuditEvent.objects.filter(
            action="lenders.institution.token_draw", actor=cast.officer
        ).exists()
        assert issued.text not in str(vars(token))
        assert issued.text.startswith(token.prefix)
        assert event.payload["holder"] == str(cast.officer.public_id)
        assert {notice.user for notice in told} == {cast.officer, cast.approver}

    @pytest.mark.parametrize("member", ["approver", "auditor", "owner", "district_lead"])
    def test_is_for_operators(self, cast, now, member):
        with pytest.raises(NotPermitted):
            make_interface_token(
                cast.institution, cast.approver, actor=getattr(cast, member), at=now
            )

    @pytest.mark.parametrize(
        ("wrong", "code"),
        [
            ({"interfaces": ()}, "INTERFACE_NONE"),
            ({"daily_calls": 0}, "INTERFACE_CALLS"),
            ({"daily_calls": 5001}, "INTERFACE_CALLS"),
            ({"name": " "}, "TOKEN_NAME"),
            ({"purpose": ""}, "TOKEN_PURPOSE"),
        ],
    )
    def test_refuses_with_words(self, cast, now, wrong, code):
        with pytest.raises(Refused, match=code) as refused:
            make_interface_token(
                cast.institution, cast.approver, actor=cast.operator, at=now, **wrong
            )
        assert refused.value.fields

    @pytest.mark.parametrize("member", ["rival_officer", "owner", "operator"])
    def test_needs_one_of_the_lender_s_people(self, cast, now, member):
        with pytest.raises(Refused, match="INTERFACE_HOLDER"):
            make_interface_token(
                cast.institution, getattr(cast, member), actor=cast.operator, at=now
            )

    def test_of_reporting_needs_an_officer(self, cast, now):
        reporting = {"interfaces": (Interface.OUTCOMES,), "actor": cast.operator, "at": now}
        with pytest.raises(Refused, match="INTERFACE_HOLDER"):
            make_interface_token(cast.institution, cast.approver, **reporting)

        assert make_interface_token(cast.institution, cast.officer, **reporting)

    def test_takes_a_name_once(self, cast, now, issued):
        with pytest.raises(Conflict, match="TOKEN_NAME_TAKEN"):
            make_interface_token(cast.institution, cast.officer, actor=cast.operator, at=now)


class TestDraw:
    @pytest.fixture
    def undrawn(self, cast, now):
        return make_undrawn_token(cast.institution, cast.officer, actor=cast.operator, at=now)

    def draw(self, token, actor, now):
        return interface_token_draw(token_id=token.public_id, actor=actor, at=now)

    def test_is_the_holder_s_and_happens_once(self, cast, now, undrawn):
        before = undrawn.digest
        issued = self.draw(undrawn, cast.officer, now)

        assert issued.token.digest == token_digest(issued.text) != before
        assert shown(issued, now).holder == cast.officer
        with pytest.raises(Conflict, match="TOKEN_DRAWN"):
            self.draw(undrawn, cast.officer, now)

    @pytest.mark.parametrize("member", ["operator", "approver", "rival_officer", "owner"])
    def test_is_nobody_else_s(self, cast, now, undrawn, member):
        with pytest.raises(NotPermitted, match="TOKEN_HOLDER"):
            self.draw(undrawn, getattr(cast, member), now)

    def test_of_what_is_over_is_refused(self, cast, now, undrawn):
        with pytest.raises(Conflict, match="TOKEN_OVER"):
            self.draw(undrawn, cast.officer, now + timedelta(days=31))
        interface_token_revoke(
            token_id=undrawn.public_id, reason="示例", actor=cast.operator, at=now
        )
        with pytest.raises(Conflict, match="TOKEN_OVER"):
            self.draw(undrawn, cast.officer, now)


class TestStanding:
    def test_counts_for_its_lender(self, cast, now, issued):
        token = shown(issued, now)

        assert (token.institution, token.holder) == (cast.institution, cast.approver)
        token.refresh_from_db()
        assert token.last_used_at == now

    def test_is_over_with_its_holder_s_duty(self, cast, now, issued):
        Membership.objects.filter(user=cast.approver).update(ended_at=now)

        with pytest.raises(TokenRefused, match="HOLDER_LEFT"):
            shown(issued, now)

    def test_is_over_with_its_holder_s_account(self, cast, now, issued):
        account_suspend(
            user_id=cast.approver.public_id,
            reason=SuspensionReason.SUSPECTED,
            actor=cast.operator,
            at=now,
        )

        with pytest.raises(TokenRefused, match="HOLDER_LEFT"):
            shown(issued, now)

    def test_is_over_while_the_lender_is_suspended(self, cast, now, issued):
        institution_suspend(
            institution=cast.institution, reason="示例", actor=cast.operator, at=now
        )

        with pytest.raises(TokenRefused, match="INSTITUTION_NOT_ADMITTED"):
            shown(issued, now)

    def test_ends_by_itself(self, now, issued):
        with pytest.raises(TokenRefused, match="TOKEN_EXPIRED"):
            shown(issued, now + timedelta(days=31))


class TestRevoke:
    def revoke(self, issued, actor, now, reason="人员变动"):
        return interface_token_revoke(
            token_id=issued.token.public_id, reason=reason, actor=actor, at=now
        )

    @pytest.mark.parametrize("member", ["operator", "approver"])
    def test_is_at_once_by_operator_or_approver(self, cast, now, issued, member):
        self.revoke(issued, getattr(cast, member), now)

        with pytest.raises(TokenRefused, match="TOKEN_REVOKED"):
            shown(issued, now)
        with pytest.raises(Conflict, match="TOKEN_OVER"):
            self.revoke(issued, cast.operator, now)

    @pytest.mark.parametrize("member", ["officer", "rival_approver", "auditor"])
    def test_is_not_for_others(self, cast, now, issued, member):
        with pytest.raises(NotPermitted):
            self.revoke(issued, getattr(cast, member), now)

    def test_says_why(self, cast, now, issued):
        with pytest.raises(Refused, match="REASON_REQUIRED"):
            self.revoke(issued, cast.operator, now, " ")

    def test_of_nothing_is_not_found(self, cast, now):
        with pytest.raises(NotFound):
            interface_token_revoke(token_id=uuid4(), reason="示例", actor=cast.operator, at=now)


class TestUse:
    def count(self, issued, now, interface=Interface.LOANS, times=1):
        for _ in range(times):
            interface_use_count(token=issued.token, interface=interface, at=now)

    def issue(self, cast, now, **scope):
        return make_interface_token(
            cast.institution, cast.approver, actor=cast.operator, at=now, **scope
        )

    def test_is_counted_by_interface_and_day(self, cast, now, issued):
        self.count(issued, now, times=3)
        self.count(issued, now, Interface.PORTRAIT)
        self.count(issued, now + timedelta(days=1))

        found = InterfaceUse.objects.order_by("day", "interface")
        assert [(use.interface, use.calls) for use in found] == [
            ("LOANS", 3),
            ("PORTRAIT", 1),
            ("LOANS", 1),
        ]

    def test_ends_with_the_day_s_calls(self, cast, now):
        issued = self.issue(cast, now, daily_calls=2)
        self.count(issued, now, times=2)

        for _ in range(3):
            with pytest.raises(TooMany, match="INTERFACE_SPENT"):
                self.count(issued, now)
        use = InterfaceUse.objects.get()
        assert (use.calls, use.refused) == (2, 3)
        self.count(issued, now, Interface.PORTRAIT)
        self.count(issued, now + timedelta(days=1))

    def test_is_of_what_was_opened(self, cast, now):
        issued = self.issue(cast, now, interfaces=(Interface.LOANS,))

        with pytest.raises(NotPermitted, match="INTERFACE_CLOSED"):
            self.count(issued, now, Interface.OUTCOMES)
        assert not InterfaceUse.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_calls_side_by_side_are_let_in_up_to_the_limit(cast, now):
    issued = make_interface_token(
        Institution.objects.get(pk=cast.institution.pk),
        cast.approver,
        actor=cast.operator,
        at=now,
        daily_calls=20,
    )
    let_in: list[bool] = []

    def call() -> None:
        for _ in range(8):
            try:
                interface_use_count(token=issued.token, interface=Interface.LOANS, at=now)
                let_in.append(True)
            except TooMany:
                let_in.append(False)
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    use = InterfaceUse.objects.get()
    assert sum(let_in) == use.calls == 20
    assert use.refused == 48 - 20
