"""Rows of an institution's sheet of feedback on listed enterprises: which titles mean which field, what is wrong.

A row names its enterprise by credit code and, when two live lists have it, by the number of the issue. Amounts come in
万元 unless the title names another unit, rates in per cent a year.

Source: domain note 2.2 (feedback fields).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from borrowers.domain.rows import Column, RowError, shape_errors
from marketplace.domain.dates import DateUnreadable, parse_date
from marketplace.domain.money import WAN
from marketplace.domain.text import clean, half_width, is_blank
from marketplace.domain.vocabulary import GUARANTEE_LABELS
from matching.domain.refusal import REFUSAL_LABELS
from matching.domain.whitelist_contact import CONTACT_RESULT_LABELS
from matching.domain.whitelist_feedback import NAMES
from matching.domain.whitelist_sheet import (
    CellUnreadable,
    read_amount,
    read_term,
    read_uscc,
    read_yes_no,
)

COLUMNS: tuple[Column, ...] = (
    Column("uscc", "统一社会信用代码", ("社会信用代码", "信用代码"), required=True),
    Column("name", "企业名称", ("名称", "单位名称")),
    Column("issue_no", "期号", ("名单期号", "批次")),
    Column("result", "对接结果", ("结果", "反馈结果"), required=True),
    Column("note", "说明", ("备注",)),
    Column("visit_date", "走访日期"),
    Column("visitor", "走访人", ("走访人员",)),
    Column("contact_date", "联系日期", ("对接日期",)),
    Column("file_complete_date", "资料齐全日期", ("资料齐备日期",)),
    Column("decision_date", "授信决定日期", ("审批日期", "授信日期")),
    Column("granted_yuan", "授信金额(万元)", ("授信金额", "授信额度")),
    Column("contract_date", "签约日期", ("合同日期",)),
    Column("drawn_yuan", "放款金额(万元)", ("放款金额", "贷款金额")),
    Column("drawn_date", "放款日期"),
    Column("annual_rate_bp", "年化利率(%)", ("年化利率", "利率", "利率(%)")),
    Column("term_months", "期限(月)", ("期限", "贷款期限")),
    Column("guarantee", "担保方式", ("担保",)),
    Column("is_first_loan", "首贷", ("是否首贷", "首贷户")),
    Column("is_renewal", "无还本续贷", ("是否无还本续贷",)),
    Column("refusal_code", "拒绝原因", ("未授信原因",)),
    Column("refusal_note", "拒绝说明"),
    Column("help_measure", "帮扶措施", ("帮扶",)),
    Column("is_agreed", "企业同意报送", ("同意报送",)),
)
LABELS = {column.code: column.label for column in COLUMNS}
LONGEST_TEXT = 300


@dataclass(frozen=True)
class FeedbackRow:
    """One readable row.

    Attributes:
        reported: field of ``Feedback`` to value, of the columns the sheet has.
    """

    row_number: int
    uscc: str
    result: str
    issue_no: str = ""
    note: str = ""
    reported: Mapping[str, Any] = field(default_factory=dict)


def parse_row(
    cells: Mapping[str, str], row_number: int, money_scale: Mapping[str, int] | None = None
) -> FeedbackRow | tuple[RowError, ...]:
    """Return the typed row, or everything that is wrong with it.

    Args:
        cells: field code to the cell's text; of absent columns nothing is reported.
        row_number: row of the sheet, for the errors.
        money_scale: field code to how many yuan the title says one unit is; 万元 otherwise.
    """
    errors = shape_errors(cells, row_number)
    found: dict[str, Any] = {}
    readers = _readers(money_scale or {})
    for code in (code for code in readers if code in cells or code not in NAMES):
        read = readers[code]
        try:
            found[code] = read(cells.get(code) or "")
        except (CellUnreadable, DateUnreadable) as error:
            errors.append(RowError(row_number, LABELS[code], error.code, error.sentence))
    if errors:
        return tuple(errors)
    own = {code: found.pop(code) for code in ("uscc", "result", "issue_no", "note")}
    return FeedbackRow(row_number=row_number, reported=found, **own)


def _readers(scale: Mapping[str, int]) -> dict[str, Callable[[str], Any]]:
    def amount(code: str) -> Callable[[str], Decimal | None]:
        return lambda cell: read_amount(cell, Decimal(scale.get(code, int(WAN))))

    return {
        "uscc": read_uscc,
        "issue_no": _text,
        "result": _one_of(CONTACT_RESULT_LABELS, "没有填写对接结果。"),
        "note": _text,
        **dict.fromkeys(
            (
                "visit_date",
                "contact_date",
                "file_complete_date",
                "decision_date",
                "contract_date",
                "drawn_date",
            ),
            _date,
        ),
        "granted_yuan": amount("granted_yuan"),
        "drawn_yuan": amount("drawn_yuan"),
        "annual_rate_bp": _rate,
        "term_months": read_term,
        "guarantee": _one_of(GUARANTEE_LABELS),
        "refusal_code": _one_of(REFUSAL_LABELS),
        **dict.fromkeys(("visitor", "refusal_note", "help_measure"), _text),
        **dict.fromkeys(
            ("is_first_loan", "is_renewal", "is_agreed"), lambda cell: bool(read_yes_no(cell))
        ),
    }


def _text(cell: str) -> str:
    text = "" if is_blank(cell) else clean(cell)
    if len(text) > LONGEST_TEXT:
        raise CellUnreadable("WL_TEXT_TOO_LONG", f"内容超过 {LONGEST_TEXT} 字。")
    return text


def _date(cell: str) -> date | None:
    return None if is_blank(cell) else parse_date(cell)


def _one_of(labels: Mapping[Any, str], when_empty: str = "") -> Callable[[str], str]:
    """Return a reader of a closed list, by label with or without its remark, or by code."""
    known = {str(code): str(code) for code in labels}
    known |= {_bare(label): str(code) for code, label in labels.items()}

    def read(cell: str) -> str:
        text = "" if is_blank(cell) else _bare(half_width(clean(cell)))
        if not text and when_empty:
            raise CellUnreadable("WL_CHOICE_EMPTY", when_empty)
        if text and text not in known:
            words = "、".join(_bare(label) for label in labels.values())
            raise CellUnreadable("WL_CHOICE_UNKNOWN", f"“{text[:20]}”不在列表中，应为：{words}。")
        return known.get(text, "")

    return read


def _bare(label: str) -> str:
    """Return a label up to its remark, in brackets or behind a comma.

    >>> _bare("有意向，已引导在平台申请")
    '有意向'
    """
    return re.split(r"[(,]", half_width(label))[0].strip()


def _rate(cell: str) -> int | None:
    if is_blank(cell):
        return None
    text = half_width(clean(cell)).removesuffix("%").strip()
    try:
        rate_percent = Decimal(text)
    except InvalidOperation:
        rate_percent = Decimal("NaN")
    if not rate_percent.is_finite() or not 0 < rate_percent <= 36:
        sentence = f"“{cell[:20]}”不是年化利率，应为百分数，如 3.85。"
        raise CellUnreadable("WL_RATE_UNREADABLE", sentence)
    return int(rate_percent * 100)
