"""One cell of a delivered sheet turned into the value that is stored: text in, JSON-safe value out.

A reader of a cell is made once per field and column, then called for every row. Amounts become texts in yuan with two
places, dates ISO texts, months the ISO text of their first day.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from borrowers.domain.item_spec import FieldSpec, FieldType, Subject
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.dates import DateUnreadable, parse_month, parse_open_date
from marketplace.domain.text import NumberCell, clean, half_width, is_blank

CellValue = str | int | bool | None
CellReader = Callable[[str], CellValue]

_MEMORY = 50_000
_FEN = Decimal("0.01")
_LARGEST_YUAN = Decimal(10) ** 15
_PLAIN = re.compile(r"(0|[1-9]\d{0,11})(?:\.\d{1,2})?", re.ASCII)
_PLAIN_SIGNED = re.compile(r"(0|-?[1-9]\d{0,11})(?:\.\d{1,2})?", re.ASCII)
_MISSING_FEN = (".00", "", "0", "")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?")
_IN_BRACKETS = re.compile(r"\((.+)\)")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d{1,3}", re.IGNORECASE)
_LOCAL_CODE = re.compile(r"[0-9A-Z][0-9A-Z_./\-]{0,63}")
_QUOTES = str.maketrans("", "", " \u3000“”‘’\"'")
_TRUE = frozenset({"是", "1", "Y", "YES", "TRUE", "T", "√", "公示", "选择公示", "有"})
_FALSE = frozenset(
    {"否", "0", "N", "NO", "FALSE", "F", "×", "不公示", "选择不公示", "企业选择不公示", "没有"}
)
_CODE_CELL = "该列在表中是数值格式，超过15位的数字已失真，请将该列设为文本格式后重新填写。"


class CellRefused(ValueError):
    """The cell does not hold what its field needs.

    Attributes:
        code: UPPER_SNAKE.
        sentence: what was found and what is expected, Chinese.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def reader_for(field: FieldSpec, subject: Subject, money_scale: int | None = None) -> CellReader:
    """Return what reads the cells of one field.

    The reader takes a text and returns the stored value, None for an open date, or raises `CellRefused`; blank texts
    are refused like any other text that holds no value.

    Args:
        field: the field.
        subject: how the item names enterprises; decides what a LOCAL_CODE may be.
        money_scale: yuan per unit as the column's title says it; None to follow the field's type.
    """
    if field.type in (FieldType.MONEY_YUAN, FieldType.MONEY_WAN):
        by_type = 10_000 if field.type is FieldType.MONEY_WAN else 1
        return _money_reader(field, money_scale or by_type)
    makers: dict[FieldType, Callable[[FieldSpec], CellReader]] = {
        FieldType.TEXT: _text_reader,
        FieldType.DATE: lambda _: _remembering(_read_date),
        FieldType.MONTH: lambda _: _remembering(_read_month),
        FieldType.INTEGER: _integer_reader,
        FieldType.DECIMAL: _decimal_reader,
        FieldType.CHOICE: _choice_reader,
        FieldType.BOOLEAN: lambda _: _remembering(_read_boolean),
        FieldType.USCC: lambda _: _remembering(_read_uscc),
        FieldType.LOCAL_CODE: lambda _: _remembering(
            _read_local_code if subject is Subject.LOCAL else _read_either_code
        ),
    }
    return makers[field.type](field)


def _remembering(read: CellReader) -> CellReader:
    """Remember answers, apart by type: columns of dates, codes and choices repeat."""
    return lru_cache(maxsize=_MEMORY, typed=True)(read)


def _text_reader(field: FieldSpec) -> CellReader:
    longest = field.max_length

    def read(text: str) -> CellValue:
        if type(text) is NumberCell:
            _refuse_lost_digits(text)
        value = text if text.isalnum() else clean(text)
        if len(value) > longest:
            raise CellRefused("TEXT_TOO_LONG", f"有{len(value)}个字，最多{longest}个字。")
        if len(value) <= 4 and is_blank(value):
            raise CellRefused("FIELD_REQUIRED", "没有填写。")
        return value

    return read


def _read_date(text: str) -> CellValue:
    try:
        found = parse_open_date(text)
    except DateUnreadable as error:
        raise CellRefused(error.code, error.sentence) from None
    return None if found is None else found.isoformat()


def _read_month(text: str) -> CellValue:
    try:
        return parse_month(text).isoformat()
    except DateUnreadable as error:
        sentence = f"“{text[:40]}”不是可识别的年月，应如 2026-03。"
        raise CellRefused(error.code, sentence) from None


def _money_reader(field: FieldSpec, scale: int) -> CellReader:
    negative = field.negative
    plainly = (_PLAIN_SIGNED if negative else _PLAIN).fullmatch if scale == 1 else _never

    def read(text: str) -> CellValue:
        found = plainly(text)
        if found is None:
            return _slow_money(text, scale, negative=negative)
        return text + _MISSING_FEN[len(text) - found.end(1)]

    return read


def _never(_: str) -> None:
    return None


def _slow_money(text: str, scale: int, *, negative: bool) -> str:
    flat = half_width(text).strip().lstrip("¥￥").removesuffix("元").strip()
    amount = _number(flat, text, "MONEY_UNREADABLE", "金额") * scale
    if amount < 0 and not negative:
        raise CellRefused("MONEY_NEGATIVE", f"金额“{text[:40]}”为负数，该字段不能为负。")
    if abs(amount) >= _LARGEST_YUAN:
        raise CellRefused("MONEY_TOO_LARGE", f"金额“{text[:40]}”过大，请核对单位。")
    value = amount.quantize(_FEN, rounding=ROUND_HALF_UP)
    return f"{value + 0:f}" if value else "0.00"


def _number(flat: str, shown: str, code: str, what: str) -> Decimal:
    """Read a number with or without thousands' commas; brackets around it are bookkeepers' minus."""
    bracketed = _IN_BRACKETS.fullmatch(flat)
    digits = bracketed[1] if bracketed else flat
    if _GROUPED.fullmatch(digits):
        digits = digits.replace(",", "")
    if not _NUMBER.fullmatch(digits):
        raise CellRefused(code, f"“{shown[:40]}”不是可识别的{what}，应为数字。")
    number = Decimal(digits)
    return -number if bracketed else number


def _integer_reader(field: FieldSpec) -> CellReader:
    in_range = _range_check(field)

    def read(text: str) -> CellValue:
        number = _number(half_width(text).strip(), text, "INTEGER_UNREADABLE", "整数")
        if number != number.to_integral_value():
            raise CellRefused("INTEGER_UNREADABLE", f"“{text[:40]}”不是整数。")
        in_range(number, text)
        return int(number)

    return read


def _decimal_reader(field: FieldSpec) -> CellReader:
    in_range = _range_check(field)

    def read(text: str) -> CellValue:
        flat = half_width(text).strip().removesuffix("%").strip()
        number = _number(flat, text, "DECIMAL_UNREADABLE", "数值")
        in_range(number, text)
        return f"{number.normalize() + 0:f}"

    return read


def _range_check(field: FieldSpec) -> Callable[[Decimal, str], None]:
    least = Decimal(field.minimum) if field.minimum else None if field.negative else Decimal(0)
    most = Decimal(field.maximum) if field.maximum else Decimal(10) ** 15

    def check(number: Decimal, text: str) -> None:
        if (least is not None and number < least) or number > most:
            lower = "不限" if least is None else f"{least}"
            raise CellRefused(
                "NUMBER_OUT_OF_RANGE", f"“{text[:40]}”超出范围（{lower}至{most:f}）。"
            )

    return check


def _choice_reader(field: FieldSpec) -> CellReader:
    canonical: dict[str, str] = {}
    for option in field.options:
        names = option.split("|")
        canonical.update({_choice_key(name): names[0] for name in names})
    allowed = "、".join(field.choices)

    def read(text: str) -> CellValue:
        found = canonical.get(_choice_key(text))
        if found is None:
            raise CellRefused(
                "CHOICE_UNKNOWN", f"“{text[:40]}”不在可选项中，可选：{allowed}。"[:290]
            )
        return found

    return _remembering(read)


def _choice_key(text: str) -> str:
    return half_width(clean(text)).translate(_QUOTES).upper()


def _read_boolean(text: str) -> CellValue:
    key = _choice_key(text)
    if key in _TRUE or key in _FALSE:
        return key in _TRUE
    raise CellRefused("BOOLEAN_UNKNOWN", f"“{text[:40]}”应填“是”或“否”。")


def _read_uscc(text: str) -> CellValue:
    if type(text) is NumberCell or _SCIENTIFIC.fullmatch(text):
        raise CellRefused("NUMERIC_CODE_CELL", f"“{text[:40]}”：{_CODE_CELL}")
    found = uscc_rules.check(text)
    if not found.is_valid:
        raise CellRefused(found.code, found.sentence)
    return found.uscc


def _read_local_code(text: str) -> CellValue:
    if type(text) is NumberCell:
        _refuse_lost_digits(text)
    code = uscc_rules.normalize(text)
    if _SCIENTIFIC.fullmatch(code) and "+" in text:
        raise CellRefused("NUMERIC_CODE_CELL", f"“{text[:40]}”：{_CODE_CELL}")
    if not _LOCAL_CODE.fullmatch(code):
        raise CellRefused(
            "LOCAL_CODE_FORM", f"“{text[:40]}”不是可识别的单位内部代码，应为字母、数字。"
        )
    return code


def _read_either_code(text: str) -> CellValue:
    """Eighteen characters are meant as a credit code and must be one; anything else is the unit's own code."""
    code = _read_local_code(text)
    return _read_uscc(text) if isinstance(code, str) and len(code) == 18 else code


def _refuse_lost_digits(text: str) -> None:
    if len(text.lstrip("-").replace(".", "")) > 15 or "E" in text.upper():
        raise CellRefused("NUMERIC_CODE_CELL", f"“{text[:40]}”：{_CODE_CELL}")
