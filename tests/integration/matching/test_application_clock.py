from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.models import Notification
from matching.models import ApplicationEvent, LoanApplication
from matching.services.clock import SweepCount, clocks_sweep
from matching.services.transition import application_transition
from tests.cast import NOW
from tests.factories.matching import (
    NO_FEEDBACK,
    make_application,
    make_demand,
    make_submitted,
    sign,
)

pytestmark = pytest.mark.django_db


def after(days, hour=2):
    """So many days later at ten in the morning in Tianjin; NOW is a Monday."""
    return datetime(2026, 11, 23, hour, tzinfo=UTC) + timedelta(days=days)


def fresh(application):
    return LoanApplication.objects.get(pk=application.pk)


def marks(application):
    events = ApplicationEvent.objects.filter(
        application=application, event__in=["REMIND", "ESCALATE"]
    )
    return [(row.event, row.payload["clock"]) for row in events.order_by("seq")]


class TestAcceptance:
    def test_nothing_is_due_on_the_first_day(self, cast):
        make_application(cast)

        assert clocks_sweep(at=after(1)) == SweepCount(looked_at=1)

    def test_reminds_the_branch_after_one_working_day(self, cast):
        application = make_application(cast)

        count = clocks_sweep(at=after(2))

        assert (count.reminded, marks(application)) == (1, [("REMIND", "ACCEPT")])
        told = Notification.objects.filter(kind="clock.remind")
        assert {row.user for row in told} == {cast.officer, cast.second_officer}

    def test_reminds_once_however_often_it_runs(self, cast):
        make_application(cast)
        clocks_sweep(at=after(2))

        again = clocks_sweep(at=after(2, hour=3))

        assert again == SweepCount(looked_at=1)

    def test_escalates_to_approvers_and_operators_after_two(self, cast):
        application = make_application(cast)

        clocks_sweep(at=after(3))

        assert ("ESCALATE", "ACCEPT") in marks(application)
        told = {row.user for row in Notification.objects.filter(kind="clock.escalate")}
        assert {cast.approver, cast.operator, cast.second_operator} <= told

    def test_expires_after_three_and_ends_the_consent(self, cast):
        application = make_application(cast)

        count = clocks_sweep(at=after(4))

        application = fresh(application)
        assert (count.expired, application.state) == (1, "EXPIRED")
        assert application.consent.revoked_at is not None
        assert application.events.get(event="EXPIRE").payload == {"clock": "ACCEPT"}

    def test_counts_working_days_only(self, cast):
        friday = after(4)
        application = make_application(cast, at=friday)

        clocks_sweep(at=friday + timedelta(days=2))

        assert marks(application) == []


class TestOtherClocks:
    def test_supplement_reminds_the_borrower_then_expires(self, cast):
        application = make_application(cast, "SUPPLEMENT")

        clocks_sweep(at=after(15))
        assert marks(application) == [("REMIND", "SUPPLEMENT")]
        told = Notification.objects.filter(kind="clock.remind")
        assert {row.user for row in told} == {cast.owner, cast.agent}

        clocks_sweep(at=after(30))
        assert fresh(application).state == "EXPIRED"

    def test_a_decision_is_due_after_five_working_days_and_never_expires(self, cast):
        application = make_application(cast, "IN_APPROVAL")

        clocks_sweep(at=after(60))

        assert fresh(application).state == "IN_APPROVAL"
        assert ("ESCALATE", "DECISION_LIMIT") in marks(application)
        assert ("ESCALATE", "DECISION") in marks(application)

    def test_a_suspension_ends_after_thirty_days(self, cast):
        application = make_application(cast, "SUSPENDED")

        clocks_sweep(at=after(31))

        assert fresh(application).state == "EXPIRED"

    def test_resumed_work_gets_the_paused_days_back(self, cast):
        application = make_application(cast, "SUPPLEMENT")
        application_transition(
            application_id=application.public_id,
            event="SUPPLY",
            payload={"supplied_note": "已交。"},
            actor=cast.owner,
            at=after(10),
        )
        application_transition(
            application_id=application.public_id,
            event="SUBMIT_FOR_APPROVAL",
            payload={"file_complete": True, "opinion": "同意。"},
            actor=cast.officer,
            at=after(10),
        )

        application = fresh(application)
        assert application.clock_code == "DECISION"
        assert application.clock_due_at > after(16)


class TestLapse:
    def test_an_approved_limit_lapses_the_day_after_its_end(self, cast):
        application = make_application(cast, "APPROVED")
        until = application.credit_line.valid_until
        day = datetime(until.year, until.month, until.day, 2, tzinfo=UTC)

        assert clocks_sweep(at=day).lapsed == 0
        assert clocks_sweep(at=day + timedelta(days=1)).lapsed == 1
        assert fresh(application).state == "LAPSED"

    def test_a_signed_one_waits_for_a_disbursement_reported_late(self, cast):
        application = make_application(cast, "SIGNED", consent=NO_FEEDBACK)
        until = application.credit_line.valid_until
        day = datetime(until.year, until.month, until.day, 2, tzinfo=UTC)

        assert clocks_sweep(at=day + timedelta(days=1)).lapsed == 0
        assert clocks_sweep(at=day + timedelta(days=12)).lapsed == 1
        assert fresh(application).state == "LAPSED"


class TestWaitingForRouting:
    def test_is_routed_when_the_task_got_lost(self, cast):
        application = make_submitted(cast)

        assert clocks_sweep(at=NOW + timedelta(minutes=11)).routed == 1
        assert fresh(application).state == "PENDING_ACCEPT"


class TestNeeds:
    def test_expire_with_their_time(self, cast):
        demand = make_demand(cast)

        clocks_sweep(at=NOW + timedelta(days=91))

        demand.refresh_from_db()
        assert demand.state == "EXPIRED"

    def test_with_an_open_application_go_on(self, cast):
        application = make_application(cast, "APPROVED")

        clocks_sweep(at=NOW + timedelta(days=90, hours=1))

        application.demand.refresh_from_db()
        assert application.demand.state == "MATCHING"

    def test_found_no_lender_when_their_time_is_over(self, cast):
        application = make_application(cast, "REJECTED")

        count = clocks_sweep(at=NOW + timedelta(days=91))

        application.demand.refresh_from_db()
        assert (count.demands_ended, application.demand.state) == (1, "UNSUCCESSFUL")


def test_a_contract_is_signed_in_time_or_not_at_all(cast):
    application = make_application(cast, "APPROVED")
    event, _, payload = sign()

    done = application_transition(
        application_id=application.public_id,
        event=event,
        payload=payload,
        actor=cast.officer,
        at=NOW,
    )

    assert done.state == "SIGNED"
