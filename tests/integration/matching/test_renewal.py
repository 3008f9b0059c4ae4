"""Loans that end soon: reminders, each once, and the need that renews one."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from marketplace.domain.errors import NotFound
from marketplace.domain.workdays import BEIJING
from marketplace.models import Notification
from matching.domain.renewal import maturity_date
from matching.models import LoanApplication
from matching.selectors.renewal import loans_maturing, renewal_start
from matching.services.clock import clocks_sweep
from matching.services.renewal import renewals_remind
from tests.factories.matching import NO_FEEDBACK, SIGNED_DATE, make_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan(cast):
    application = make_application(cast, "DISBURSED")
    return LoanApplication.objects.get(pk=application.pk).loan


def before(loan, days):
    """The morning so many days before the loan ends."""
    day = maturity_date(SIGNED_DATE, loan.term_months) - timedelta(days=days)
    return datetime.combine(day, time(9), BEIJING)


def told(cast):
    return Notification.objects.filter(kind="loan.renewal", user=cast.owner).count()


class TestRenewalsRemind:
    def test_tells_the_borrower_at_sixty_and_thirty_days_once_each(self, cast, loan):
        counts = [renewals_remind(at=before(loan, days)) for days in (61, 60, 59, 30, 30, 1, -1)]

        assert counts == [0, 1, 0, 1, 0, 0, 0]
        assert told(cast) == 2

    def test_tells_only_the_latest_when_nobody_swept_in_time(self, cast, loan):
        assert renewals_remind(at=before(loan, 10)) == 1
        assert renewals_remind(at=before(loan, 5)) == 0

    def test_keeps_what_was_said_beside_the_case(self, cast, loan):
        renewals_remind(at=before(loan, 60))

        event = loan.application.events.get(event="REMIND")
        assert (event.payload["clock"], event.payload["days_before"]) == ("RENEWAL", 60)
        assert (event.source, event.target) == ("DISBURSED", "DISBURSED")
        assert event.is_internal

    def test_is_part_of_the_sweep(self, cast, loan):
        assert clocks_sweep(at=before(loan, 60)).reminded == 1
        assert clocks_sweep(at=before(loan, 60)).reminded == 0

    def test_leaves_a_settled_loan_alone(self, cast):
        settled = make_application(cast, "SETTLED")
        loan = LoanApplication.objects.get(pk=settled.pk).loan

        assert renewals_remind(at=before(loan, 30)) == 0

    def test_reckons_from_the_signing_where_no_amount_was_reported(self, cast):
        application = make_application(cast, "SIGNED", consent=NO_FEEDBACK)
        LoanApplication.objects.filter(pk=application.pk).update(state="DISBURSED")
        loan = LoanApplication.objects.get(pk=application.pk).loan

        (found,) = loans_maturing(cast.owner, before(loan, 45))

        assert found.matures_on == maturity_date(loan.signed_date, loan.term_months)
        assert (found.days_left, found.reminder) == (45, 60)


class TestRenewalStart:
    def test_starts_from_the_loan_and_names_no_bank(self, cast, loan):
        start = renewal_start(cast.owner, loan.public_id)

        assert start["amount_yuan"] == loan.amount_yuan
        assert (start["term_months"], start["guarantee"]) == (loan.term_months, loan.guarantee)
        assert not any("银行" in str(value) for value in start.values())

    def test_is_the_enterprise_s_own(self, cast, loan):
        for member in (cast.rival_owner, cast.officer, cast.operator):
            with pytest.raises(NotFound):
                renewal_start(member, loan.public_id)
            assert loans_maturing(member, before(loan, 30)) == []
