"""Rows of the register of market entities: what is kept, what is unknown, what cannot be kept.

Only a row without a usable credit code, without a name, with a date no calendar has, or from outside the city is
rejected. Everything else is kept as the register has it: an unreadable capital or an unknown district is unknown, with
its reason.

Source: domain note 2.1 row 1, 3.1, 3.2; data notes on the register of 1978-2009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from borrowers.domain.capital import Capital, parse_capital
from borrowers.domain.district_map import district_of
from borrowers.domain.industry import section_of
from borrowers.domain.rows import Column, RowError, bind_columns, known_titles, shape_errors
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.dates import DateUnreadable, parse_open_date
from marketplace.domain.text import NumberCell, clean, half_width, is_blank, name_key
from marketplace.domain.uscc import SubjectType, UsccFinding

NAME_LENGTH = 200
ADDRESS_LENGTH = 300
_REGISTRATION_NO_LENGTH = 15


class RegisterStatus(StrEnum):
    """登记状态."""

    ACTIVE = "ACTIVE"
    REVOKED = "REVOKED"
    CANCELLED = "CANCELLED"
    MOVED_OUT = "MOVED_OUT"


REGISTER_STATUS_LABELS = {
    RegisterStatus.ACTIVE: "存续",
    RegisterStatus.REVOKED: "吊销",
    RegisterStatus.CANCELLED: "注销",
    RegisterStatus.MOVED_OUT: "迁出",
}
_STATUS_WORDS = (
    ("吊销", RegisterStatus.REVOKED),
    ("注销", RegisterStatus.CANCELLED),
    ("撤销", RegisterStatus.CANCELLED),
    ("迁出", RegisterStatus.MOVED_OUT),
    ("存续", RegisterStatus.ACTIVE),
    ("在业", RegisterStatus.ACTIVE),
    ("在营", RegisterStatus.ACTIVE),
    ("开业", RegisterStatus.ACTIVE),
    ("正常", RegisterStatus.ACTIVE),
    ("在册", RegisterStatus.ACTIVE),
    ("迁入", RegisterStatus.ACTIVE),
)

REGISTER_COLUMNS = (
    Column(
        "name",
        "企业名称",
        ("名称", "单位名称", "市场主体名称", "主体名称", "机构名称"),
        required=True,
    ),
    Column(
        "uscc",
        "统一社会信用代码",
        ("社会信用代码", "信用代码", "统一信用代码", "统一代码", "统一社会信用代码/注册号"),
        required=True,
    ),
    Column("registration_no", "注册号", ("工商注册号", "原注册号")),
    Column("established", "注册日期", ("成立日期", "设立日期", "登记日期", "成立时间", "注册时间")),
    Column("ended", "注销日期", ("吊销日期", "注销/吊销日期", "注吊销日期")),
    Column("legal_form", "企业类型", ("类型", "主体类型", "市场主体类型", "企业(机构)类型")),
    Column("status", "登记状态", ("经营状态", "企业状态", "状态")),
    Column("capital", "注册资金", ("注册资本", "注册资本(金)", "注册资本金", "出资额")),
    Column("capital_currency", "币种", ("注册资本币种", "注册资金币种")),
    Column("industry", "行业代码", ("行业", "国民经济行业代码", "所属行业代码")),
    Column("employees", "从业人数", ("从业人员", "从业人员数", "员工人数")),
    Column(
        "legal_representative", "法定代表人", ("负责人", "经营者", "法人代表", "法定代表人(负责人)")
    ),
    Column("business_scope", "经营范围", ("经营(业务)范围",)),
    Column("province", "所在省份", ("省份", "所属省份", "省")),
    Column(
        "area", "地区", ("所在区", "区县", "所属区县", "行政区划", "住所行政区划", "所在区县", "区")
    ),
    Column("address", "注册地址", ("住所", "地址", "经营场所", "企业地址", "住所(经营场所)")),
)
REGISTER_TITLES = known_titles(REGISTER_COLUMNS)


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One market entity as the register has it.

    Attributes:
        uscc: valid credit code.
        name: as written; ``name_key`` is its form for comparing.
        subject_type: from the code.
        registration_no: the old number of 15 digits, else empty.
        established_date, ended_date: None when not stated.
        legal_form: 企业类型 as written, else empty.
        status: ACTIVE when the register has no status column.
        capital: parsed, or its stated unknown.
        district_code: one of the 16, None when unknown; ``district_note`` says why.
        industry_code, industry_section: empty when not stated or no code of GB/T 4754-2017.
        employees: None when not stated.
        warnings: codes of what was unusual or could not be read: of `UsccFinding`, of `Capital`, ``DISTRICT_UNKNOWN``,
            ``INDUSTRY_UNKNOWN``, ``EMPLOYEES_UNREADABLE``, ``STATUS_UNKNOWN``, ``TEXT_CUT``.
    """

    uscc: str
    name: str
    name_key: str
    subject_type: SubjectType
    registration_no: str
    established_date: date | None
    ended_date: date | None
    legal_form: str
    status: RegisterStatus
    capital: Capital
    industry_code: str
    industry_section: str
    employees: int | None
    legal_representative: str
    business_scope: str
    district_code: str | None
    district_note: str
    address: str
    warnings: tuple[str, ...]


def compile_register(
    headers: Iterable[str], received_on: date | None = None
) -> Callable[[Mapping[str, str], int], RegisterRow | list[RowError]]:
    """Return the function that reads the rows of one sheet of the register.

    Args:
        headers: the sheet's titles.
        received_on: the day of delivery; a registration after it is refused. None to allow any.

    Raises:
        Refused: ``SHEET_COLUMN_MISSING`` when there is no column of names or of codes.
    """
    binding = bind_columns(REGISTER_COLUMNS, headers)
    binding.refuse_missing()
    titles = [
        (binding.headers[c.code], c.code) for c in REGISTER_COLUMNS if c.code in binding.headers
    ]

    def read_row(row: Mapping[str, str], row_number: int) -> RegisterRow | list[RowError]:
        cells = {code: row.get(title, "") for title, code in titles}
        return shape_errors(row, row_number) or _read(cells, row_number, received_on)

    return read_row


def parse_row(
    mapping: Mapping[str, str], row_number: int, received_on: date | None = None
) -> RegisterRow | list[RowError]:
    """Return the market entity of one row, or every reason why it cannot be kept.

    Args:
        mapping: title to text.
        row_number: as the sheet's reader counts, the first row being 1.
        received_on: see `compile_register`.

    Raises:
        Refused: ``SHEET_COLUMN_MISSING``.
    """
    return _compiled(tuple(mapping), received_on)(mapping, row_number)


@lru_cache(maxsize=64)
def _compiled(
    headers: tuple[str, ...], received_on: date | None
) -> Callable[[Mapping[str, str], int], RegisterRow | list[RowError]]:
    return compile_register(headers, received_on)


def _read(
    cells: Mapping[str, str], row_number: int, received_on: date | None
) -> RegisterRow | list[RowError]:
    errors: list[RowError] = []
    finding = _code(cells.get("uscc", ""), row_number, errors)
    name = _name(cells.get("name", ""), row_number, errors)
    established = _date(cells.get("established", ""), "注册日期", row_number, errors)
    ended = _date(cells.get("ended", ""), "注销日期", row_number, errors)
    if received_on and established and established > received_on:
        sentence = f"注册日期 {established.isoformat()} 晚于报送日期 {received_on.isoformat()}。"
        errors.append(RowError(row_number, "注册日期", "DATE_IN_FUTURE", sentence))
    _province(cells.get("province", ""), row_number, errors)
    if errors:
        return errors
    return _build(cells, finding, name, established, ended)


def _build(
    cells: Mapping[str, str],
    finding: UsccFinding,
    name: str,
    established: date | None,
    ended: date | None,
) -> RegisterRow:
    warnings = list(finding.warnings)
    capital = _capital(cells)
    if capital.code:
        warnings.append(capital.code)
    address = _text(cells, "address")
    district = district_of(cells.get("area", ""), address)
    if district.code is None:
        warnings.append("DISTRICT_UNKNOWN")
    industry = _industry(cells, warnings)
    if len(name) > NAME_LENGTH or len(address) > ADDRESS_LENGTH:
        warnings.append("TEXT_CUT")
    return RegisterRow(
        uscc=finding.uscc,
        name=name[:NAME_LENGTH],
        name_key=name_key(name)[:NAME_LENGTH],
        subject_type=uscc_rules.subject_type(finding.uscc),
        registration_no=_registration_no(cells),
        established_date=established,
        ended_date=ended,
        legal_form=_text(cells, "legal_form")[:100],
        status=_status(cells, warnings),
        capital=capital,
        industry_code=industry,
        industry_section=(section_of(industry) or "") if industry else "",
        employees=_employees(cells, warnings),
        legal_representative=_text(cells, "legal_representative")[:64],
        business_scope=_text(cells, "business_scope"),
        district_code=district.code,
        district_note=district.reason,
        address=address[:ADDRESS_LENGTH],
        warnings=tuple(warnings),
    )


def _code(text: str, row_number: int, errors: list[RowError]) -> UsccFinding:
    if type(text) is NumberCell:
        sentence = (
            f"“{text[:40]}”在表中是数值格式，18位代码已失真，请将该列设为文本格式后重新填写。"
        )
        errors.append(RowError(row_number, "统一社会信用代码", "NUMERIC_CODE_CELL", sentence))
        return UsccFinding("")
    finding = uscc_rules.check(text)
    if finding.code:
        errors.append(RowError(row_number, "统一社会信用代码", finding.code, finding.sentence))
    return finding


def _name(text: str, row_number: int, errors: list[RowError]) -> str:
    name = clean(text)
    if is_blank(name):
        errors.append(RowError(row_number, "企业名称", "NAME_EMPTY", "没有填写企业名称。"))
    return name


def _date(text: str, label: str, row_number: int, errors: list[RowError]) -> date | None:
    try:
        return parse_open_date(text)
    except DateUnreadable as error:
        errors.append(RowError(row_number, label, error.code, error.sentence))
        return None


def _province(text: str, row_number: int, errors: list[RowError]) -> None:
    province = "" if is_blank(text) else half_width(clean(text))
    if province and not province.startswith(("天津", "12")):
        sentence = f"所在省份为“{province[:20]}”，不是天津市的市场主体。"
        errors.append(RowError(row_number, "所在省份", "OUTSIDE_CITY", sentence))


def _text(cells: Mapping[str, str], code: str) -> str:
    text = clean(cells.get(code, ""))
    return "" if len(text) <= 4 and is_blank(text) else text


def _registration_no(cells: Mapping[str, str]) -> str:
    number = half_width(_text(cells, "registration_no"))
    return number if len(number) == _REGISTRATION_NO_LENGTH and number.isalnum() else ""


def _capital(cells: Mapping[str, str]) -> Capital:
    """Read the capital; a currency of its own column completes a text that names none."""
    capital = parse_capital(cells.get("capital", ""))
    currency = _text(cells, "capital_currency")
    if capital.code == "CAPITAL_CURRENCY_UNKNOWN" and currency:
        completed = parse_capital(f"{capital.text}{currency}")
        return Capital(completed.amount, completed.currency, capital.text, completed.code)
    return capital


def _industry(cells: Mapping[str, str], warnings: list[str]) -> str:
    code = half_width(_text(cells, "industry")).upper()
    if code and section_of(code) is None:
        warnings.append("INDUSTRY_UNKNOWN")
        return ""
    return code


def _employees(cells: Mapping[str, str], warnings: list[str]) -> int | None:
    text = (
        half_width(_text(cells, "employees")).removesuffix("人").replace(",", "").removesuffix(".0")
    )
    if not text:
        return None
    if not text.isdecimal() or int(text) > 10_000_000:
        warnings.append("EMPLOYEES_UNREADABLE")
        return None
    return int(text)


def _status(cells: Mapping[str, str], warnings: list[str]) -> RegisterStatus:
    text = _text(cells, "status")
    for word, status in _STATUS_WORDS:
        if word in text:
            return status
    if text:
        warnings.append("STATUS_UNKNOWN")
    return RegisterStatus.ACTIVE
