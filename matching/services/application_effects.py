"""What a transition changes besides the state: who, when, the approved limit, the signed loan.

Source: domain note 4.1 (effects).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from marketplace.crypto import keyed_digest
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.money import display_wan, to_yuan
from marketplace.domain.vocabulary import REPAYMENT_LABELS
from marketplace.models import User
from matching.models import CreditLine, Loan, LoanApplication
from matching.services.application_facts import credit_line_of

CONTRACT = "contract"
"""Purpose of the keyed digest by which a contract is found again."""


@dataclass(frozen=True)
class Step:
    """One transition about to be written.

    Attributes:
        application: locked; its fields are changed, not yet saved.
        source: state before.
        payload: what came with the event.
        actor: who acts; None for the marketplace.
        at: when.
    """

    application: LoanApplication
    source: str
    payload: Mapping[str, Any]
    actor: User | None
    at: datetime


def contract_digest(contract_no: str) -> str:
    """Return the keyed digest of a contract number, blanks left out, letters in upper case."""
    return keyed_digest("".join(contract_no.split()).upper(), CONTRACT)


def effect(event: str, step: Step) -> None:
    """Change the application's own fields and write what hangs on it.

    Raises:
        Refused: ``APPROVE_OFFICER``, ``SIGN_AMOUNT``, ``SIGN_REPAYMENT``.
        Conflict: ``CONTRACT_EXISTS``.

    Writes: ``CreditLine`` on APPROVE, ``Loan`` on SIGN; the application itself is saved by the caller.
    """
    EFFECTS.get(event, _nothing)(step)


def _nothing(step: Step) -> None:
    """Leave everything as it is."""


def _submit(step: Step) -> None:
    step.application.submitted_at = step.at


def _accept(step: Step) -> None:
    step.application.officer = step.actor
    step.application.accepted_at = step.at


def _contact(step: Step) -> None:
    step.application.contacted_at = step.at


def _pass_on(step: Step) -> None:
    # The regulator's 30 days run from the first time; a file returned and passed on again gains no time.
    if step.application.file_complete_at is None:
        step.application.file_complete_at = step.at


def _approve(step: Step) -> None:
    application, given = step.application, step.payload
    officer, approver = application.officer, step.actor
    if officer is None or approver is None:
        raise Refused("APPROVE_OFFICER", "缺少经办人或审批人，不能批准。")
    application.decided_at = step.at
    line = CreditLine.objects.create(
        application=application,
        amount_yuan=to_yuan(given["amount_yuan"]),
        annual_rate_bp=given["annual_rate_bp"],
        term_months=given["term_months"],
        guarantee=given["guarantee"],
        valid_until=given["valid_until"],
        officer=officer,
        approved_by=approver,
        approved_at=step.at,
    )
    application.credit_line = line


def _reject(step: Step) -> None:
    step.application.refusal_code = step.payload["refusal_code"]
    step.application.refusal_note = str(step.payload.get("refusal_note") or "").strip()
    step.application.decided_at = step.at


def _suspend(step: Step) -> None:
    step.application.suspended_from = step.source


def _resume(step: Step) -> None:
    step.application.suspended_from = ""


def _sign(step: Step) -> None:
    application, given = step.application, step.payload
    line = credit_line_of(application)
    if line is None:
        raise Refused("SIGN_AMOUNT", "尚无授信，不能签约。")
    amount_yuan = _signed_amount(given.get("amount_yuan"), line)
    repayment = given.get("repayment") or ""
    if repayment not in REPAYMENT_LABELS:
        sentence = "请从列表中选择还款方式。"
        raise Refused("SIGN_REPAYMENT", sentence, {"repayment": sentence})
    digest = contract_digest(given["contract_no"])
    known = Loan.objects.filter(
        contract_digest=digest, application__institution=application.institution_id
    )
    if known.exists():
        sentence = "该合同编号已登记过签约，请核对。"
        raise Conflict("CONTRACT_EXISTS", sentence, {"contract_no": sentence})
    application.loan = Loan.objects.create(
        application=application,
        contract_no=given["contract_no"].strip(),
        contract_digest=digest,
        signed_date=given["signed_date"],
        amount_yuan=amount_yuan,
        annual_rate_bp=line.annual_rate_bp,
        term_months=line.term_months,
        guarantee=line.guarantee,
        repayment=repayment,
        is_first_loan=bool(given.get("is_first_loan")),
        is_renewal=bool(given.get("is_renewal")),
    )


def _signed_amount(amount: Decimal | None, line: CreditLine) -> Decimal:
    """Return the contract's amount: the whole limit unless less was signed."""
    wanted = line.amount_yuan if amount is None else to_yuan(amount)
    if not 0 < wanted <= line.amount_yuan:
        sentence = f"合同金额应大于零且不超过授信金额 {display_wan(line.amount_yuan)}。"
        raise Refused("SIGN_AMOUNT", sentence, {"amount_yuan": sentence})
    return wanted


EFFECTS: Mapping[str, Callable[[Step], None]] = {
    "SUBMIT": _submit,
    "ACCEPT": _accept,
    "CONTACT": _contact,
    "SUBMIT_FOR_APPROVAL": _pass_on,
    "APPROVE": _approve,
    "REJECT": _reject,
    "SUSPEND": _suspend,
    "RESUME": _resume,
    "SIGN": _sign,
}
"""Event to what it changes; the others change the state alone."""
