from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.models import Membership, Notification
from matching.domain.lead import LEAD
from matching.models import DemandLead, LeadEvent, LoanApplication
from matching.selectors.lead import lead_staff_ids
from matching.services.clock import SweepCount, clocks_sweep
from matching.services.lead_answer import lead_take, pool_take
from matching.services.transition import application_transition
from tests.cast import NOW
from tests.factories.leads import (
    make_converted,
    make_directed,
    make_dispatched,
    make_lead,
    make_offers,
    make_pooled,
    make_taken,
    make_waiting,
)
from tests.factories.matching import ACCEPT, make_steps

pytestmark = pytest.mark.django_db


def after(days, hour=2):
    """So many days later at ten in the morning in Tianjin; NOW is a Monday."""
    return datetime(2026, 11, 23, hour, tzinfo=UTC) + timedelta(days=days)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def marks(lead):
    found = LeadEvent.objects.filter(lead=lead, event__in=["REMIND", "ESCALATE", "LAPSE"])
    return list(found.order_by("seq").values_list("event", flat=True))


def told(kind):
    return {row.user for row in Notification.objects.filter(kind=kind)}


class TestLeadOfADispatch:
    def test_nothing_is_due_on_the_first_day(self, cast):
        make_dispatched(cast)

        assert clocks_sweep(at=after(1)) == SweepCount()

    def test_reminds_then_escalates_then_lapses(self, cast):
        lead = make_dispatched(cast)

        found = []
        for day in (2, 3, 4):
            clocks_sweep(at=after(day))
            found.append(marks(lead))

        assert found == [["REMIND"], ["REMIND", "ESCALATE"], ["REMIND", "ESCALATE", "LAPSE"]]
        assert told("clock.remind") == {cast.officer, cast.second_officer}
        assert {cast.operator, cast.approver} <= told("clock.escalate")

    def test_does_each_step_once_however_often_it_runs(self, cast):
        lead = make_dispatched(cast)
        for hour in (2, 3, 4):
            clocks_sweep(at=after(3, hour))

        assert marks(lead) == ["REMIND", "ESCALATE"]

    def test_lapsed_the_need_is_dispatched_to_the_next_lender(self, cast):
        lead = make_dispatched(cast)
        clocks_sweep(at=after(4))
        assert (fresh(lead).state, fresh(lead.demand).state) == ("LAPSED", "TO_DISPATCH")

        count = clocks_sweep(at=after(8))

        assert count.dispatched == 1
        second = DemandLead.objects.get(demand=lead.demand, institution=cast.rival_institution)
        assert (second.state, fresh(lead.demand).state) == ("OFFERED", "DISPATCHED")

    def test_without_another_lender_the_operators_are_told_each_round(self, cast):
        lead = make_dispatched(cast)
        cast.rival_institution.state = "SUSPENDED"
        cast.rival_institution.save(update_fields=["state"])
        clocks_sweep(at=after(4))

        counts = [clocks_sweep(at=after(day)).dispatched for day in (8, 8, 10)]

        assert counts == [0, 0, 0]
        titles = Notification.objects.filter(user=cast.operator, title__contains="人工处理")
        assert titles.count() == 2
        assert fresh(lead.demand).state == "TO_DISPATCH"


class TestOfficerWhoLeft:
    def test_gives_the_branch_what_is_told_of_a_lead(self, cast):
        lead = make_taken(cast)
        assert lead_staff_ids(lead) == [cast.officer.pk]

        Membership.objects.filter(user=cast.officer, role="OFFICER").update(ended_at=NOW)

        assert lead_staff_ids(lead) == [cast.second_officer.pk]


class TestInvitation:
    def test_reminds_the_enterprise_then_frees_the_slot(self, cast):
        lead = make_taken(cast)

        clocks_sweep(at=after(3))
        assert marks(lead) == ["REMIND"]
        assert told("clock.remind") == {cast.owner, cast.agent}

        count = clocks_sweep(at=after(8))
        assert (count.leads_lapsed, fresh(lead).state) == (1, "LAPSED")
        assert fresh(lead.demand).state == "TO_DISPATCH"


class TestPoolWindow:
    def test_without_a_taker_it_is_dispatched_by_itself(self, cast):
        need = make_pooled(cast)
        assert clocks_sweep(at=after(2)).pools_closed == 0

        assert clocks_sweep(at=after(3)).pools_closed == 1
        assert fresh(need).state == "TO_DISPATCH"
        assert clocks_sweep(at=after(4)).dispatched == 0
        assert clocks_sweep(at=after(5)).dispatched == 1
        assert DemandLead.objects.get(demand=need).origin == "DISPATCH"

    def test_with_a_taker_it_stays_with_him(self, cast):
        lead = make_taken(cast)

        clocks_sweep(at=after(3))

        assert fresh(lead.demand).state == "MATCHING"

    def test_counts_working_days(self, cast):
        friday = after(4)
        need = make_pooled(cast, friday)

        assert clocks_sweep(at=after(8)).pools_closed == 0
        assert clocks_sweep(at=after(9)).pools_closed == 1
        assert fresh(need).state == "TO_DISPATCH"


class TestSlotOfATaker:
    def test_is_lost_when_the_contact_is_late(self, cast):
        lead = make_converted(cast, make_taken(cast))
        application = LoanApplication.objects.get()
        route(application)
        make_steps(cast, application, (ACCEPT,))
        clocks_sweep(at=after(3))
        assert fresh(lead).state == "CONVERTED"

        clocks_sweep(at=after(4))

        assert fresh(lead).state == "LAPSED"
        assert fresh(application).state == "ACCEPTED"

    def test_is_lost_when_the_application_is_never_accepted(self, cast):
        lead = make_converted(cast, make_taken(cast))
        route(LoanApplication.objects.get())

        clocks_sweep(at=after(4))

        assert fresh(lead).state == "LAPSED"
        assert fresh(lead.demand).state == "TO_DISPATCH"

    def test_is_kept_by_contact_in_time(self, cast):
        lead = make_converted(cast, make_taken(cast))
        application = LoanApplication.objects.get()
        route(application)
        make_steps(cast, application, (ACCEPT,))
        application_transition(
            application_id=application.public_id,
            event="CONTACT",
            payload={"contact_note": "已联系。"},
            actor=cast.officer,
            at=after(2),
        )

        clocks_sweep(at=after(7))

        assert fresh(lead).state == "CONVERTED"


class TestExpiry:
    @pytest.mark.parametrize("make", [make_pooled, make_waiting])
    def test_of_a_searching_need_ends_it(self, cast, make):
        need = make(cast)

        clocks_sweep(at=after(91))

        assert fresh(need).state == "EXPIRED"

    def test_closes_the_leads(self, cast):
        lead = make_directed(cast)

        clocks_sweep(at=after(91))

        assert fresh(lead).state == "CLOSED"


class TestSweep:
    def test_a_second_run_does_nothing(self, cast):
        make_pooled(cast)
        make_dispatched(cast)
        make_taken(cast)
        make_lead(cast, "INVITED")
        clocks_sweep(at=after(4))

        again = clocks_sweep(at=after(4, 3))

        assert (again.reminded, again.escalated, again.leads_lapsed, again.pools_closed) == (
            0,
            0,
            0,
            0,
        )

    def test_keeps_every_lead_on_the_table(self, cast):
        make_pooled(cast)
        lead_take(lead_id=make_dispatched(cast).public_id, actor=cast.officer, at=NOW)
        pool_take(demand_id=make_pooled(cast).public_id, actor=cast.rival_officer, at=NOW)
        make_offers(cast)
        for day in range(1, 30):
            clocks_sweep(at=after(day))

        allowed = {(row.source, row.event, row.target) for row in LEAD.transitions}
        steps = LeadEvent.objects.exclude(event__in=["OFFER", "REMIND", "ESCALATE"])
        assert {(row.source, row.event, row.target) for row in steps} <= allowed


def route(application):
    from matching.services.application import application_route

    application_route(application_id=application.public_id, at=NOW)
