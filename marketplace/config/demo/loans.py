"""What becomes of the loans of the demonstration city: paid out, repaid by the quarter, late, lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count

from marketplace.config.demo.lending import Lender
from marketplace.config.demo.plan import Fate, Slip
from marketplace.config.demo.timeline import Clock, Tale, at_hour
from marketplace.domain.money import to_yuan
from marketplace.domain.workdays import local_date
from matching.models import Loan
from matching.services.outcome import outcome_record
from matching.services.outcome_rectify import outcome_amend, outcome_void

QUARTER_DAYS = 91
YEAR_DAYS = 365
BASIS_POINTS = 10_000
LATE_DAYS = 20
TELL_DAYS = 10
"""So long after a missed day the lender reports that it was missed."""


@dataclass
class Account:
    """One loan as its lender keeps it."""

    loan: Loan
    lender: Lender
    clock: Clock
    owed_yuan: Decimal = Decimal(0)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def report(self, kind: str, on: date | None = None, **facts: Decimal | int | str) -> int:
        """Report one event, by default of the day of the report; return its number."""
        at = self.clock.at
        return outcome_record(
            loan_id=self.loan.public_id,
            kind=kind,
            event_date=on or local_date(at),
            reference=f"{kind}-{next(self.numbers)}",
            actor=self.lender.officer,
            at=at,
            **facts,  # type: ignore[arg-type]
        ).seq

    def pay(self, principal: Decimal, on: date) -> None:
        """Report a quarter's repayment with its interest."""
        rate = Decimal(self.loan.annual_rate_bp * QUARTER_DAYS) / (BASIS_POINTS * YEAR_DAYS)
        interest = max(to_yuan(self.owed_yuan * rate), Decimal("0.01"))
        self.report("REPAY", on, principal_yuan=principal, interest_yuan=interest)
        self.owed_yuan -= principal


def loan_lived(account: Account, fate: Fate, slip: Slip | None, until: datetime) -> Tale:
    """Pay a signed loan out and report what becomes of it."""
    loan, clock = account.loan, account.clock
    yield clock.office(clock.random.uniform(0.5, 3))
    if slip is Slip.MISTYPED:
        yield from _mistyped(account)
    else:
        account.report("DISBURSE", principal_yuan=loan.amount_yuan)
    account.owed_yuan = loan.amount_yuan
    parts = max(1, loan.term_months // 3)
    drawn = local_date(clock.at)
    days = [drawn + timedelta(days=QUARTER_DAYS * place) for place in range(1, parts + 1)]
    missed = _missed(fate, days, local_date(until))
    for day, principal in zip(days, _principals(loan, parts), strict=True):
        if day == missed and fate is not Fate.LATE:
            yield from _unpaid(account, day, is_lost=fate is Fate.WRITTEN_OFF)
            return
        if day == missed:
            yield from _paid_late(account, day, principal)
        else:
            yield _due(clock, day)
            account.pay(principal, day)
        if day == days[0] and slip is Slip.MISPLACED:
            yield from _misplaced(account)
    yield clock.office(1)
    account.report("SETTLE")


def _mistyped(account: Account) -> Tale:
    """Report a payment one digit short; the approver corrects it the day after."""
    loan, clock = account.loan, account.clock
    paid = local_date(clock.at)
    seq = account.report("DISBURSE", principal_yuan=to_yuan(loan.amount_yuan / 10))
    yield clock.office(1)
    outcome_amend(
        loan_id=loan.public_id,
        seq=seq,
        event_date=paid,
        principal_yuan=loan.amount_yuan,
        reference=f"AMEND-{next(account.numbers)}",
        reason="放款金额少录了一位（演示）。",
        actor=account.lender.approver,
        at=clock.at,
    )


def _misplaced(account: Account) -> Tale:
    """Report another loan's missed day; the approver voids it the day after."""
    clock = account.clock
    yield clock.office(1)
    seq = account.report("OVERDUE", days_overdue=TELL_DAYS, classification="SPECIAL_MENTION")
    yield clock.office(1)
    outcome_void(
        loan_id=account.loan.public_id,
        seq=seq,
        reason="逾期的是另一笔贷款，报错了户（演示）。",
        actor=account.lender.approver,
        at=clock.at,
    )


def _missed(fate: Fate, days: list[date], today: date) -> date | None:
    """Return the day that is missed: the first one, or for a loan overdue today the latest that can be told of."""
    if fate in (Fate.LATE, Fate.WRITTEN_OFF):
        return days[0]
    told = [day for day in days if day + timedelta(days=TELL_DAYS + 10) <= today]
    return told[-1] if fate is Fate.OVERDUE and told else None


def _principals(loan: Loan, parts: int) -> list[Decimal]:
    """Return what is paid back each quarter: equal parts, or everything at the end."""
    if loan.repayment in ("INTEREST_THEN_PRINCIPAL", "BULLET"):
        return [Decimal(0)] * (parts - 1) + [loan.amount_yuan]
    share = to_yuan(loan.amount_yuan / parts)
    return [share] * (parts - 1) + [loan.amount_yuan - share * (parts - 1)]


def _due(clock: Clock, day: date) -> datetime:
    """Return when a repayment of a day is reported: within office hours of the day after."""
    clock.at = max(clock.at, at_hour(day, 9))
    return clock.office(1)


def _overdue(account: Account, due: date, days: int) -> Tale:
    account.clock.at = max(account.clock.at, at_hour(due + timedelta(days=days), 9))
    yield account.clock.office(0)


def _paid_late(account: Account, due: date, principal: Decimal) -> Tale:
    yield from _overdue(account, due, TELL_DAYS)
    late = (local_date(account.clock.at) - due).days
    account.report("OVERDUE", days_overdue=late, classification="SPECIAL_MENTION")
    yield account.clock.office(LATE_DAYS - TELL_DAYS)
    account.pay(principal, local_date(account.clock.at))
    account.report("CURE", classification="NORMAL")


def _unpaid(account: Account, due: date, *, is_lost: bool) -> Tale:
    """Report a loan nobody pays any more: graver from quarter to quarter, given up in the end when it is lost."""
    stages = ((TELL_DAYS, "SPECIAL_MENTION"), (95, "SUBSTANDARD"), (185, "DOUBTFUL"))
    for days, grade in stages:
        yield from _overdue(account, due, days)
        late = (local_date(account.clock.at) - due).days
        account.report("OVERDUE", days_overdue=late, classification=grade)
    if is_lost:
        yield from _overdue(account, due, 275)
        account.report("WRITE_OFF", classification="LOSS")
