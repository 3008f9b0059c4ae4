"""Rows of a lender's sheet of loan outcomes: which titles mean which field, and what is wrong with a cell.

Amounts are yuan unless the title names another unit. A row names its loan by contract number or by application.

Source: domain note 3.7 (feedback record).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from borrowers.domain.rows import Column, RowError, shape_errors
from marketplace.domain.dates import DateUnreadable, parse_date
from marketplace.domain.money import to_yuan
from marketplace.domain.text import clean, half_width, is_blank
from matching.domain.outcome import LOAN_CLASS_LABELS, OUTCOME_KIND_LABELS, ZERO

COLUMNS: tuple[Column, ...] = (
    Column("contract_no", "合同编号", ("合同号", "借款合同编号", "贷款合同编号")),
    Column("application_id", "申请编号", ("平台申请编号", "申请号")),
    Column("kind", "事件", ("事件类型", "反馈事件", "业务类型"), required=True),
    Column("event_date", "发生日期", ("日期", "业务日期", "发生日"), required=True),
    Column("principal_yuan", "本金(元)", ("本金", "放款金额", "归还本金", "金额")),
    Column("interest_yuan", "利息(元)", ("利息", "利息及费用", "归还利息")),
    Column("days_overdue", "逾期天数", ("逾期日数",)),
    Column("classification", "五级分类", ("贷款分类", "风险分类")),
    Column("reference", "机构流水号", ("流水号", "业务流水号", "报送流水号"), required=True),
)
LABELS = {column.code: column.label for column in COLUMNS}
LONGEST_TEXT = 64
LARGEST_YUAN = Decimal(10) ** 12

_KINDS = {
    **{label: code.value for code, label in OUTCOME_KIND_LABELS.items()},
    **{code.value: code.value for code in OUTCOME_KIND_LABELS},
}
_CLASSES = {
    **{label: code.value for code, label in LOAN_CLASS_LABELS.items()},
    **{code.value: code.value for code in LOAN_CLASS_LABELS},
}


@dataclass(frozen=True)
class OutcomeRow:
    """One readable row; contract number or application, the other may be empty."""

    row_number: int
    kind: str
    event_date: date
    reference: str
    contract_no: str = ""
    application_id: uuid.UUID | None = None
    principal_yuan: Decimal = ZERO
    interest_yuan: Decimal = ZERO
    days_overdue: int | None = None
    classification: str = ""


class CellUnreadable(ValueError):
    """A cell does not hold what its column asks for."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def parse_row(
    cells: Mapping[str, str], row_number: int, money_scale: Mapping[str, int] | None = None
) -> OutcomeRow | tuple[RowError, ...]:
    """Return the typed row, or everything that is wrong with it.

    Args:
        cells: field code to the cell's text; absent fields count as empty.
        row_number: row of the sheet, for the errors.
        money_scale: field code to how many yuan the title says one unit is; one otherwise.
    """
    errors = shape_errors(cells, row_number)
    found: dict[str, Any] = {}
    for code, read in _readers(money_scale or {}).items():
        try:
            found[code] = read(cells.get(code) or "")
        except (CellUnreadable, DateUnreadable) as error:
            errors.append(RowError(row_number, LABELS[code], error.code, error.sentence))
    if not errors and not found["contract_no"] and found["application_id"] is None:
        sentence = "请填写合同编号或申请编号。"
        errors.append(RowError(row_number, LABELS["contract_no"], "OUTCOME_LOAN_EMPTY", sentence))
    return tuple(errors) if errors else OutcomeRow(row_number=row_number, **found)


def _readers(scale: Mapping[str, int]) -> dict[str, Callable[[str], Any]]:
    return {
        "contract_no": lambda cell: _text(cell, 64),
        "application_id": _uuid,
        "kind": lambda cell: _coded(cell, _KINDS, "OUTCOME_KIND", "没有填写事件。"),
        "event_date": _date,
        "principal_yuan": lambda cell: _yuan(cell, scale.get("principal_yuan", 1)),
        "interest_yuan": lambda cell: _yuan(cell, scale.get("interest_yuan", 1)),
        "days_overdue": _days,
        "classification": lambda cell: _coded(cell, _CLASSES, "OUTCOME_CLASS", ""),
        "reference": _reference,
    }


def _text(cell: str, longest: int = LONGEST_TEXT) -> str:
    text = "" if is_blank(cell) else half_width(clean(cell))
    if len(text) > longest:
        raise CellUnreadable("OUTCOME_TEXT_LONG", f"不能超过 {longest} 个字符。")
    return text


def _reference(cell: str) -> str:
    text = _text(cell)
    if not text:
        raise CellUnreadable("OUTCOME_REFERENCE", "没有填写机构流水号。")
    return text


def _uuid(cell: str) -> uuid.UUID | None:
    text = _text(cell)
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        sentence = f"“{text[:20]}”不是平台的申请编号。"
        raise CellUnreadable("OUTCOME_APPLICATION", sentence) from None


def _date(cell: str) -> date:
    if is_blank(cell):
        raise CellUnreadable("OUTCOME_DATE", "没有填写发生日期。")
    return parse_date(cell)


def _coded(cell: str, codes: Mapping[str, str], code: str, when_empty: str) -> str:
    text = _text(cell)
    if not text and when_empty:
        raise CellUnreadable(code, when_empty)
    if text and text.upper() not in codes and text not in codes:
        known = "、".join(label for label in codes if not label.isascii())
        raise CellUnreadable(code, f"“{text[:20]}”不在列表中，应为：{known}。")
    return codes.get(text) or codes.get(text.upper(), "")


def _yuan(cell: str, scale: int) -> Decimal:
    if is_blank(cell):
        return ZERO
    text = half_width(clean(cell)).replace(",", "")
    try:
        amount = Decimal(text) * scale
    except InvalidOperation:
        raise CellUnreadable("OUTCOME_AMOUNT", f"“{text[:20]}”不是金额，应如 120000.00。") from None
    if not amount.is_finite() or not 0 <= amount <= LARGEST_YUAN:
        raise CellUnreadable("OUTCOME_AMOUNT", "金额不能为负，也不能超出可接受的范围。")
    return to_yuan(amount)


def _days(cell: str) -> int | None:
    text = half_width(clean(cell))
    if is_blank(text):
        return None
    if not text.isdigit() or int(text[:6]) > 36_500:
        raise CellUnreadable("OUTCOME_OVERDUE_DAYS", f"“{text[:20]}”不是天数，应为整数。")
    return int(text)
