"""What came of a lender's contact with a listed enterprise: a closed list, so that results can be counted.

Source: domain note 2.2 (feedback fields; every listed enterprise is to be contacted), 4.2.
"""

from __future__ import annotations

from enum import StrEnum

from marketplace.domain.masking import mask_person_name, mask_phone

MAX_NOTE_LENGTH = 200


class ContactResult(StrEnum):
    """Closed list of results."""

    WILL_APPLY = "WILL_APPLY"
    FOLLOWING_UP = "FOLLOWING_UP"
    NO_NEED = "NO_NEED"
    FUNDED_ELSEWHERE = "FUNDED_ELSEWHERE"
    UNREACHABLE = "UNREACHABLE"
    CONTACT_WRONG = "CONTACT_WRONG"
    NOT_SUITABLE = "NOT_SUITABLE"
    OTHER = "OTHER"


CONTACT_RESULT_LABELS = {
    ContactResult.WILL_APPLY: "有意向，已引导在平台申请",
    ContactResult.FOLLOWING_UP: "已联系，持续跟进",
    ContactResult.NO_NEED: "企业暂无融资需求",
    ContactResult.FUNDED_ELSEWHERE: "已获他行授信",
    ContactResult.UNREACHABLE: "多次联系未接通",
    ContactResult.CONTACT_WRONG: "联系方式有误",
    ContactResult.NOT_SUITABLE: "暂无适合的产品",
    ContactResult.OTHER: "其他（需说明）",
}
NOT_REPORTED = "已对接，待反馈"


def result_label(code: str) -> str:
    """Return a result in words; the empty code is a contact whose result is not reported yet."""
    known = code in CONTACT_RESULT_LABELS
    return CONTACT_RESULT_LABELS[ContactResult(code)] if known else NOT_REPORTED


def result_problems(code: str, note: str) -> dict[str, str]:
    """Return field to sentence of what is wrong with a result; empty when it can be reported.

    >>> result_problems("OTHER", " ")
    {'note': '选择“其他”时请写明情况。'}
    >>> result_problems("NO_NEED", "")
    {}
    """
    problems: dict[str, str] = {}
    if code not in CONTACT_RESULT_LABELS:
        problems["result"] = "请从列表中选择对接结果。"
    if code == ContactResult.OTHER and not note.strip():
        problems["note"] = "选择“其他”时请写明情况。"
    if len(note) > MAX_NOTE_LENGTH:
        problems["note"] = f"说明不能超过 {MAX_NOTE_LENGTH} 字。"
    return problems


def contact_text(name: str, phone: str) -> str:
    """Return name and telephone as they are kept together: one line each, empty when there is neither."""
    return f"{name}\n{phone}" if name or phone else ""


def contact_parts(text: str) -> tuple[str, str]:
    """Return name and telephone of what `contact_text` made.

    >>> contact_parts(contact_text("李示例", "13900000000"))
    ('李示例', '13900000000')
    """
    name, _, phone = text.partition("\n")
    return name, phone


def contact_masked(text: str) -> str:
    r"""Return name and telephone with what identifies a person hidden, empty when nothing is known.

    >>> contact_masked("李示例\n13900000000")
    '李** 139****0000'
    """
    name, phone = contact_parts(text)
    parts = [mask_person_name(name) if name else "", mask_phone(phone) if phone else ""]
    return " ".join(part for part in parts if part)
