"""What must be true before an application moves: one small function per condition.

A guard reads plain facts and returns None or the Chinese reason, with the field when it is about one that was filled
in. A fact that is missing is never taken for good.

Source: domain note 0.1 (second clause), 4.1 (preconditions); trust note 0.10 (four eyes).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict

from marketplace.domain.machine import FieldReason, Guard
from marketplace.domain.money import display_rate, display_wan
from marketplace.domain.vocabulary import GUARANTEE_LABELS
from matching.domain.refusal import refusal_problem


class ApplicationFacts(TypedDict, total=False):
    """The facts that guards look at; a service gives those its event needs.

    Attributes:
        actor_id: who acts.
        officer_id: the officer of the application.
        handled_by_ids: whoever took a step as an officer: passed the file on, had it before somebody took it over.
        enterprise_verified: the enterprise's account was verified.
        product_published: the product version is published and open on the day.
        amount_yuan, product_min_yuan, product_max_yuan: amount asked for, and the product's range.
        product_rate_max_bp, product_term_max_months: ceilings the product promises in public.
        product_guarantees: kinds of guarantee it names in public.
        consent_live: a consent to this lender for this application is in force at the moment.
        feedback_consent: that consent holds the clause on outcome feedback.
        contact_note: what came of the contact.
        document_list: what the borrower is asked to supply.
        supplied_note: what was supplied.
        file_complete: the officer confirms that the file is complete.
        opinion: the officer's or approver's words.
        refusal_code, refusal_note: why refused.
        approved_amount_yuan, annual_rate_bp, term_months, guarantee, limit_valid_until: what is approved.
        approved_on: day of the approval.
        on: business date.
        contract_no, signed_date: the contract.
        is_first_loan, is_renewal: what kind of loan the lender says it is.
        disburse_yuan, available_yuan: paid out now, and what may still be paid out.
        outstanding_yuan: principal still owed after the event.
        days_overdue: as reported.
        clock_expired: a clock that ends the state has run out.
        suspended_from: state before the suspension.
        suspension_reason: why suspended.
        first_reported_by_id: who first reported the outcome that is put right.
        reported_by_id: who wrote it as it stands: the same, or whoever corrected it last.
        feedback_when_reported: the clause on outcome feedback held when that was reported.
        ledger_state: the state that the outcomes that stand lead to.
    """

    actor_id: int | str
    officer_id: int | str | None
    handled_by_ids: Collection[int | None]
    enterprise_verified: bool
    product_published: bool
    amount_yuan: Decimal
    product_min_yuan: Decimal
    product_max_yuan: Decimal
    product_rate_max_bp: int
    product_term_max_months: int
    product_guarantees: Sequence[str]
    consent_live: bool
    feedback_consent: bool
    contact_note: str
    document_list: Sequence[str]
    supplied_note: str
    file_complete: bool
    opinion: str
    refusal_code: str
    refusal_note: str
    approved_amount_yuan: Decimal
    annual_rate_bp: int
    term_months: int
    guarantee: str
    limit_valid_until: date
    approved_on: date | None
    on: date
    contract_no: str
    signed_date: date
    is_first_loan: bool
    is_renewal: bool
    disburse_yuan: Decimal | None
    available_yuan: Decimal
    outstanding_yuan: Decimal
    days_overdue: int
    clock_expired: bool
    suspended_from: str
    suspension_reason: str
    first_reported_by_id: int
    reported_by_id: int
    feedback_when_reported: bool
    ledger_state: str


Facts = Mapping[str, Any]


def all_of(*guards: Guard) -> Guard:
    """Return the guard that passes when every one passes, giving the first reason."""

    def guard(facts: Facts) -> str | None:
        return next((reason for check in guards if (reason := check(facts)) is not None), None)

    return guard


def consent_live(facts: Facts) -> str | None:
    """Require a consent to this lender that is in force at the moment."""
    return None if facts.get("consent_live") is True else "企业授权未生效、已到期或已撤回。"


def may_submit(facts: Facts) -> str | None:
    """Require a verified enterprise, an open product, and an amount within its range."""
    if facts.get("enterprise_verified") is not True:
        return "企业身份尚未核验，暂不能提交申请。"
    if facts.get("product_published") is not True:
        return "该产品当前未上架，不能提交申请。"
    amount, low, high = (
        facts.get(name) for name in ("amount_yuan", "product_min_yuan", "product_max_yuan")
    )
    if amount is None or low is None or high is None or not low <= amount <= high:
        return f"申请金额应在产品额度 {display_wan(low)}至 {display_wan(high)}之间。"
    return None


def four_eyes(facts: Facts) -> str | None:
    """Require that the one who decides is not the officer, nor ever took a step on the case as one."""
    actor, officer, handled = (
        facts.get(name) for name in ("actor_id", "officer_id", "handled_by_ids")
    )
    if actor is None or officer is None or handled is None:
        return "缺少经办人信息，不能审批。"
    if actor == officer or actor in handled:
        return "审批人不能与经办客户经理为同一人，也不能经办过这笔申请。"
    return None


def refusal_given(facts: Facts) -> str | None:
    """Require a reason from the closed list."""
    return refusal_problem(facts.get("refusal_code") or "", facts.get("refusal_note") or "")


def contact_noted(facts: Facts) -> str | None:
    """Require a note of the contact."""
    return _text(facts, "contact_note", "请填写联系记录。")


def documents_listed(facts: Facts) -> str | None:
    """Require the list of what is to be supplied."""
    listed = [name for name in facts.get("document_list") or () if str(name).strip()]
    return None if listed else FieldReason("请列明需要补充的资料。", "document_list")


def supplied_noted(facts: Facts) -> str | None:
    """Require a note of what was supplied."""
    return _text(facts, "supplied_note", "请说明已补充的资料。")


def file_complete(facts: Facts) -> str | None:
    """Require the officer's word that the file is complete, and an opinion."""
    if facts.get("file_complete") is not True:
        return FieldReason("资料尚未齐全，不能提交审批。", "file_complete")
    return _text(facts, "opinion", "请填写尽调意见。")


def opinion_given(facts: Facts) -> str | None:
    """Require the approver's words when a file goes back."""
    return _text(facts, "opinion", "请填写退回意见。")


def approval_complete(facts: Facts) -> str | None:
    """Require amount, rate, term, guarantee and a limit that ends in the future, within what the product promises.

    Whatever is wrong is said at once, each at its field.
    """
    return FieldReason.all_of(check(facts) for check in GRANTED)


def _granted_amount(facts: Facts) -> FieldReason | None:
    amount, low, high = (
        facts.get(name) for name in ("approved_amount_yuan", "product_min_yuan", "product_max_yuan")
    )
    if amount is None or amount <= 0:
        return FieldReason("请填写授信金额。", "amount_yuan")
    if high is not None and amount > high:
        return FieldReason(f"授信金额不能超过产品最高额度 {display_wan(high)}。", "amount_yuan")
    if low is not None and amount < low:
        return FieldReason(f"授信金额不能低于产品最低额度 {display_wan(low)}。", "amount_yuan")
    return None


def _granted_rate(facts: Facts) -> FieldReason | None:
    rate, most = facts.get("annual_rate_bp"), facts.get("product_rate_max_bp")
    if rate is None or rate < 0:
        return FieldReason("请填写年化利率。", "annual_rate_bp")
    if most is not None and rate > most:
        sentence = f"年化利率不能高于产品公布的上限 {display_rate(most)}。"
        return FieldReason(sentence, "annual_rate_bp")
    return None


def _granted_term(facts: Facts) -> FieldReason | None:
    term, most = facts.get("term_months"), facts.get("product_term_max_months")
    if not term or term < 1:
        return FieldReason("请填写授信期限。", "term_months")
    if most is not None and term > most:
        return FieldReason(f"授信期限不能超过产品最长期限 {most} 个月。", "term_months")
    return None


def _granted_guarantee(facts: Facts) -> FieldReason | None:
    offered = facts.get("product_guarantees") or ()
    if facts.get("guarantee") in offered:
        return None
    labels = "、".join(GUARANTEE_LABELS.get(code, code) for code in offered)
    return FieldReason(f"请选择产品公布的担保方式：{labels}。", "guarantee")


def _granted_until(facts: Facts) -> FieldReason | None:
    until, on = facts.get("limit_valid_until"), facts.get("on")
    if until is None or on is None or until <= on:
        return FieldReason("额度有效期应晚于审批当日。", "valid_until")
    return None


def _granted_more(facts: Facts) -> FieldReason | None:
    """Require words for more than was asked for: a slip would bind the enterprise to it."""
    amount, asked = facts.get("approved_amount_yuan"), facts.get("amount_yuan")
    if (
        amount is None
        or asked is None
        or amount <= asked
        or str(facts.get("opinion") or "").strip()
    ):
        return None
    sentence = f"授信金额高于企业申请的 {display_wan(asked)}，请在审批意见中说明理由。"
    return FieldReason(sentence, "opinion")


GRANTED = (
    _granted_amount,
    _granted_rate,
    _granted_term,
    _granted_guarantee,
    _granted_until,
    _granted_more,
)


def limit_open(facts: Facts) -> str | None:
    """Require that the approved limit has not ended."""
    until, on = facts.get("limit_valid_until"), facts.get("on")
    if until is None or on is None or on > until:
        return "授信额度已过有效期。"
    return None


def contract_given(facts: Facts) -> str | None:
    """Require the contract's number, a signing date between the approval and today, and one kind of loan at most."""
    both = facts.get("is_first_loan") and facts.get("is_renewal")
    return FieldReason.all_of(
        [
            _signed_on(facts),
            _text(facts, "contract_no", "请填写合同编号。"),
            FieldReason("首贷与续贷不能同时勾选。", "is_renewal") if both else None,
        ]
    )


def _signed_on(facts: Facts) -> FieldReason | None:
    signed, approved, on = (facts.get(name) for name in ("signed_date", "approved_on", "on"))
    if signed is None or on is None or signed > on:
        return FieldReason("请填写签约日期，且不晚于当日。", "signed_date")
    if approved is None or signed < approved:
        day = "" if approved is None else f" {approved.isoformat()}"
        return FieldReason(f"签约日期不能早于批准授信之日{day}。", "signed_date")
    return None


def may_disburse(facts: Facts) -> str | None:
    """Require an amount within what may still be paid out; without the second clause, no amount at all.

    Without the clause on outcome feedback a lender may report that it paid, never how much.
    """
    amount = facts.get("disburse_yuan")
    if facts.get("feedback_consent") is not True:
        return (
            None if amount is None else "企业未同意反馈贷款结果，只能报送放款状态，不能报送金额。"
        )
    if amount is None or amount <= 0:
        return FieldReason("请填写放款金额。", "principal_yuan")
    available = facts.get("available_yuan")
    if available is None or amount > available:
        sentence = f"放款金额不能超过可用授信额度 {display_wan(available)}。"
        return FieldReason(sentence, "principal_yuan")
    return None


def feedback_consented(facts: Facts) -> str | None:
    """Require the clause by which the enterprise lets the lender report the loan's outcome."""
    if facts.get("feedback_consent") is True:
        return None
    return "企业未同意金融机构向平台反馈贷款结果，不能报送。"


def nothing_outstanding(facts: Facts) -> str | None:
    """Require that all principal is repaid."""
    outstanding = facts.get("outstanding_yuan")
    if outstanding is None or outstanding != 0:
        return f"尚有未还本金 {display_wan(outstanding)}，不能结清。"
    return None


def overdue_given(facts: Facts) -> str | None:
    """Require a positive number of days overdue."""
    days = facts.get("days_overdue")
    return (
        None if days is not None and days > 0 else FieldReason("请填写逾期天数。", "days_overdue")
    )


def clock_expired(facts: Facts) -> str | None:
    """Require that a clock that ends the state has run out."""
    return None if facts.get("clock_expired") is True else "时限尚未届满。"


def limit_ended(facts: Facts) -> str | None:
    """Require that the approved limit has ended unused."""
    until, on = facts.get("limit_valid_until"), facts.get("on")
    return None if until is not None and on is not None and on > until else "授信额度仍在有效期内。"


def suspension_reasoned(facts: Facts) -> str | None:
    """Require a reason for the suspension."""
    return _text(facts, "suspension_reason", "请说明中止原因。")


def resumes_to(state: str) -> Guard:
    """Return the guard of a resumption: a new consent, and this very state before the suspension."""

    def guard(facts: Facts) -> str | None:
        reason = consent_live(facts)
        if reason is not None:
            return reason
        return None if facts.get("suspended_from") == state else "缺少中止前的状态，不能恢复。"

    return guard


def rectified_to(state: str) -> Guard:
    """Return the guard of a rectification: another person, the clause of then, and the state the ledger leads to.

    Whoever judges what was written wrote none of it: neither the first report nor the latest correction.
    """

    def guard(facts: Facts) -> str | None:
        actor, reporter = facts.get("actor_id"), facts.get("first_reported_by_id")
        if actor is None or reporter is None or actor == reporter:
            return "更正与作废须由报送人以外的审批人办理。"
        if actor == facts.get("reported_by_id", actor):
            return "这一笔是您上次更正的，再更正或作废须由另一位审批人办理。"
        if facts.get("feedback_when_reported") is not True:
            return "报送时企业未同意反馈贷款结果，不能更正或作废。"
        return None if facts.get("ledger_state") == state else "贷款结果与申请状态不一致。"

    return guard


def _text(facts: Facts, name: str, sentence: str) -> FieldReason | None:
    return None if str(facts.get(name) or "").strip() else FieldReason(sentence, name)
