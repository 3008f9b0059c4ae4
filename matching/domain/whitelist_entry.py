"""Rows of a whitelist: what became of each, which rows are none at all, and the reasons as stored values.

A row without credit code whose cells say 合计, 总计 or the like is no enterprise. It is not passed over in silence: it
counts as read and as rejected, with a code of its own, so that the sums of a sheet stay right.

Source: domain note 2.3; issue rule "every row accounted for".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from borrowers.domain.rows import RowError, shape_errors
from marketplace.domain.money import display_wan
from marketplace.domain.text import half_width, is_blank, name_key
from marketplace.domain.verdict import Outcome, Verdict
from marketplace.domain.vocabulary import SIZE_CLASS_LABELS, SizeClass
from matching.domain.reasons import verdict_to_json
from matching.domain.whitelist import UNKNOWN_SUFFIX
from matching.domain.whitelist_sheet import LABELS

TOTAL_ROW = "WL_TOTAL_ROW"
NOT_AN_ENTRY = "WL_NOT_AN_ENTRY"

_TOTAL = re.compile(r"(合计|总计|小计|共计|累计|总合计)([::(].*)?")
_SPACES = re.compile(r"\s+")
_COLUMN_OF_CODE = {
    "WL_USCC_INVALID": "uscc",
    "WL_NOT_IN_REGISTER": "uscc",
    "WL_DISTRICT": "district",
    "WL_WILLING": "willing",
    "WL_MARK_NAME": "name",
    "WL_MARK_AMOUNT": "amount_yuan",
}
SHEET_MARKS = ("WL_MARK_NAME", "WL_MARK_AMOUNT")
"""Marks about how a row of a sheet was written; generated lists have none of them."""

USUAL_MOST_YUAN = {
    SizeClass.INDIVIDUAL: Decimal(30_000_000),
    SizeClass.MICRO: Decimal(30_000_000),
    SizeClass.SMALL: Decimal(100_000_000),
    SizeClass.MEDIUM: Decimal(500_000_000),
    SizeClass.LARGE: Decimal(5_000_000_000),
}
"""Above this a need is asked about; 50,000 yuan typed under 万元 reads as 5 亿元. Assumption A-28."""


class EntryStatus(StrEnum):
    """What became of a row."""

    ADMITTED = "ADMITTED"
    REFUSED = "REFUSED"
    DUPLICATE = "DUPLICATE"
    SUSPENDED = "SUSPENDED"


ENTRY_STATUS_LABELS = {
    EntryStatus.ADMITTED: "入选",
    EntryStatus.REFUSED: "未入选",
    EntryStatus.DUPLICATE: "重复",
    EntryStatus.SUSPENDED: "已移出",
}


def row_problems(
    mapping: Mapping[str, str], row: Mapping[str, str], row_number: int
) -> tuple[RowError, ...]:
    """Return why a row as a whole cannot be read, before any cell is looked at; empty when it can.

    Args:
        mapping: field code to text, of the fields the sheet has.
        row: title to text, of every cell.
        row_number: as the sheet's reader sees it.

    >>> row_problems({"uscc": "", "name": ""}, {"序号": "合 计", "金额": "350"}, 9)[0].code
    'WL_TOTAL_ROW'
    """
    code = mapping.get("uscc", "")
    if _is_total(code) or (is_blank(code) and any(map(_is_total, row.values()))):
        sentence = "该行是合计行，不是企业，不计入名单。"
        return (RowError(row_number, "", TOTAL_ROW, sentence),)
    if is_blank(code) and is_blank(mapping.get("name", "")):
        sentence = "该行没有统一社会信用代码和企业名称，不是名单行。"
        return (RowError(row_number, "", NOT_AN_ENTRY, sentence),)
    return tuple(shape_errors(row, row_number))


def name_mark(written: str, registered: str) -> Verdict | None:
    """Return a warning when the sheet's name is not the registered one; spelling makes no difference.

    A code typed wrongly can be another enterprise's valid one; only the name tells.
    """
    if not written or written == registered or name_key(written) == name_key(registered):
        return None
    sentence = (
        f"表中名称“{written[:60]}”与登记名称“{registered[:60]}”不一致，请核对代码是否属于该企业。"
    )
    return Verdict("WL_MARK_NAME", Outcome.DOES_NOT_FIT, sentence, written, registered)


def amount_mark(amount_yuan: Decimal | None, size_class: str) -> Verdict | None:
    """Return a warning when a sheet's amount is so large that it was probably typed in yuan under 万元.

    Args:
        amount_yuan: as read; None where the sheet says nothing.
        size_class: of the register; an unknown one is taken for a small enterprise.

    Source: assumption A-28.

    >>> amount_mark(Decimal(3_000_000_000), "SMALL").sentence
    '需求金额 300,000 万元，超过小型企业通常的 10,000 万元，请核对金额是否误以元填写。'
    """
    size = SizeClass(size_class) if size_class in USUAL_MOST_YUAN else SizeClass.SMALL
    usual = USUAL_MOST_YUAN[size]
    if amount_yuan is None or amount_yuan <= usual:
        return None
    label = SIZE_CLASS_LABELS[size] + ("" if size is SizeClass.INDIVIDUAL else "企业")
    sentence = (
        f"需求金额 {display_wan(amount_yuan)}，超过{label}通常的 {display_wan(usual)}，"
        "请核对金额是否误以元填写。"
    )
    return Verdict("WL_MARK_AMOUNT", Outcome.DOES_NOT_FIT, sentence, amount_yuan, usual, "元")


def error_to_json(error: RowError) -> dict[str, Any]:
    """Return what is wrong with a cell as the same JSON values as a gate's verdict, with the column's title."""
    verdict = Verdict(error.code, Outcome.DOES_NOT_FIT, error.sentence)
    return verdict_to_json(verdict) | {"field": error.field}


def refusal_to_json(verdict: Verdict) -> dict[str, Any]:
    """Return a gate's verdict as JSON values, with the title of the column it looked at, empty for the row."""
    code = verdict.rule_code.removesuffix(UNKNOWN_SUFFIX)
    return verdict_to_json(verdict) | {"field": LABELS.get(_COLUMN_OF_CODE.get(code, ""), "")}


def pass_to_json(verdict: Verdict) -> dict[str, str]:
    """Return a gate passed as code and sentence."""
    return {"rule_code": verdict.rule_code, "sentence": verdict.sentence}


def sentences_by_title(
    reasons: Iterable[Mapping[str, Any]], title_of: Mapping[str, str]
) -> dict[str, str]:
    """Return the reasons of a row by the sheet's own column titles, for the correction file.

    Args:
        reasons: as `error_to_json` and `refusal_to_json` make them.
        title_of: field label to title as the sheet writes it; reasons of absent columns go to the row as a whole,
            under the empty title.
    """
    found: dict[str, list[str]] = {}
    for reason in reasons:
        title = title_of.get(str(reason.get("field", "")), "")
        found.setdefault(title, []).append(f"{reason['sentence']}（{reason['rule_code']}）")
    return {title: " ".join(sentences) for title, sentences in found.items()}


def _is_total(text: str) -> bool:
    return bool(_TOTAL.fullmatch(_SPACES.sub("", half_width(text))))
