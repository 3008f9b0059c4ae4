"""Rows of an uploaded whitelist: which titles mean which field, and what is wrong with a cell.

Amounts come in 万元 unless the title names another unit, terms in months. Empty cells of optional fields are no error:
what they leave open is judged by the gates.

Source: domain note 2.3 (columns of the districts' sheets), 3.7 (amount unit of imports).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from borrowers.domain.district_map import district_of
from borrowers.domain.industry import SECTION_LABELS, section_of
from borrowers.domain.rows import Column, RowError
from marketplace.domain import uscc as uscc_rule
from marketplace.domain.dates import DateUnreadable, parse_date
from marketplace.domain.money import WAN, to_yuan
from marketplace.domain.text import NumberCell, clean, half_width, is_blank, normalize_name
from marketplace.domain.vocabulary import PURPOSE_LABELS, Purpose

COLUMNS: tuple[Column, ...] = (
    Column(
        "uscc",
        "统一社会信用代码",
        ("社会信用代码", "信用代码", "统一信用代码", "统一代码", "企业代码", "机构代码"),
        required=True,
    ),
    Column(
        "name",
        "企业名称",
        (
            "名称",
            "单位名称",
            "公司名称",
            "主体名称",
            "市场主体名称",
            "经营主体名称",
            "户名",
            "企业",
        ),
        required=True,
    ),
    Column("district", "所在区", ("区", "所属区", "区县", "行政区", "行政区划", "所属辖区")),
    Column("street", "街镇(园区)", ("街道", "街镇", "乡镇街道", "所属街镇", "园区", "所属街道")),
    Column("contact_name", "联系人", ("联系人姓名", "企业联系人", "经办人")),
    Column("contact_phone", "联系电话", ("联系方式", "电话", "手机", "手机号", "联系人电话")),
    Column(
        "amount_yuan",
        "融资需求金额(万元)",
        ("需求金额", "融资金额", "融资需求", "贷款金额", "资金需求", "拟融资金额", "金额"),
    ),
    Column(
        "term_months", "融资期限(月)", ("期限", "贷款期限", "需求期限", "融资期限", "拟贷款期限")
    ),
    Column("purpose", "贷款用途", ("用途", "融资用途", "资金用途")),
    Column("sector", "所属行业", ("行业", "行业门类", "行业代码", "国民经济行业")),
    Column(
        "willing", "是否有融资意愿", ("融资意愿", "有无融资需求", "是否有融资需求", "是否有需求")
    ),
    Column("willing_date", "意愿日期", ("融资意愿日期", "走访日期", "填报日期", "意愿登记日期")),
    Column("remark", "备注", ("说明", "其他说明")),
)
"""The fields of a sheet with every title that means them, for ``borrowers.domain.rows.bind_columns``."""

LABELS = {column.code: column.label for column in COLUMNS}
REGISTRATION_NO_LENGTH = 15
"""A number cell of this length is whole: the old registration number, and refused as that."""

MAX_NAME_LENGTH = 200
MAX_TEXT_LENGTH = 300
MAX_AMOUNT_YUAN = Decimal(10) ** 12
AMOUNT_TOO_LARGE = (
    "需求金额超过 1 万亿元，请核对单位：表头没有写明单位的按万元读取，是否误以元填写。"
)
MAX_TERM_MONTHS = 480
YES = frozenset({"是", "有", "愿意", "Y", "YES", "TRUE", "1", "√", "有意愿", "有需求", "需要"})
NO = frozenset(
    {"否", "无", "没有", "不愿意", "N", "NO", "FALSE", "0", "×", "无意愿", "无需求", "不需要"}
)

_DAY_COUNT = re.compile(r"\d{5}", re.ASCII)
_LONG_NUMBER = re.compile(r"\d{16,18}", re.ASCII)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d{2}", re.ASCII)
_PHONE = re.compile(r"[0-9+()\-/,、; ]{5,60}")
_AMOUNT = re.compile(r"(-?[\d,]*\.?\d+)\s*(万元|万|亿元|亿|元)?")
_AMOUNT_UNITS = {"元": Decimal(1), "万": WAN, "万元": WAN, "亿": WAN * WAN, "亿元": WAN * WAN}
_TERM = re.compile(r"(\d{1,3}(?:\.\d)?)\s*(?:个)?(月|年)?(?:期)?")
_PURPOSE_SYNONYMS = {
    "流动资金贷款": Purpose.WORKING_CAPITAL,
    "流动资金周转": Purpose.WORKING_CAPITAL,
    "资金周转": Purpose.WORKING_CAPITAL,
    "经营周转": Purpose.WORKING_CAPITAL,
    "日常经营": Purpose.WORKING_CAPITAL,
    "固定资产": Purpose.EQUIPMENT,
    "设备": Purpose.EQUIPMENT,
    "购置设备": Purpose.EQUIPMENT,
    "设备采购": Purpose.EQUIPMENT,
    "设备更新": Purpose.EQUIPMENT,
    "项目建设": Purpose.PROJECT,
    "贸易": Purpose.TRADE,
    "订单": Purpose.RECEIVABLES,
    "应收账款": Purpose.RECEIVABLES,
    "研发": Purpose.RESEARCH,
    "技术研发": Purpose.RESEARCH,
    "农业": Purpose.AGRICULTURE,
}
_PURPOSES = {
    **{label: code for code, label in PURPOSE_LABELS.items()},
    **{code.value: code for code in PURPOSE_LABELS},
    **_PURPOSE_SYNONYMS,
}
_SECTIONS_BY_LABEL = {label: letter for letter, label in SECTION_LABELS.items()}


@dataclass(frozen=True)
class WhitelistRow:
    """One readable row; None or empty where the sheet says nothing."""

    row_number: int
    uscc: str
    name: str
    district_code: str | None = None
    street: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    amount_yuan: Decimal | None = None
    term_months: int | None = None
    purpose: str = ""
    sector: str = ""
    willing: bool | None = None
    willing_date: date | None = None
    remark: str = ""


@dataclass(frozen=True)
class SheetResult:
    """All rows of one sheet, every one accounted for: read = accepted + rejected + duplicates.

    Attributes:
        rows: readable rows, in their order.
        errors: every reason of every row not kept, duplicates included, in the order of rows.
        read, rejected, duplicates: counts of rows.
    """

    rows: tuple[WhitelistRow, ...] = ()
    errors: tuple[RowError, ...] = ()
    read: int = 0
    rejected: int = 0
    duplicates: int = 0

    @property
    def reasons(self) -> dict[str, int]:
        """Return how many findings there are of each code."""
        return dict(Counter(error.code for error in self.errors))


class CellUnreadable(ValueError):
    """A cell does not hold what its column asks for."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def parse_row(
    mapping: Mapping[str, str | None],
    row_number: int,
    *,
    money_scale: Mapping[str, int] | None = None,
) -> WhitelistRow | tuple[RowError, ...]:
    """Return the typed row, or everything that is wrong with it.

    Args:
        mapping: field code (of `COLUMNS`) to the cell's text; absent fields count as empty.
        row_number: row of the sheet, for the errors.
        money_scale: field code to how many yuan the title says one unit is (``Binding.money_scale``); 万元 otherwise.
    """
    scale = Decimal((money_scale or {}).get("amount_yuan", int(WAN)))
    found: dict[str, Any] = {}
    errors: list[RowError] = []
    for code, read in _readers(scale).items():
        try:
            found[code] = read(mapping.get(code) or "")
        except (CellUnreadable, DateUnreadable) as error:
            errors.append(RowError(row_number, LABELS[code], error.code, error.sentence))
    if errors:
        return tuple(errors)
    found["district_code"] = found.pop("district")
    return WhitelistRow(row_number=row_number, **found)


@dataclass
class SheetReader:
    """Reads rows one after the other and remembers which codes it has seen; for sheets of any length.

    Attributes:
        money_scale: see `parse_row`.
        read, rejected, duplicates: counts so far.
    """

    money_scale: Mapping[str, int] = field(default_factory=dict)
    read: int = 0
    rejected: int = 0
    duplicates: int = 0
    _first_rows: dict[str, tuple[int, str]] = field(default_factory=dict, repr=False)

    def take(
        self, mapping: Mapping[str, str | None], row_number: int
    ) -> WhitelistRow | tuple[RowError, ...]:
        """Return the row, or its errors; a code that a kept row already has is ``WL_DUPLICATE``."""
        self.read += 1
        row = parse_row(mapping, row_number, money_scale=self.money_scale)
        if isinstance(row, tuple):
            self.rejected += 1
            return row
        first, name = self._first_rows.setdefault(row.uscc, (row_number, row.name))
        if first != row_number:
            self.duplicates += 1
            sentence = f"“{row.uscc}”与上传文件第 {first} 行的“{name[:60]}”代码相同，本行不再列入。"
            return (RowError(row_number, LABELS["uscc"], "WL_DUPLICATE", sentence),)
        return row


def parse_rows(
    numbered: Iterable[tuple[int, Mapping[str, str | None]]],
    *,
    money_scale: Mapping[str, int] | None = None,
) -> SheetResult:
    """Return every row of a sheet read, with errors and duplicates counted.

    Args:
        numbered: row number and cells by field code.
        money_scale: see `parse_row`.
    """
    reader = SheetReader(money_scale or {})
    rows: list[WhitelistRow] = []
    errors: list[RowError] = []
    for row_number, mapping in numbered:
        taken = reader.take(mapping, row_number)
        if isinstance(taken, WhitelistRow):
            rows.append(taken)
        else:
            errors.extend(taken)
    return SheetResult(tuple(rows), tuple(errors), reader.read, reader.rejected, reader.duplicates)


def _readers(scale: Decimal) -> dict[str, Callable[[str], Any]]:
    return {
        "uscc": read_uscc,
        "name": _name,
        "district": _district,
        "street": _text,
        "contact_name": _text,
        "contact_phone": _phone,
        "amount_yuan": lambda cell: read_amount(cell, scale),
        "term_months": read_term,
        "purpose": _purpose,
        "sector": _sector,
        "willing": read_yes_no,
        "willing_date": read_day,
        "remark": _text,
    }


def read_uscc(cell: str) -> str:
    """Return the credit code of a cell; raise ``CellUnreadable`` when it is none."""
    if not uscc_rule.is_valid(cell) and _was_number(cell):
        raise CellUnreadable(
            "USCC_NUMBER_CELL",
            "该单元格是数值格式，长代码的末位已丢失，请将整列改为文本格式后重新填写完整的 18 位代码。",
        )
    finding = uscc_rule.check(cell)
    if not finding.is_valid:
        raise CellUnreadable(finding.code, finding.sentence)
    return finding.uscc


def read_day(cell: str) -> date | None:
    """Return a day, also of a sheet's own count of days, be the cell a number or, sent back, a text; None if empty.

    >>> read_day("46346"), read_day("2026-11-20")
    (datetime.date(2026, 11, 20), datetime.date(2026, 11, 20))
    """
    if is_blank(cell):
        return None
    flat = half_width(clean(cell))
    return parse_date(NumberCell(flat) if _DAY_COUNT.fullmatch(flat) else cell)


def day_to_send_back(cell: str) -> str:
    """Return the cell of a day as a sheet that goes back should have it: one counted by the sheet becomes a date.

    >>> day_to_send_back("46346"), day_to_send_back("昨天")
    ('2026-11-20', '昨天')
    """
    if not _DAY_COUNT.fullmatch(half_width(clean(cell))):
        return cell
    try:
        day = read_day(cell)
    except DateUnreadable:
        return cell
    return day.isoformat() if day else cell


def _was_number(cell: str) -> bool:
    """Return whether a code was kept by a sheet as a number, of which 15 digits are left, be it a text by now."""
    if isinstance(cell, NumberCell):
        return len(cell) != REGISTRATION_NO_LENGTH
    flat = uscc_rule.normalize(cell)
    if _LONG_NUMBER.fullmatch(flat):
        kept = f"{Decimal(flat):.14e}"  # 15 digits
        return int(flat) in (int(Decimal(kept)), int(float(kept)))
    return bool(_SCIENTIFIC.fullmatch(flat))


def _name(cell: str) -> str:
    if is_blank(cell):
        raise CellUnreadable("WL_NAME_EMPTY", "没有填写企业名称。")
    return _short(normalize_name(cell), MAX_NAME_LENGTH)


def _district(cell: str) -> str | None:
    if is_blank(cell):
        return None
    finding = district_of(cell, "")
    if finding.code is None:
        raise CellUnreadable("WL_DISTRICT_UNREADABLE", f"“{cell[:20]}”不是本市 16 个区之一。")
    return finding.code


def _text(cell: str) -> str:
    return "" if is_blank(cell) else _short(clean(cell), MAX_TEXT_LENGTH)


def _phone(cell: str) -> str:
    if is_blank(cell):
        return ""
    flat = half_width(clean(cell))
    if not _PHONE.fullmatch(flat):
        raise CellUnreadable("WL_PHONE_UNREADABLE", "联系电话只应含数字和分隔符。")
    return flat


def read_amount(cell: str, scale: Decimal) -> Decimal | None:
    """Return an amount in yuan, ``scale`` being what one unit of a bare number is; None for an empty cell."""
    if is_blank(cell):
        return None
    found = _AMOUNT.fullmatch(half_width(clean(cell)).replace("约", ""))
    if found is None:
        raise CellUnreadable("WL_AMOUNT_UNREADABLE", f"“{cell[:20]}”不是可识别的金额，应如 50。")
    unit = _AMOUNT_UNITS[found[2]] if found[2] else scale
    try:
        amount = to_yuan(Decimal(found[1].replace(",", "")) * unit)
    except InvalidOperation:
        raise CellUnreadable("WL_AMOUNT_RANGE", AMOUNT_TOO_LARGE) from None
    if amount > MAX_AMOUNT_YUAN:
        raise CellUnreadable("WL_AMOUNT_RANGE", AMOUNT_TOO_LARGE)
    if amount <= 0:
        raise CellUnreadable("WL_AMOUNT_RANGE", "需求金额应大于零。")
    return amount


def read_term(cell: str) -> int | None:
    """Return a term in months; None for an empty cell."""
    if is_blank(cell):
        return None
    found = _TERM.fullmatch(half_width(clean(cell)))
    if found is None:
        raise CellUnreadable("WL_TERM_UNREADABLE", f"“{cell[:20]}”不是可识别的期限，应如 12。")
    months = Decimal(found[1]) * (12 if found[2] == "年" else 1)
    if months != months.to_integral_value() or not 1 <= months <= MAX_TERM_MONTHS:
        raise CellUnreadable("WL_TERM_RANGE", f"期限应为 1 至 {MAX_TERM_MONTHS} 的整月数。")
    return int(months)


def _purpose(cell: str) -> str:
    if is_blank(cell):
        return ""
    known = _PURPOSES.get(clean(cell).upper()) or _PURPOSES.get(clean(cell))
    # Free wording is common in these sheets, and no reason to lose a row.
    return (known or Purpose.OTHER).value


def _sector(cell: str) -> str:
    if is_blank(cell):
        return ""
    flat = half_width(clean(cell))
    return section_of(flat) or _SECTIONS_BY_LABEL.get(clean(cell), "") or _section_named(flat)


def _section_named(text: str) -> str:
    stripped = text.removesuffix("业")
    matches = [letter for letter, label in SECTION_LABELS.items() if stripped and stripped in label]
    if len(matches) != 1:
        raise CellUnreadable("WL_SECTOR_UNREADABLE", f"“{text[:20]}”不能对应到一个行业门类。")
    return matches[0]


def read_yes_no(cell: str) -> bool | None:
    """Return what a cell says in words or signs of yes and no; None for an empty one."""
    flat = half_width(clean(cell)).upper()
    if flat in YES:
        return True
    if flat in NO:
        return False
    if is_blank(cell):
        return None
    raise CellUnreadable("WL_WILLING_UNREADABLE", f"“{cell[:20]}”应填写“是”或“否”。")


def _short(text: str, longest: int) -> str:
    if len(text) > longest:
        raise CellUnreadable("WL_TEXT_TOO_LONG", f"内容超过 {longest} 字。")
    return text
