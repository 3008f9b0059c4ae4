"""Random stories of reports, corrections and voids: what stands at the end is all that counts."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.domain.roles import Role
from matching.domain.outcome import OutcomeKind, ledger
from matching.models import FinancingDemand, LoanApplication, OutcomeEvent
from matching.selectors.loan import event_of, loan_position
from matching.services.outcome import outcome_record
from matching.services.outcome_rectify import outcome_amend, outcome_void
from tests.cast import NOW, make_user
from tests.factories.lenders import make_staff
from tests.factories.matching import (
    SIGNED_DATE,
    WAY,
    make_application,
    make_offer,
    make_steps,
    sign,
)

pytestmark = pytest.mark.django_db
AT = NOW + timedelta(days=40)
AMOUNTS = [Decimal(f"{amount}.00") for amount in (0, 100_000, 200_000, 300_000)]
LIKELY = [kind for kind in OutcomeKind for _ in range(3 if kind in ("DISBURSE", "REPAY") else 1)]

content = st.fixed_dictionaries(
    {
        "days": st.sampled_from([0, 0, 1, 2, -1]),
        "principal_yuan": st.sampled_from(AMOUNTS),
        "days_overdue": st.sampled_from([None, 8, 95]),
        "classification": st.sampled_from(["", "NORMAL", "SUBSTANDARD"]),
    }
)
changes = st.one_of(
    st.fixed_dictionaries({"days": st.sampled_from([-1, 1, 2])}),
    st.fixed_dictionaries({"principal_yuan": st.sampled_from([*AMOUNTS, Decimal("150000.00")])}),
    st.fixed_dictionaries({"days_overdue": st.sampled_from([3, 30]), "days": st.just(1)}),
)
reports = st.tuples(st.just("report"), st.sampled_from(LIKELY), content)
amendments = st.tuples(st.just("amend"), st.integers(0, 8), changes)
NOTHING: dict[str, object] = {}
voids = st.tuples(st.just("void"), st.integers(0, 8), st.just(NOTHING))
deeds = st.one_of(reports, reports, amendments, amendments, voids)
OPENINGS = [
    (("DISBURSE", "500000"),),
    (("DISBURSE", "300000"), ("REPAY", "100000"), ("REPAY", "100000")),
    (("DISBURSE", "300000"), ("OVERDUE", "0"), ("OVERDUE", "0"), ("CURE", "0")),
    (("DISBURSE", "500000"), ("REPAY", "200000"), ("REPAY", "300000"), ("SETTLE", "0")),
    (("DISBURSE", "500000"), ("REPAY", "200000"), ("OVERDUE", "0"), ("WRITE_OFF", "0")),
]
stories = st.lists(deeds, min_size=3, max_size=10)


class Teller:
    """Tells a story of one loan, deed by deed, counting what was taken."""

    def __init__(self, cast, approvers, application, taken):
        self.cast, self.application, self.taken = cast, application, taken
        self.approvers = approvers
        self.count = 0

    @property
    def now(self):
        return LoanApplication.objects.get(pk=self.application.pk)

    def judge_of(self, row):
        """Return an approver who did not write a row."""
        return next(user for user in self.approvers if user.pk != row.reported_by_id)

    def tell(self, deed, subject, facts):
        self.count += 1
        rows = standing(self.application)
        facts, since = dict(facts), rows[-1].event_date if rows else SIGNED_DATE
        if deed != "report" and not rows:
            return
        if deed != "report":
            row = rows[subject % len(rows)]
            subject, since = row.seq, row.event_date
            facts = (content_of(row) | facts) if deed == "amend" else {}
        if "days" in facts:
            facts["event_date"] = since + timedelta(days=facts.pop("days"))
        whose = {"loan_id": self.application.loan.public_id, "at": AT}
        number, why = {"reference": f"X{self.count}"}, {"reason": "录入有误"}
        try:
            if deed == "report":
                outcome_record(kind=subject, actor=self.cast.officer, **whose, **number, **facts)
            elif deed == "amend":
                outcome_amend(
                    seq=subject, actor=self.judge_of(row), **whose, **number, **why, **facts
                )
            else:
                outcome_void(seq=subject, actor=self.judge_of(row), **whose, **why)
        except Refused:
            return
        self.taken[deed] += 1


def standing(application):
    return list(OutcomeEvent.objects.standing().filter(loan=application.loan).order_by("place"))


def warnings_of(application):
    """Return the class warnings; a disbursement's may also say how late it was reported, which a correction is not."""
    return [row.warning for row in standing(application) if row.kind != "DISBURSE"]


def content_of(row):
    names = ("event_date", "principal_yuan", "interest_yuan", "days_overdue", "classification")
    return {name: getattr(row, name) for name in names}


class TestStories:
    def test_end_as_if_only_what_stands_had_been_reported(self, cast):
        told = make_application(cast, "SIGNED", at=NOW)
        afresh = self._second(cast)
        taken: Counter[str] = Counter()
        second = make_user("second_approver")
        make_staff(user=second, institution=cast.institution, role=Role.APPROVER, at=NOW)
        approvers = (cast.approver, second)

        # Refused deeds change nothing; enough are taken for the comparison to mean something.

        @settings(
            max_examples=30,
            derandomize=True,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(opening=st.sampled_from(OPENINGS), story=stories)
        def check(opening, story):
            with transaction.atomic():
                teller = Teller(cast, approvers, told, taken)
                for kind, amount in opening:
                    facts = {"days": 1, "principal_yuan": Decimal(amount), "days_overdue": 8}
                    teller.tell("report", kind, facts)
                for deed in story:
                    teller.tell(*deed)
                rows = standing(told)
                for number, row in enumerate(rows, start=1):
                    outcome_record(
                        loan_id=afresh.loan.public_id,
                        kind=row.kind,
                        reference=f"N{number}",
                        actor=cast.officer,
                        at=AT,
                        **content_of(row),
                    )
                self._compare(teller.now, LoanApplication.objects.get(pk=afresh.pk), rows)
                transaction.set_rollback(True)

        check()

        assert min(taken[deed] for deed in ("report", "amend", "void")) > 10, taken

    @staticmethod
    def _second(cast):
        product = make_offer(cast, "P002")
        application = make_application(cast, "PENDING_ACCEPT", product=product)
        make_steps(cast, application, (*WAY["APPROVED"], sign("HT-2026-0002")))
        return LoanApplication.objects.get(pk=application.pk)

    @staticmethod
    def _compare(told, afresh, rows):
        expected = ledger(event_of(row) for row in rows)
        assert loan_position(told.loan) == expected
        assert loan_position(afresh.loan) == expected
        assert told.state == afresh.state
        assert warnings_of(told) == warnings_of(afresh)
        assert (told.closed_at is None) == (afresh.closed_at is None)
        steps = list(told.events.order_by("seq").values_list("source", "target"))
        assert all(before[1] == after[0] for before, after in itertools.pairwise(steps))
        assert steps[-1][1] == told.state
        need = FinancingDemand.objects.get(pk=told.demand_id)
        assert need.state == ("CONCLUDED" if rows else "MATCHING")
