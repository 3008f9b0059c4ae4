from __future__ import annotations

from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.models import AuditEvent, Notification, ParameterValue
from matching.domain.lead import is_duplicate
from matching.models import DemandLead, FinancingDemand, LeadEvent, LoanApplication
from matching.selectors.lead import MaskedNeed, masked, masked_get, pool_list
from matching.services.demand import demand_withdraw
from matching.services.demand_mode import demand_enter_pool
from matching.services.lead_answer import lead_decline, lead_return, pool_take
from tests.cast import NOW
from tests.factories.leads import (
    REASON,
    make_bank,
    make_converted,
    make_offers,
    make_pooled,
    make_taken,
)
from tests.factories.lenders import make_product
from tests.factories.matching import make_application, make_demand

pytestmark = pytest.mark.django_db
IN_WINDOW = NOW + timedelta(days=1)
"""Tuesday; the window of two working days ends on Wednesday."""


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def take(need, actor, at=NOW, **more):
    return pool_take(demand_id=need.public_id, actor=actor, at=at, **more)


def pooled_ids(cast, at=NOW):
    return [masked(row).id for row in pool_list(cast.officer, at)]


class TestEnterPool:
    def test_opens_the_window_with_the_slots_of_the_day(self, cast):
        need = make_pooled(cast)

        assert (need.state, need.mode, need.pool_slots) == ("IN_POOL", "POOL", 3)
        assert need.pool_until.date() == (NOW + timedelta(days=2)).date()
        assert AuditEvent.objects.filter(action="matching.demand.enter_pool").exists()

    def test_keeps_its_slots_whatever_is_entered_later(self, cast):
        need = make_pooled(cast)
        ParameterValue.objects.create(
            code="demand.pool_takers",
            effective_from=NOW.date(),
            value=1,
            source="示例通知",
            entered_by=cast.operator,
            entered_at=NOW,
        )

        assert fresh(need).pool_slots == 3
        other = demand_enter_pool(demand=make_demand(cast), actor=cast.owner, at=NOW)
        assert other.pool_slots == 1

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "operator"])
    def test_is_the_enterprises_own(self, cast, member):
        with pytest.raises(NotFound):
            demand_enter_pool(demand=make_demand(cast), actor=getattr(cast, member), at=NOW)

    def test_waits_for_what_is_under_way(self, cast):
        application = make_application(cast)

        with pytest.raises(TransitionRefused, match="正在与机构对接"):
            demand_enter_pool(demand=application.demand, actor=cast.owner, at=NOW)


class TestPoolList:
    def test_shows_exactly_what_may_be_shown(self, cast):
        need = make_pooled(cast)

        (row,) = pool_list(cast.officer, NOW)

        assert {field.name for field in fields(MaskedNeed)} == {
            "id",
            "sector",
            "district",
            "amount_yuan",
            "term_months",
            "guarantee",
            "closes_at",
            "slots_free",
            "is_duplicate",
        }
        shown = masked(row)
        assert (shown.id, shown.district, shown.slots_free) == (need.public_id, "河西区", 3)
        assert shown.guarantee == "信用"

    def test_reads_no_column_that_names_anybody(self, cast):
        make_pooled(cast)

        (row,) = pool_list(cast.officer, NOW)

        text = repr(row)
        account = cast.enterprise.account
        for secret in (
            cast.enterprise.name,
            cast.enterprise.uscc,
            account.contact_name,
            account.contact_phone,
            str(cast.enterprise.public_id),
        ):
            assert secret
            assert secret not in text

    @pytest.mark.parametrize("member", ["owner", "district_clerk", "operator", "auditor"])
    def test_is_empty_for_everybody_but_lenders(self, cast, member):
        make_pooled(cast)

        assert not pool_list(getattr(cast, member), NOW)

    def test_ends_with_the_window(self, cast):
        need = make_pooled(cast)

        assert pooled_ids(cast, need.pool_until - timedelta(seconds=1)) == [need.public_id]
        assert pooled_ids(cast, need.pool_until) == []

    def test_ends_with_the_last_slot(self, cast):
        need = make_pooled(cast)
        FinancingDemand.objects.filter(pk=need.pk).update(pool_slots=1)

        take(need, cast.rival_officer)

        assert pooled_ids(cast) == []

    def test_filters_by_district_and_guarantee(self, cast):
        need = make_pooled(cast)

        def found(**asked):
            return [masked(row).id for row in pool_list(cast.officer, NOW, **asked)]

        assert found(district_code="120103", guarantee="CREDIT") == [need.public_id]
        assert found(district_code="120101") == found(guarantee="PLEDGE") == []

    @pytest.mark.parametrize("count", [1, 6])
    def test_takes_as_many_queries_for_any_number(self, cast, count, django_assert_max_num_queries):
        for _ in range(count):
            make_pooled(cast)

        with django_assert_max_num_queries(3):
            assert len(pool_list(cast.officer, NOW)) == count


class TestTake:
    def test_invites_the_enterprise_and_shows_no_name(self, cast):
        lead = make_taken(cast)

        assert (lead.state, lead.officer, lead.product.code) == ("INVITED", cast.officer, "P001")
        assert fresh(lead.demand).state == "MATCHING"
        assert not LoanApplication.objects.exists()
        told = Notification.objects.get(kind="lead.take", user=cast.owner)
        assert "示例城市银行愿意对接" in told.title
        words = Notification.objects.exclude(user__in=[cast.owner, cast.agent])
        assert not words.filter(title__contains=cast.enterprise.name).exists()

    def test_records_its_steps_without_gaps(self, cast):
        lead = make_taken(cast)

        steps = LeadEvent.objects.filter(lead=lead).order_by("seq")
        assert [(row.seq, row.event, row.target) for row in steps] == [
            (1, "OFFER", "OFFERED"),
            (2, "TAKE", "INVITED"),
        ]

    def test_is_won_by_the_first_as_many_as_there_are_slots(self, cast):
        need = make_pooled(cast)
        officers = [cast.officer, cast.rival_officer, make_bank(1)[1], make_bank(2)[1]]

        for officer in officers[:3]:
            take(need, officer)

        with pytest.raises(TransitionRefused, match="已抢完"):
            take(need, officers[3])
        assert DemandLead.objects.filter(demand=need).count() == 3

    def test_once_per_institution(self, cast):
        need = make_pooled(cast)
        take(need, cast.officer)

        with pytest.raises(Conflict) as refused:
            take(need, cast.second_officer)

        assert refused.value.code == "LEAD_EXISTS"

    def test_after_the_window_is_refused(self, cast):
        need = make_pooled(cast)

        with pytest.raises(TransitionRefused, match="窗口已结束"):
            take(need, cast.officer, need.pool_until)
        assert not DemandLead.objects.exists()

    @pytest.mark.parametrize(
        "terms",
        [
            {"district_codes": ["120101"]},
            {"amount_max_yuan": 400_000},
            {"guarantees": ["MORTGAGE"]},
            {"effective_from": NOW + timedelta(days=1)},
        ],
    )
    def test_asks_for_a_product_that_suits_in_that_district(self, cast, terms):
        need = demand_enter_pool(demand=make_demand(cast), actor=cast.owner, at=NOW)
        make_product(
            institution=cast.institution,
            code="P9",
            name="示例贷",
            drafted_by=cast.officer,
            published_by=cast.approver,
            at=NOW,
            **terms,
        )

        with pytest.raises(TransitionRefused, match="没有适合该需求"):
            take(need, cast.officer)

    def test_asks_for_a_branch_that_takes_the_district(self, cast):
        need = make_pooled(cast)
        branch = cast.institution.branches.get()
        branch.is_default = False
        branch.save(update_fields=["is_default"])
        branch.districts.set(["120101"])

        with pytest.raises(TransitionRefused, match="没有适合该需求"):
            take(need, cast.officer)

    def test_proposes_no_product_that_does_not_suit(self, cast):
        need = make_pooled(cast)
        _, rival = make_offers(cast)

        with pytest.raises(Refused) as refused:
            take(need, cast.officer, product_id=rival.public_id)

        assert refused.value.code == "LEAD_PRODUCT"

    def test_is_the_officers(self, cast):
        need = make_pooled(cast)

        with pytest.raises(NotPermitted):
            take(need, cast.approver)
        with pytest.raises(NotPermitted):
            take(need, cast.owner)

    def test_of_a_need_outside_the_pool_finds_nothing(self, cast):
        make_offers(cast)

        with pytest.raises(NotFound):
            take(make_demand(cast), cast.officer)


class TestReturn:
    def test_frees_the_slot_while_the_window_is_open(self, cast):
        lead = make_taken(cast)

        lead_return(lead_id=lead.public_id, **REASON, actor=cast.officer, at=IN_WINDOW)

        need = fresh(lead.demand)
        assert (fresh(lead).state, need.state) == ("RETURNED", "IN_POOL")
        assert masked_get(need, IN_WINDOW).slots_free == 3
        assert take(need, cast.rival_officer, IN_WINDOW).state == "INVITED"

    def test_leaves_no_second_take(self, cast):
        lead = make_taken(cast)
        lead_return(lead_id=lead.public_id, **REASON, actor=cast.officer, at=NOW)

        with pytest.raises(Conflict):
            take(lead.demand, cast.officer)

    def test_leaves_the_need_with_the_other_takers(self, cast):
        lead = make_taken(cast)
        take(lead.demand, cast.rival_officer)

        lead_return(lead_id=lead.public_id, **REASON, actor=cast.officer, at=NOW)

        assert fresh(lead.demand).state == "MATCHING"
        assert masked_get(lead.demand, NOW).slots_free == 2

    def test_after_the_window_hands_the_need_to_dispatch(self, cast):
        lead = make_taken(cast)
        later = NOW + timedelta(days=3)

        lead_return(lead_id=lead.public_id, **REASON, actor=cast.officer, at=later)

        need = fresh(lead.demand)
        assert need.state == "TO_DISPATCH"
        assert need.dispatch_due_at > later
        assert Notification.objects.filter(kind="demand.to_dispatch", user=cast.operator).exists()

    @pytest.mark.parametrize("member", ["approver", "owner"])
    def test_is_the_officers(self, cast, member):
        lead = make_taken(cast)

        with pytest.raises(NotPermitted):
            lead_return(lead_id=lead.public_id, **REASON, actor=getattr(cast, member), at=NOW)

    def test_is_nobody_elses(self, cast):
        lead = make_taken(cast)

        with pytest.raises(NotFound):
            lead_return(lead_id=lead.public_id, **REASON, actor=cast.rival_officer, at=NOW)


class TestAnswerOfTheEnterprise:
    def test_consent_and_application_convert_the_lead(self, cast):
        lead = make_taken(cast)

        lead = make_converted(cast, lead)

        assert lead.state == "CONVERTED"
        assert lead.application.consent.lender == cast.institution.organisation
        assert masked_get(lead.demand, NOW).slots_free == 2

    def test_declining_frees_the_slot(self, cast):
        lead = make_taken(cast)

        lead_decline(lead_id=lead.public_id, actor=cast.owner, at=NOW)

        assert fresh(lead.demand).state == "IN_POOL"
        assert Notification.objects.filter(kind="lead.decline", user=cast.officer).exists()

    def test_withdrawing_the_need_closes_every_lead(self, cast):
        lead = make_taken(cast)

        demand_withdraw(demand=lead.demand, actor=cast.owner, at=NOW)

        assert (fresh(lead).state, fresh(lead.demand).state) == ("CLOSED", "WITHDRAWN")
        assert pooled_ids(cast) == []


class TestDuplicateMark:
    def test_marks_the_later_of_two_open_needs(self, cast):
        first = make_pooled(cast, NOW)
        second = make_pooled(cast, NOW + timedelta(hours=1))

        marks = [masked_get(need, IN_WINDOW).is_duplicate for need in (first, second)]

        assert marks == [False, True]

    def test_other_enterprises_are_no_duplicates(self, cast):
        make_pooled(cast)
        strangers = make_demand(
            cast,
            NOW + timedelta(hours=1),
            enterprise=cast.rival_enterprise,
            actor=cast.rival_owner,
        )

        assert not masked_get(strangers, IN_WINDOW).is_duplicate

    @settings(
        max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
    )
    @given(
        spans=st.lists(
            st.tuples(st.integers(0, 45), st.none() | st.integers(0, 45)), min_size=1, max_size=5
        )
    )
    def test_in_the_database_is_the_rule(self, cast, spans):
        FinancingDemand.objects.all().delete()
        needs = []
        for number, (began, lasted) in enumerate(spans):
            need = make_demand(cast)
            published = NOW + timedelta(days=began, minutes=number)
            ended = None if lasted is None else published + timedelta(days=lasted)
            FinancingDemand.objects.filter(pk=need.pk).update(
                published_at=published, closed_at=ended
            )
            needs.append((need, published, ended))

        for need, published, _ in needs:
            others = [(began, ended) for other, began, ended in needs if other.pk != need.pk]
            marked = masked_get(need, NOW).is_duplicate
            assert marked == is_duplicate(published, others, 30)
