"""A loan told again from its signing: every event checked in order, by the ledger and by the application's machine.

What was reported may be put right only as far as the whole story still holds; its end is the application's state.

Source: domain note 3.7, 4.1; design law "nothing overwritten, every figure adds up".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.domain.errors import Refused
from marketplace.domain.money import display_wan
from marketplace.domain.roles import SYSTEM
from matching.domain.application import APPLICATION
from matching.domain.outcome import (
    OUTCOME_KIND_LABELS,
    LoanEvent,
    LoanPosition,
    OutcomeKind,
    available_yuan,
    check_next,
    in_order,
)

BEFORE_PAYMENT = "SIGNED"
"""State of an application of whose loan nothing was reported."""


@dataclass(frozen=True)
class LoanTerms:
    """What a loan's events are measured by.

    Attributes:
        amount_yuan: of the contract; not more may be paid out.
        valid_until: last day on which the approved limit may be drawn, None when there is none.
        revolving: repayments free the limit again.
        signed_on: day of the contract; asked of what is reported or put right now, not of what is on file.
    """

    amount_yuan: Decimal
    valid_until: date | None
    revolving: bool = False
    signed_on: date | None = None


@dataclass(frozen=True)
class Replayed:
    """Where a loan's events lead.

    Attributes:
        state: of the application.
        position: of the loan.
        after: position of the loan right after each event, by the event's ``seq``.
    """

    state: str
    position: LoanPosition
    after: Mapping[int, LoanPosition]


def event_facts(
    event: LoanEvent, before: LoanPosition, after: LoanPosition, terms: LoanTerms
) -> dict[str, Any]:
    """Return what the machine's guards ask of an outcome, from the ledger before and after it."""
    facts: dict[str, Any] = {
        "disburse_yuan": event.principal_yuan,
        "available_yuan": available_yuan(before, terms.amount_yuan, revolving=terms.revolving),
        "outstanding_yuan": after.outstanding_yuan,
        "days_overdue": event.days_overdue,
    }
    if event.kind is OutcomeKind.DISBURSE:
        # The limit counts on the day the money was paid, not on that of the report.
        facts["on"] = event.event_date
    return facts


def replay(
    events: Iterable[LoanEvent], terms: LoanTerms, on: date, changed: LoanEvent | None = None
) -> Replayed:
    """Return where events lead from the signing, or refuse with the first that does not fit.

    Args:
        events: those that stand, in any order.
        terms: of the loan.
        on: business date; nothing may lie after it.
        changed: the one that was put right, whose refusal is given as it is, at its fields.

    Raises:
        Refused: that of the changed event itself; ``OUTCOME_NO_LONGER_FITS`` for another, which the sentence names.
    """
    state, position = BEFORE_PAYMENT, LoanPosition()
    after: dict[int, LoanPosition] = {}
    for event in in_order(events):
        try:
            signed_on = terms.signed_on if event == changed else None
            state, position = _next(state, position, event, terms, on, signed_on)
        except Refused as refused:
            if event == changed:
                fields = refused.fields or {"event_date": refused.sentence}
                raise Refused(refused.code, refused.sentence, fields) from None
            sentence = f"改动之后，{event_words(event)}不再成立：{refused.sentence}"
            raise Refused("OUTCOME_NO_LONGER_FITS", sentence) from None
        after[event.seq] = position
    return Replayed(state, position, after)


def event_words(event: LoanEvent) -> str:
    """Return which event is meant, for a sentence.

    >>> event_words(LoanEvent(OutcomeKind.SETTLE, date(2026, 3, 1)))
    '2026-03-01 的结清'
    """
    words = f"{event.event_date.isoformat()} 的{OUTCOME_KIND_LABELS[event.kind]}"
    return f"{words} {display_wan(event.principal_yuan)}" if event.principal_yuan else words


def changed_fields(before: LoanEvent, after: LoanEvent) -> tuple[str, ...]:
    """Return which fields of an event differ, in the order of `FIELD_LABELS`."""
    return tuple(name for name in FIELD_LABELS if getattr(before, name) != getattr(after, name))


FIELD_LABELS: Mapping[str, str] = {
    "event_date": "发生日期",
    "principal_yuan": "本金",
    "interest_yuan": "利息及费用",
    "days_overdue": "逾期天数",
    "classification": "五级分类",
}
"""What of an event can be put right; its kind cannot: another kind is another event."""


def _next(
    state: str,
    position: LoanPosition,
    event: LoanEvent,
    terms: LoanTerms,
    on: date,
    signed_on: date | None,
) -> tuple[str, LoanPosition]:
    after = check_next(
        position,
        event,
        approved_yuan=terms.amount_yuan,
        on=on,
        revolving=terms.revolving,
        signed_on=signed_on,
    )
    facts = event_facts(event, position, after, terms) | {
        "feedback_consent": True,
        "limit_valid_until": terms.valid_until,
    }
    return APPLICATION.advance(state, event.kind.value, {SYSTEM}, facts).target, after
