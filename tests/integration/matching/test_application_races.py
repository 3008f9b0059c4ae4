"""Two people at the same moment, on a database that lets them."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import connection, connections

from marketplace.domain.errors import Refused
from matching.models import CreditLine, LoanApplication, OutcomeEvent
from matching.services.application import application_submit
from matching.services.outcome import outcome_record
from matching.services.outcome_rectify import outcome_amend
from matching.services.transition import application_transition
from tests.cast import NOW, make_cast
from tests.factories.matching import (
    APPROVE,
    CONSENT,
    SIGNED_DATE,
    make_application,
    make_demand,
    make_offer,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def at_once(*deeds):
    """Run every deed in a thread of its own, all let go at one moment; return results and refusals."""
    barrier = threading.Barrier(len(deeds))
    results: list[object] = []

    def run(deed):
        try:
            barrier.wait(timeout=20)
            results.append(deed())
        except Refused as refused:
            results.append(refused)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == len(deeds)
    refusals = [found for found in results if isinstance(found, Refused)]
    return [found for found in results if not isinstance(found, Refused)], refusals


@pytest.fixture
def people():
    assert connection.vendor == "postgresql"
    return make_cast()


class TestDoubleSubmit:
    def test_leaves_one_application(self, people):
        product = make_offer(people)
        needs = [make_demand(people), make_demand(people)]

        def submit(need):
            return application_submit(
                demand=need,
                product_id=product.public_id,
                consent=CONSENT,
                actor=people.owner,
                at=NOW,
            )

        done, refused = at_once(*(lambda need=need: submit(need) for need in needs))

        assert len(done) == 1
        assert [found.code for found in refused] == ["APPLICATION_EXISTS"]
        assert LoanApplication.objects.count() == 1


class TestDoubleApprove:
    def test_leaves_one_credit_line(self, people):
        application = make_application(people, "IN_APPROVAL")

        def approve():
            return application_transition(
                application_id=application.public_id,
                event="APPROVE",
                payload=APPROVE[2],
                actor=people.approver,
                at=NOW,
            )

        done, refused = at_once(approve, approve)

        assert len(done) == 1
        assert [found.status for found in refused] == [409]
        assert CreditLine.objects.count() == 1
        assert application.events.filter(event="APPROVE").count() == 1


class TestApproveAgainstWithdraw:
    def test_one_of_both_happens(self, people):
        application = make_application(people, "IN_APPROVAL")

        def act(event, actor, payload):
            return application_transition(
                application_id=application.public_id,
                event=event,
                payload=payload,
                actor=actor,
                at=NOW,
            )

        done, refused = at_once(
            lambda: act("APPROVE", people.approver, APPROVE[2]),
            lambda: act("WITHDRAW", people.owner, {}),
        )

        assert (len(done), len(refused)) == (1, 1)
        numbers = list(application.events.order_by("seq").values_list("seq", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


class TestDoubleReport:
    def test_the_same_reference_is_one_event(self, people):
        application = make_application(people, "SIGNED")
        loan = LoanApplication.objects.get(pk=application.pk).loan

        def report():
            return outcome_record(
                loan_id=loan.public_id,
                kind="DISBURSE",
                event_date=SIGNED_DATE,
                principal_yuan=Decimal("300000.00"),
                reference="SAME",
                actor=people.officer,
                at=NOW,
            )

        done, refused = at_once(report, report)

        assert (len(done), refused) == (2, [])
        assert OutcomeEvent.objects.count() == 1

    def test_two_disbursements_never_exceed_the_contract(self, people):
        application = make_application(people, "SIGNED")
        loan = LoanApplication.objects.get(pk=application.pk).loan

        def report(reference):
            return outcome_record(
                loan_id=loan.public_id,
                kind="DISBURSE",
                event_date=SIGNED_DATE,
                principal_yuan=Decimal("300000.00"),
                reference=reference,
                actor=people.officer,
                at=NOW,
            )

        done, refused = at_once(lambda: report("A"), lambda: report("B"))

        assert len(done) == 1
        assert [found.code for found in refused] == ["OUTCOME_OVER_LIMIT"]


class TestDoubleCorrection:
    def test_the_same_correction_is_one(self, people):
        loan = LoanApplication.objects.get(pk=make_application(people, "DISBURSED").pk).loan

        def amend():
            return amended(people, loan, "300000.00", "C1")

        done, refused = at_once(amend, amend)

        assert (len(done), refused) == (2, [])
        assert OutcomeEvent.objects.count() == 2

    def test_of_two_different_ones_the_first_stands(self, people):
        loan = LoanApplication.objects.get(pk=make_application(people, "DISBURSED").pk).loan

        done, refused = at_once(
            lambda: amended(people, loan, "300000.00", "C1"),
            lambda: amended(people, loan, "200000.00", "C2"),
        )

        assert len(done) == 1
        assert [found.code for found in refused] == ["OUTCOME_NOT_STANDING"]
        assert OutcomeEvent.objects.standing().get() == done[0]

    def test_a_report_and_a_correction_never_exceed_the_contract(self, people):
        loan = LoanApplication.objects.get(pk=make_application(people, "SIGNED").pk).loan
        paid_out(people, loan, "200000.00", "A")

        done, refused = at_once(
            lambda: amended(people, loan, "400000.00", "C1"),
            lambda: paid_out(people, loan, "200000.00", "B"),
        )

        assert len(done) == 1
        assert {found.code for found in refused} <= {
            "OUTCOME_OVER_LIMIT",
            "OUTCOME_NO_LONGER_FITS",
        }
        drawn = sum(row.principal_yuan for row in OutcomeEvent.objects.standing())
        assert drawn == Decimal("400000.00")


def amended(people, loan, amount, reference):
    return outcome_amend(
        loan_id=loan.public_id,
        seq=1,
        event_date=SIGNED_DATE,
        principal_yuan=Decimal(amount),
        reference=reference,
        reason="金额录错",
        actor=people.approver,
        at=NOW,
    )


def paid_out(people, loan, amount, reference):
    return outcome_record(
        loan_id=loan.public_id,
        kind="DISBURSE",
        event_date=SIGNED_DATE,
        principal_yuan=Decimal(amount),
        reference=reference,
        actor=people.officer,
        at=NOW,
    )
