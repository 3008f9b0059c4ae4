from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.domain.errors import NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.models import AuditEvent
from matching.domain.demand import DEMAND
from matching.services.application import ConsentChoice
from matching.services.demand import (
    demand_change,
    demand_close,
    demand_create,
    demand_expire,
    demand_publish,
    demand_withdraw,
)
from tests.cast import NOW
from tests.factories.matching import make_application, make_demand, make_offer, make_submitted

pytestmark = pytest.mark.django_db


def wanted(cast, **changed):
    terms = {
        "enterprise": cast.enterprise,
        "amount_yuan": Decimal("500000"),
        "term_months": 12,
        "purpose": "EQUIPMENT",
        "guarantee": "CREDIT",
        "actor": cast.owner,
        "at": NOW,
    }
    return terms | changed


def changed(demand, cast, **changes):
    terms = wanted(cast, demand=demand, amount_yuan=Decimal("800000"), **changes)
    del terms["enterprise"]
    return demand_change(**terms)


class TestDemandChange:
    def test_enters_a_draft_anew_and_is_audited(self, cast):
        demand = demand_create(**wanted(cast, purpose_note="旧", max_rate_bp=500))

        changed(demand, cast, is_first_loan=True)

        demand.refresh_from_db()
        assert (demand.state, demand.amount_yuan) == ("DRAFT", Decimal("800000"))
        assert (demand.purpose_note, demand.max_rate_bp, demand.is_first_loan) == ("", None, True)
        assert AuditEvent.objects.filter(action="matching.demand.change").count() == 1

    def test_publishes_in_the_same_step_when_asked(self, cast):
        demand = demand_create(**wanted(cast))

        assert changed(demand, cast, publish=True).state == "PUBLISHED"

    def test_of_a_published_need_is_refused(self, cast):
        demand = demand_create(**wanted(cast, publish=True))

        with pytest.raises(TransitionRefused):
            changed(demand, cast)

        demand.refresh_from_db()
        assert demand.amount_yuan == Decimal("500000")

    def test_keeps_what_was_there_when_a_field_is_wrong(self, cast):
        demand = demand_create(**wanted(cast))

        with pytest.raises(Refused) as refused:
            changed(demand, cast, guarantee="")

        assert "guarantee" in refused.value.fields

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "operator", "stranger"])
    def test_is_only_for_ones_own_enterprise(self, cast, member):
        demand = demand_create(**wanted(cast))

        with pytest.raises(NotFound):
            changed(demand, cast, actor=getattr(cast, member))


class TestDemandCreate:
    def test_begins_as_a_draft_and_is_audited(self, cast):
        demand = demand_create(**wanted(cast))

        assert (demand.state, demand.published_at) == ("DRAFT", None)
        assert AuditEvent.objects.get(action="matching.demand.create").payload == {"state": "DRAFT"}

    def test_published_at_once_is_open_for_ninety_days(self, cast):
        demand = demand_create(**wanted(cast, publish=True))

        assert demand.state == "PUBLISHED"
        assert demand.expires_at == NOW + timedelta(days=90)

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"amount_yuan": None}, "amount_yuan"),
            ({"amount_yuan": Decimal("NaN")}, "amount_yuan"),
            ({"amount_yuan": Decimal("100000001")}, "amount_yuan"),
            ({"term_months": 0}, "term_months"),
            ({"purpose": "GAMBLING"}, "purpose"),
            ({"guarantee": ""}, "guarantee"),
            ({"max_rate_bp": 9999}, "max_rate_bp"),
            ({"declared_employees": -1}, "declared_employees"),
            ({"declared_revenue_yuan": Decimal("-1")}, "declared_revenue_yuan"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, cast, changed, field):
        with pytest.raises(Refused) as refused:
            demand_create(**wanted(cast, **changed))

        assert refused.value.code == "DEMAND_INVALID"
        assert field in refused.value.fields

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "operator", "stranger"])
    def test_is_only_for_ones_own_enterprise(self, cast, member):
        with pytest.raises(NotFound):
            demand_create(**wanted(cast, actor=getattr(cast, member)))

    def test_waits_for_the_verification_of_the_enterprise(self, cast):
        cast.enterprise.account.state = "PENDING"
        cast.enterprise.account.save(update_fields=["state"])

        with pytest.raises(NotPermitted) as refused:
            demand_create(**wanted(cast))

        assert refused.value.code == "ENTERPRISE_NOT_VERIFIED"


class TestDemandVerbs:
    def test_publish_is_for_drafts(self, cast):
        demand = make_demand(cast)

        with pytest.raises(TransitionRefused):
            demand_publish(demand=demand, actor=cast.owner, at=NOW)

    def test_withdraws_what_nobody_works_on(self, cast):
        demand = make_demand(cast)

        done = demand_withdraw(demand=demand, actor=cast.agent, at=NOW)

        assert (done.state, done.closed_at) == ("WITHDRAWN", NOW)

    def test_does_not_withdraw_under_an_open_application(self, cast):
        demand = make_demand(cast)
        make_submitted(cast, demand=demand)

        with pytest.raises(TransitionRefused) as refused:
            demand_withdraw(demand=demand, actor=cast.owner, at=NOW)

        assert "在办的申请" in refused.value.sentence

    def test_ends_the_search_after_a_refusal(self, cast):
        application = make_application(cast, "REJECTED")

        done = demand_close(demand=application.demand, actor=cast.owner, at=NOW)

        assert done.state == "UNSUCCESSFUL"

    @pytest.mark.parametrize("verb", [demand_publish, demand_withdraw, demand_close])
    def test_is_not_there_for_others(self, cast, verb):
        demand = make_demand(cast)

        with pytest.raises(NotFound):
            verb(demand=demand, actor=cast.rival_owner, at=NOW)

    @pytest.mark.parametrize("state", sorted(DEMAND.terminal_states))
    @pytest.mark.parametrize("verb", [demand_publish, demand_withdraw, demand_close])
    def test_nothing_leaves_a_need_that_ended(self, cast, state, verb):
        demand = make_demand(cast)
        demand.state = state
        demand.save(update_fields=["state"])

        with pytest.raises(TransitionRefused):
            verb(demand=demand, actor=cast.owner, at=NOW)


class TestDemandExpire:
    def test_before_its_time_nothing_happens(self, cast):
        demand = make_demand(cast)

        assert not demand_expire(demand_id=demand.pk, at=NOW)

    def test_an_expired_need_serves_no_application(self, cast):
        demand = make_demand(cast)

        with pytest.raises(Refused) as refused:
            make_submitted(
                cast,
                demand=demand,
                product=make_offer(cast),
                consent=ConsentChoice(("09",), 1, False),
                at=NOW + timedelta(days=91),
            )

        assert refused.value.code == "DEMAND_EXPIRED"
