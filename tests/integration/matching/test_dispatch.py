from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from exports.domain.definitions import Statistic
from exports.domain.tally import figures
from exports.selectors.facts import facts_at
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.domain.workdays import local_date
from marketplace.models import Notification
from matching.models import FinancingDemand
from matching.selectors.dispatch import dispatch_suggestions
from matching.services.demand import demand_close, demand_withdraw
from matching.services.demand_mode import demand_ask_dispatch, demand_choose, demand_dispatch
from matching.services.lead_answer import lead_decline, lead_return, lead_take
from tests.cast import NOW
from tests.factories.leads import (
    REASON,
    make_bank,
    make_converted,
    make_directed,
    make_dispatched,
    make_lead,
    make_offers,
    make_taken,
    make_waiting,
)
from tests.factories.matching import make_application, make_demand

pytestmark = pytest.mark.django_db


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def dispatch(need, code="B001", actor=None, at=NOW):
    return demand_dispatch(demand_id=need.public_id, institution_code=code, actor=actor, at=at)


def codes(need):
    return [entry.institution.code for entry in dispatch_suggestions(fresh(need), NOW)]


class TestAskDispatch:
    def test_tells_the_operators_and_starts_the_clock(self, cast):
        need = make_waiting(cast)

        assert (need.state, need.mode) == ("TO_DISPATCH", "DISPATCH")
        assert local_date(need.dispatch_due_at) == local_date(NOW + timedelta(days=1))
        told = Notification.objects.filter(kind="demand.to_dispatch")
        assert {row.user for row in told} == {cast.operator, cast.second_operator}

    def test_is_refused_while_a_lender_works_on_it(self, cast):
        lead = make_taken(cast)

        with pytest.raises(TransitionRefused, match="正在与机构对接"):
            demand_ask_dispatch(demand=lead.demand, actor=cast.owner, at=NOW)


class TestSuggestions:
    def test_put_the_districts_own_branch_first(self, cast):
        need = make_waiting(cast)
        branch = cast.rival_institution.branches.create(name="河西支行")
        branch.districts.set(["120103"])

        assert codes(need) == ["B002", "B001"]

    def test_put_the_surer_fit_before_the_lighter_load(self, cast):
        need = make_waiting(cast)
        product = cast.rival_institution.products.get()
        product.versions.get().rules.create(
            code="AGE",
            feature="age_months",
            operator="GE",
            value=12,
            effective_from=NOW.date(),
        )
        make_application(cast, product=make_offers(cast)[0])

        assert codes(need) == ["B001", "B002"]

    def test_put_the_lighter_load_first(self, cast):
        need = make_waiting(cast)
        assert codes(need) == ["B001", "B002"]

        make_application(cast, product=make_offers(cast)[0])

        assert codes(need) == ["B002", "B001"]
        first = dispatch_suggestions(fresh(need), NOW)[1]
        assert first.candidate.load == Decimal("0.5")

    def test_leave_out_who_has_no_product_or_no_branch(self, cast):
        need = make_waiting(cast)
        bank, _ = make_bank(1)
        make_bank(2)
        branch = bank.branches.get()
        branch.is_default = False
        branch.save(update_fields=["is_default"])
        branch.districts.set(["120101"])

        assert codes(need) == ["B001", "B002", "T002"]

    def test_leave_out_who_has_an_application_of_the_need(self, cast):
        application = make_application(cast, "REJECTED")
        make_offers(cast)
        need = demand_ask_dispatch(demand=application.demand, actor=cast.owner, at=NOW)

        assert codes(need) == ["B002"]

    def test_name_who_returned_it_last(self, cast):
        lead = make_lead(cast, "RETURNED")

        found = dispatch_suggestions(fresh(lead.demand), NOW)

        assert [(entry.institution.code, entry.before) for entry in found] == [
            ("B002", ""),
            ("B001", "曾退回"),
        ]

    def test_take_the_same_queries_for_any_number(self, cast, django_assert_max_num_queries):
        need = make_waiting(cast)
        for number in range(5):
            make_bank(number)
        need = FinancingDemand.objects.select_related("enterprise").get(pk=need.pk)

        with django_assert_max_num_queries(9):
            assert len(dispatch_suggestions(need, NOW)) == 7


class TestDispatch:
    def test_puts_the_need_before_the_lender_without_a_name(self, cast):
        lead = make_dispatched(cast)

        assert (lead.state, lead.origin) == ("OFFERED", "DISPATCH")
        assert (fresh(lead.demand).state, fresh(lead.demand).dispatch_due_at) == (
            "DISPATCHED",
            None,
        )
        told = Notification.objects.filter(kind="lead.offer")
        assert {row.user for row in told} == {cast.officer, cast.second_officer}
        assert cast.enterprise.name not in told.first().title

    @pytest.mark.parametrize("member", ["officer", "owner", "auditor", "stranger"])
    def test_is_the_operators(self, cast, member):
        need = make_waiting(cast)

        with pytest.raises(NotPermitted):
            dispatch(need, actor=getattr(cast, member))

    def test_goes_to_a_lender_with_a_suitable_product_only(self, cast):
        need = make_waiting(cast, amount_yuan=Decimal("5000000"))

        with pytest.raises(Refused) as refused:
            dispatch(need, actor=cast.operator)

        assert refused.value.code == "LEAD_INELIGIBLE"

    def test_goes_to_one_lender_at_a_time(self, cast):
        lead = make_dispatched(cast)

        with pytest.raises(TransitionRefused):
            dispatch(lead.demand, "B002", cast.operator)
        assert lead.demand.leads.count() == 1

    def test_taken_it_invites_the_enterprise(self, cast):
        lead = make_lead(cast, "INVITED")

        assert (lead.officer, fresh(lead.demand).state) == (cast.officer, "MATCHING")
        assert Notification.objects.filter(kind="lead.take", user=cast.owner).exists()

    def test_is_not_taken_twice(self, cast):
        lead = make_lead(cast, "INVITED")

        with pytest.raises(TransitionRefused):
            lead_take(lead_id=lead.public_id, actor=cast.second_officer, at=NOW)

    def test_returned_it_waits_again_and_goes_elsewhere(self, cast):
        lead = make_lead(cast, "RETURNED")
        assert fresh(lead.demand).state == "TO_DISPATCH"

        other = dispatch(lead.demand, "B002", cast.operator)

        assert (other.state, fresh(lead.demand).state) == ("OFFERED", "DISPATCHED")

    def test_comes_back_to_the_same_lender_who_cannot_return_it_again(self, cast):
        lead = make_lead(cast, "RETURNED")

        again = dispatch(lead.demand, "B001", cast.operator)

        assert (again.pk, again.state) == (lead.pk, "OFFERED")
        with pytest.raises(TransitionRefused, match="只能退回一次"):
            lead_return(lead_id=lead.public_id, **REASON, actor=cast.officer, at=NOW)
        assert lead_take(lead_id=lead.public_id, actor=cast.officer, at=NOW).state == "INVITED"

    def test_by_the_marketplace_never_comes_back(self, cast):
        lead = make_lead(cast, "RETURNED")

        with pytest.raises(Conflict):
            dispatch(lead.demand, "B001")

    @pytest.mark.parametrize(
        "state", ["OFFERED", "INVITED", "CONVERTED", "RETURNED", "DECLINED", "LAPSED", "CLOSED"]
    )
    def test_leaves_a_lead_in_every_state(self, cast, state):
        assert make_lead(cast, state).ended_at == (None if state in ("OFFERED", "INVITED") else NOW)

    def test_ends_with_the_need(self, cast):
        lead = make_lead(cast, "INVITED")

        demand_close(demand=lead.demand, actor=cast.owner, at=NOW)

        assert fresh(lead).state == "CLOSED"


class TestChoose:
    def test_puts_the_need_before_each_chosen_lender(self, cast):
        lead = make_directed(cast, codes=("B001", "B002", "B001"))

        need = fresh(lead.demand)
        assert (need.state, need.mode) == ("PUBLISHED", "DIRECTED")
        states = need.leads.order_by("id").values_list("institution__code", "state", "origin")
        assert list(states) == [("B001", "OFFERED", "DIRECTED"), ("B002", "OFFERED", "DIRECTED")]

    def test_chooses_three_at_most_at_a_time(self, cast):
        make_offers(cast)
        for number in range(3):
            make_bank(number)
        need = make_demand(cast)

        with pytest.raises(Refused) as refused:
            choose(cast, need, "B001", "B002", "T000", "T001")
        assert refused.value.code == "CHOICE_TOO_MANY"

        choose(cast, need, "B001", "B002")
        with pytest.raises(Refused):
            choose(cast, need, "T000", "T001")
        first = need.leads.get(institution__code="B001")
        lead_return(lead_id=first.public_id, **REASON, actor=cast.officer, at=NOW)
        assert len(choose(cast, need, "T000", "T001")) == 2

    @pytest.mark.parametrize(
        ("wanted", "code"), [((), "CHOICE_EMPTY"), (("X9",), "LEAD_INELIGIBLE")]
    )
    def test_says_what_is_wrong_at_the_field(self, cast, wanted, code):
        make_offers(cast)

        with pytest.raises(Refused) as refused:
            choose(cast, make_demand(cast), *wanted)

        assert (refused.value.code, list(refused.value.fields)) == (code, ["institutions"])

    def test_is_the_enterprises_own(self, cast):
        make_offers(cast)

        with pytest.raises(NotFound):
            demand_choose(
                demand=make_demand(cast),
                institution_codes=["B001"],
                actor=cast.rival_owner,
                at=NOW,
            )

    def test_all_returned_the_enterprise_may_go_another_way(self, cast):
        lead = make_directed(cast)
        lead_take(lead_id=lead.public_id, actor=cast.officer, at=NOW)
        lead_return(lead_id=lead.public_id, **REASON, actor=cast.officer, at=NOW)
        assert fresh(lead.demand).state == "MATCHING"

        need = demand_ask_dispatch(demand=lead.demand, actor=cast.owner, at=NOW)

        assert need.state == "TO_DISPATCH"

    def test_declined_by_the_enterprise_before_an_answer(self, cast):
        lead = make_directed(cast)

        lead_decline(lead_id=lead.public_id, actor=cast.agent, at=NOW)

        assert (fresh(lead).state, fresh(lead.demand).state) == ("DECLINED", "PUBLISHED")

    def test_applying_directly_answers_the_offer(self, cast):
        lead = make_converted(cast, make_directed(cast))

        assert (lead.state, fresh(lead.demand).state) == ("CONVERTED", "MATCHING")
        assert lead.application.institution == cast.institution


def choose(cast, need, *wanted):
    return demand_choose(demand=need, institution_codes=wanted, actor=cast.owner, at=NOW)


class TestAcceptanceRate:
    """接单率 counts needs that a lender took, once each, and not those given back."""

    def rate(self, at=NOW):
        return figures(facts_at(local_date(at), at))[Statistic.ACCEPTANCE_RATE]

    def test_a_need_only_published_counts_as_not_taken(self, cast):
        make_dispatched(cast)

        assert self.rate() == 0

    @pytest.mark.parametrize("make", [make_taken, lambda cast: make_lead(cast, "INVITED")])
    def test_a_need_taken_counts(self, cast, make):
        make(cast)

        assert self.rate() == 1

    def test_a_need_given_back_does_not(self, cast):
        lead = make_taken(cast)
        later = NOW + timedelta(days=1)
        lead_return(lead_id=lead.public_id, **REASON, actor=cast.officer, at=later)

        assert (self.rate(NOW), self.rate(later)) == (1, 0)

    def test_a_need_taken_again_after_it_was_given_back_does(self, cast):
        lead = make_lead(cast, "INVITED")
        lead_return(lead_id=lead.public_id, **REASON, actor=cast.officer, at=NOW)
        dispatch(lead.demand, "B001", cast.operator)
        lead_take(lead_id=lead.public_id, actor=cast.officer, at=NOW)

        assert self.rate() == 1

    def test_taken_and_applied_for_counts_once(self, cast):
        make_application(
            cast, "ACCEPTED", demand=make_taken(cast).demand, product=make_offers(cast)[0]
        )
        make_demand(cast)

        assert self.rate() == Decimal("0.5")

    def test_a_need_withdrawn_after_it_was_taken_still_counts(self, cast):
        lead = make_taken(cast)
        demand_withdraw(demand=lead.demand, actor=cast.owner, at=NOW)

        assert self.rate() == 1
