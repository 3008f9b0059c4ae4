"""Loan outcomes put right: corrected, voided and reported again, by whom and when."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from marketplace.domain.roles import Role
from marketplace.models import Notification
from matching.models import LoanApplication
from matching.services.outcome import outcome_record
from matching.services.outcome_rectify import outcome_amend, outcome_void
from tests.cast import NOW, make_user
from tests.factories.lenders import make_staff
from tests.factories.matching import SIGNED_DATE

LATER = NOW + timedelta(hours=1)


def fresh(application):
    return LoanApplication.objects.get(pk=application.pk)


def second_approver(cast):
    """Return another approver of the cast's lender."""
    user = make_user("second_approver")
    make_staff(user=user, institution=cast.institution, role=Role.APPROVER, at=NOW)
    return user


def amend(cast, application, seq, member="approver", at=LATER, by=None, **content):
    wanted = {"event_date": SIGNED_DATE, "reference": "C1", "reason": "金额录错一位"} | content
    return outcome_amend(
        loan_id=fresh(application).loan.public_id,
        seq=seq,
        actor=by or getattr(cast, member),
        at=at,
        **wanted,
    )


def void(cast, application, seq, member="approver", at=LATER, by=None, reason="报到了另一笔贷款上"):
    return outcome_void(
        loan_id=fresh(application).loan.public_id,
        seq=seq,
        reason=reason,
        actor=by or getattr(cast, member),
        at=at,
    )


def repay(cast, application, at=LATER, **content):
    """Report the repayment of the cast's loan as it was reported first."""
    first = {
        "event_date": SIGNED_DATE,
        "principal_yuan": Decimal("100000.00"),
        "interest_yuan": Decimal("1500.00"),
        "reference": "R0002",
    }
    return outcome_record(
        loan_id=fresh(application).loan.public_id,
        kind="REPAY",
        actor=cast.officer,
        at=at,
        **first | content,
    )


def titles(user):
    return list(Notification.objects.filter(user=user, at=LATER).values_list("title", flat=True))
