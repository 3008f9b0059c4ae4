from __future__ import annotations

from decimal import Decimal

import pytest

from marketplace.domain.errors import Conflict, NotFound, Refused, TransitionRefused
from marketplace.models import AuditEvent, Notification, OutboxMessage
from matching.models import CreditPortrait, LoanApplication
from matching.services.application import ConsentChoice, application_route, application_submit
from tests.cast import NOW
from tests.factories.matching import (
    CONSENT,
    make_application,
    make_demand,
    make_offer,
    make_submitted,
)

pytestmark = pytest.mark.django_db


class TestApplicationSubmit:
    def test_freezes_portrait_and_fit_under_the_consent(self, cast):
        application = make_submitted(cast)

        application = LoanApplication.objects.get(pk=application.pk)
        assert application.state == "SUBMITTED"
        assert application.consent.data_classes == ["01", "09", "10"]
        assert application.consent.application_ref == application.public_id
        assert application.consent.lender == cast.institution.organisation
        assert application.portrait.content_hash
        assert {row["rule_code"] for row in application.frozen_fit["verdicts"]} >= {
            "PRODUCT_AMOUNT"
        }
        assert [event.event for event in application.events.all()] == ["SUBMIT"]

    def test_starts_the_matching_of_the_need(self, cast):
        demand = make_demand(cast)

        make_submitted(cast, demand=demand)

        demand.refresh_from_db()
        assert demand.state == "MATCHING"

    def test_asks_for_routing_after_commit(self, cast):
        application = make_submitted(cast)

        message = OutboxMessage.objects.get(task="matching.application_route")
        assert message.kwargs["application_id"] == str(application.public_id)

    def test_is_audited_without_personal_values(self, cast):
        make_submitted(cast)

        row = AuditEvent.objects.get(action="matching.application.submit")
        assert row.payload == {"state": "SUBMITTED", "seq": 1, "institution": "B001"}

    def test_refuses_a_second_live_application_for_the_product(self, cast):
        product = make_offer(cast)
        make_submitted(cast, product=product)

        with pytest.raises(Conflict) as refused:
            make_submitted(cast, product=product)

        assert refused.value.code == "APPLICATION_EXISTS"
        assert LoanApplication.objects.count() == 1

    def test_may_apply_again_after_the_first_ended(self, cast):
        product = make_offer(cast)
        make_application(cast, "WITHDRAWN", product=product)

        again = make_submitted(cast, product=product)

        assert again.state == "SUBMITTED"

    def test_leaves_nothing_behind_when_the_consent_is_refused(self, cast):
        with pytest.raises(Refused) as refused:
            make_submitted(cast, consent=ConsentChoice((), 12, False))

        assert refused.value.code == "CONSENT_TERMS_UNFAIR"
        assert not LoanApplication.objects.exists()
        assert not CreditPortrait.objects.exists()

    def test_refuses_an_amount_outside_the_product(self, cast):
        demand = make_demand(cast, amount_yuan=Decimal("9000000"))

        with pytest.raises(TransitionRefused) as refused:
            make_submitted(cast, demand=demand)

        assert refused.value.code == "GUARD_REFUSED"
        assert not LoanApplication.objects.exists()

    def test_refuses_months_that_are_not_offered(self, cast):
        with pytest.raises(Refused) as refused:
            make_submitted(cast, consent=ConsentChoice(("09",), 7, False))

        assert refused.value.fields.keys() == {"valid_months"}

    def test_refuses_a_need_that_is_no_longer_open(self, cast):
        demand = make_demand(cast, publish=False)

        with pytest.raises(Refused) as refused:
            make_submitted(cast, demand=demand)

        assert refused.value.code == "DEMAND_NOT_OPEN"

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "operator", "stranger"])
    def test_is_not_there_for_others(self, cast, member):
        demand, product = make_demand(cast), make_offer(cast)

        with pytest.raises(NotFound):
            application_submit(
                demand=demand,
                product_id=product.public_id,
                consent=CONSENT,
                actor=getattr(cast, member),
                at=NOW,
            )


class TestApplicationRoute:
    def test_hands_it_to_the_branch_and_tells_its_officers(self, cast):
        application = make_submitted(cast)

        routed = application_route(application_id=application.public_id, at=NOW)

        assert routed.state == "PENDING_ACCEPT"
        assert routed.branch is not None
        told = Notification.objects.filter(kind="application.route")
        assert {row.user for row in told} == {
            cast.owner,
            cast.agent,
            cast.officer,
            cast.second_officer,
        }

    def test_done_twice_is_done_once(self, cast):
        application = make_submitted(cast)
        application_route(application_id=application.public_id, at=NOW)

        application_route(application_id=application.public_id, at=NOW)

        assert application.events.count() == 2

    def test_starts_the_clock_of_one_working_day(self, cast):
        application = make_application(cast)

        assert application.clock_code == "ACCEPT"
        assert application.clock_due_at.isoformat() == "2026-11-24T15:59:59+00:00"
