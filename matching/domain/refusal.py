"""Why a lender refuses: a closed list, so that the borrower reads a reason and the city can count reasons.

Source: 金发〔2024〕32号 practice (a refusal is explained and helped with); domain note 2.2.
"""

from __future__ import annotations

from enum import StrEnum

from marketplace.domain.errors import Refused
from marketplace.domain.machine import FieldReason

MAX_NOTE_LENGTH = 300


class RefusalCode(StrEnum):
    """Closed list of reasons for a refusal."""

    BAD_CREDIT = "BAD_CREDIT"
    OVER_INDEBTED = "OVER_INDEBTED"
    WEAK_CASH_FLOW = "WEAK_CASH_FLOW"
    TOO_YOUNG = "TOO_YOUNG"
    NO_FIXED_PREMISES = "NO_FIXED_PREMISES"
    PURPOSE_NOT_COMPLIANT = "PURPOSE_NOT_COMPLIANT"
    FILE_INCOMPLETE = "FILE_INCOMPLETE"
    BORROWER_GAVE_UP = "BORROWER_GAVE_UP"
    FUNDED_ELSEWHERE = "FUNDED_ELSEWHERE"
    INDUSTRY_RESTRICTED = "INDUSTRY_RESTRICTED"
    OTHER = "OTHER"


REFUSAL_LABELS = {
    RefusalCode.BAD_CREDIT: "征信不良",
    RefusalCode.OVER_INDEBTED: "负债过高",
    RefusalCode.WEAK_CASH_FLOW: "现金流不足",
    RefusalCode.TOO_YOUNG: "经营不满年限",
    RefusalCode.NO_FIXED_PREMISES: "无固定经营场所",
    RefusalCode.PURPOSE_NOT_COMPLIANT: "贷款用途不合规",
    RefusalCode.FILE_INCOMPLETE: "资料不全",
    RefusalCode.BORROWER_GAVE_UP: "企业放弃",
    RefusalCode.FUNDED_ELSEWHERE: "已获他行授信",
    RefusalCode.INDUSTRY_RESTRICTED: "行业限制",
    RefusalCode.OTHER: "其他（需说明）",
}


def refusal_problem(code: str, note: str) -> FieldReason | None:
    """Return what is wrong with a reason for refusal, and at which field; None when it can be given.

    >>> refusal_problem("OTHER", " ")
    '选择“其他”时请写明拒绝原因。'
    """
    if code not in REFUSAL_LABELS:
        return FieldReason("请从列表中选择拒绝原因。", "refusal_code")
    if code == RefusalCode.OTHER and not note.strip():
        return FieldReason("选择“其他”时请写明拒绝原因。", "refusal_note")
    if len(note) > MAX_NOTE_LENGTH:
        return FieldReason(f"拒绝说明不能超过 {MAX_NOTE_LENGTH} 字。", "refusal_note")
    return None


def check_refusal(code: str, note: str) -> RefusalCode:
    """Return the typed reason.

    Raises:
        Refused: ``REFUSAL_REASON_REQUIRED`` with the sentence at ``refusal_code`` or ``refusal_note``.
    """
    problem = refusal_problem(code, note)
    if problem:
        raise Refused("REFUSAL_REASON_REQUIRED", problem, {problem.field: problem})
    return RefusalCode(code)
