"""What an institution reports of a listed enterprise beyond the result: dates, granted and drawn, refusal, help.

Dates follow each other, amounts stand only where a decision does, and a refusal names its reason from the closed list.
Granted and drawn amounts are credit information: they are reported only with the enterprise's consent at the lender.

Source: domain note 2.2 (feedback fields per listed enterprise); 征信业管理条例 art. 29.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from marketplace.domain.vocabulary import GUARANTEE_LABELS, Guarantee
from matching.domain.refusal import refusal_problem

MAX_TERM_MONTHS, MAX_RATE_BP = 360, 3600
LONGEST_VISITOR, LONGEST_HELP = 32, 200

DATES = (
    ("contact_date", "联系日期"),
    ("file_complete_date", "资料齐全日期"),
    ("decision_date", "授信决定日期"),
    ("contract_date", "签约日期"),
    ("drawn_date", "放款日期"),
)
"""Dates in the order in which they happen; ``visit_date`` may be any day."""

_BANDS = (
    (Decimal(1_000_000), "100 万元以下"),
    (Decimal(5_000_000), "100 万元至 500 万元"),
    (Decimal(10_000_000), "500 万元至 1,000 万元"),
)
_LARGEST_BAND = "1,000 万元以上"


@dataclass(frozen=True)
class Feedback:
    """One institution's report; None or empty where nothing is reported.

    Attributes:
        visitor: who of the institution visited.
        granted_yuan: limit granted (授信).
        drawn_yuan: disbursed (放款).
        annual_rate_bp: all-in annual rate in basis points.
        is_first_loan: the enterprise never had a bank loan (首贷).
        is_renewal: renewed without repayment of principal (无还本续贷).
        help_measure: what the institution does for an enterprise it refused.
        is_agreed: the enterprise agreed at the institution that granted and drawn amounts are reported.
    """

    visit_date: date | None = None
    visitor: str = ""
    contact_date: date | None = None
    file_complete_date: date | None = None
    decision_date: date | None = None
    granted_yuan: Decimal | None = None
    contract_date: date | None = None
    drawn_yuan: Decimal | None = None
    drawn_date: date | None = None
    annual_rate_bp: int | None = None
    term_months: int | None = None
    guarantee: str = ""
    is_first_loan: bool = False
    is_renewal: bool = False
    refusal_code: str = ""
    refusal_note: str = ""
    help_measure: str = ""
    is_agreed: bool = False

    @property
    def is_credit_loan(self) -> bool:
        """Return whether the loan needs no security (信用贷款)."""
        return self.guarantee == Guarantee.CREDIT


NAMES = tuple(field.name for field in fields(Feedback))


def feedback_problems(feedback: Feedback, today: date) -> dict[str, str]:
    """Return field to sentence of what is wrong with a report; empty when it can be kept.

    >>> feedback_problems(Feedback(drawn_date=date(2026, 1, 2)), date(2026, 1, 3))
    {'drawn_yuan': '请同时填写放款金额。', 'granted_yuan': '填写放款前请先填写授信金额。'}
    """
    found: dict[str, str] = {}
    for name, sentence in (
        *_dates(feedback, today),
        *_decision(feedback),
        *_loan(feedback),
        *_limits(feedback),
    ):
        found.setdefault(name, sentence)
    return found


def granted_band(amount_yuan: Decimal | None) -> str:
    """Return a granted limit as the band that a district may see; empty for none.

    >>> granted_band(Decimal(1_000_000)), granted_band(None)
    ('100 万元至 500 万元', '')
    """
    if amount_yuan is None:
        return ""
    return next((label for bound, label in _BANDS if amount_yuan < bound), _LARGEST_BAND)


Problems = Iterator[tuple[str, str]]


def _dates(feedback: Feedback, today: date) -> Problems:
    for name in ("visit_date", *(name for name, _ in DATES)):
        day: date | None = getattr(feedback, name)
        if day is not None and day > today:
            yield name, "日期不能晚于今天。"
    known = [(name, label, getattr(feedback, name)) for name, label in DATES]
    given = [(name, label, day) for name, label, day in known if day is not None]
    for (_, before_label, before), (name, label, day) in pairwise(given):
        if day < before:
            yield name, f"{label}不能早于{before_label}。"


def _decision(feedback: Feedback) -> Problems:
    is_granted, is_refused = feedback.granted_yuan is not None, bool(feedback.refusal_code)
    if is_granted and is_refused:
        yield "refusal_code", "已填写授信金额，不能再填拒绝原因。"
    if (is_granted or is_refused) and feedback.decision_date is None:
        yield "decision_date", "请填写授信决定日期。"
    if feedback.decision_date is not None and not (is_granted or is_refused):
        yield "granted_yuan", "已有授信决定的，请填写授信金额或拒绝原因。"
    if is_refused and (problem := refusal_problem(feedback.refusal_code, feedback.refusal_note)):
        yield problem.field, str(problem)
    if is_granted and not feedback.is_agreed:
        yield "is_agreed", "报送授信和放款信息须已取得企业同意。"


def _loan(feedback: Feedback) -> Problems:
    drawn: dict[str, Any] = {
        "drawn_yuan": feedback.drawn_yuan,
        "drawn_date": feedback.drawn_date,
    }
    if any(value is not None for value in drawn.values()):
        labels = {"drawn_yuan": "放款金额", "drawn_date": "放款日期"}
        for name, value in drawn.items():
            if value is None:
                yield name, f"请同时填写{labels[name]}。"
        if feedback.granted_yuan is None:
            yield "granted_yuan", "填写放款前请先填写授信金额。"
    elif feedback.contract_date is not None and feedback.granted_yuan is None:
        yield "granted_yuan", "填写签约日期前请先填写授信金额。"
    granted, paid = feedback.granted_yuan, feedback.drawn_yuan
    if granted is not None and paid is not None and paid > granted:
        yield "drawn_yuan", "放款金额不能超过授信金额。"


def _limits(feedback: Feedback) -> Problems:
    for name in ("granted_yuan", "drawn_yuan"):
        amount: Decimal | None = getattr(feedback, name)
        if amount is not None and not 0 < amount <= Decimal(10) ** 12:
            yield name, "金额应大于零，且在可接受的范围内。"
    if feedback.annual_rate_bp is not None and not 0 < feedback.annual_rate_bp <= MAX_RATE_BP:
        yield "annual_rate_bp", "年化利率应大于零、不超过 36%。"
    if feedback.term_months is not None and not 1 <= feedback.term_months <= MAX_TERM_MONTHS:
        yield "term_months", f"期限应为 1 至 {MAX_TERM_MONTHS} 个月。"
    if feedback.guarantee and feedback.guarantee not in GUARANTEE_LABELS:
        yield "guarantee", "请从列表中选择担保方式。"
    if len(feedback.visitor) > LONGEST_VISITOR:
        yield "visitor", f"走访人不能超过 {LONGEST_VISITOR} 字。"
    if len(feedback.help_measure) > LONGEST_HELP:
        yield "help_measure", f"帮扶措施不能超过 {LONGEST_HELP} 字。"
