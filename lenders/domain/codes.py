"""What an institution and a product may be called, and who may be an institution.

Source: domain note 3.1 (lenders hold a code beginning with 91); style guide 1.5 (codes are upper case).
"""

from __future__ import annotations

import re

from lenders.domain.institution import INSTITUTION_KIND_LABELS
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.contact import phone_fault
from marketplace.domain.errors import Refused
from marketplace.domain.text import clean, half_width

LONGEST_NAME = 100
LONGEST_INTRODUCTION = 500
LONGEST_SUMMARY = 500
LONGEST_REASON = 200
_INSTITUTION_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,15}")
_PRODUCT_CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{1,31}")


def code_of(text: str) -> str:
    """Return a code half-width and in capitals.

    >>> code_of(" b００1 ")
    'B001'
    """
    return half_width(clean(text)).upper()


def check_institution(
    *, code: str, kind: str, name: str, uscc: str, contact_phone: str = ""
) -> None:
    """Refuse particulars under which no institution can be entered, with one sentence per field.

    Args:
        code, uscc: as `code_of` and ``uscc.normalize`` return them.
        contact_phone: may be empty for an institution nobody has to be asked about.

    Raises:
        Refused: ``INSTITUTION_INVALID`` with ``fields``.
    """
    fields = _check_names(code, name, _INSTITUTION_CODE, "机构代码", 16)
    if kind not in INSTITUTION_KIND_LABELS:
        fields["kind"] = "没有这一机构类型，请从列表中选择。"
    finding = uscc_rules.check(uscc)
    if not finding.is_valid:
        fields["uscc"] = finding.sentence
    elif uscc_rules.subject_type(uscc) is not uscc_rules.SubjectType.ENTERPRISE:
        fields["uscc"] = "金融机构的统一社会信用代码应以 91 开头。"
    fault = phone_fault(contact_phone) if contact_phone else None
    if fault:
        fields["contact_phone"] = fault
    if fields:
        raise Refused("INSTITUTION_INVALID", "机构信息填写有误，请按提示修改。", fields)


def check_product(*, code: str, name: str) -> None:
    """Refuse a code or name under which no product can be entered.

    Raises:
        Refused: ``PRODUCT_NAME_INVALID`` with ``fields``.
    """
    fields = _check_names(code, name, _PRODUCT_CODE, "产品代码", 32)
    if fields:
        raise Refused("PRODUCT_NAME_INVALID", "产品代码或名称填写有误，请按提示修改。", fields)


def checked_text(field: str, text: str, longest: int) -> str:
    """Return a free text cleaned, or refuse it when it is too long; nothing is cut off silently.

    Raises:
        Refused: ``TEXT_TOO_LONG`` with the field.

    >>> checked_text("reason", " 资料不全 ", 200)
    '资料不全'
    """
    found = clean(text)
    if len(found) > longest:
        sentence = f"最多 {longest} 个字，现有 {len(found)} 个字。"
        raise Refused("TEXT_TOO_LONG", sentence, {field: sentence})
    return found


def _check_names(
    code: str, name: str, form: re.Pattern[str], what: str, length: int
) -> dict[str, str]:
    fields: dict[str, str] = {}
    if not form.fullmatch(code):
        fields["code"] = f"{what}应为 2 至 {length} 位大写字母、数字或连字符。"
    if not 2 <= len(name) <= LONGEST_NAME:
        fields["name"] = f"名称应为 2 至 {LONGEST_NAME} 个字。"
    return fields
