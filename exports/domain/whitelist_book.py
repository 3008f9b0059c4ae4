"""The workbook of a whitelist: who is on it, who was kept out and why, and what being on it does not mean.

Source: domain note 0.4 (a whitelist is not an authorization), 2.3 (gates, reason codes, soft marks).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from marketplace.domain.table import CellValue, Column, ColumnKind, SheetTable

ADMITTED_NOTES = (
    "白名单表示企业有融资意愿且未触发任何一项准入关口，不表示授信承诺，也不是对企业数据的授权；"
    "机构查阅非公开数据须另行取得企业授权。",
    "金额为企业申报的融资需求，以万元显示。",
    "名单按月复核，触发准入关口的企业将被移出，以平台当日名单为准。",
)
KEPT_OUT_NOTES = (
    "列示每家企业触发的全部准入关口；原因代码与平台校验结果一致，更正后可重新提交。",
    "本表仅供区级经办与复核使用，不向机构提供。",
)


@dataclass(frozen=True)
class WhitelistLine:
    """One enterprise of a whitelist, admitted or kept out.

    Attributes:
        need_amount_yuan: amount the enterprise asks for.
        willing_on: day on which it said that it wants finance.
        marks: soft marks in words; they do not keep anybody out.
        reason_codes: gates that kept it out; empty for the admitted.
        reasons: the same in sentences.
    """

    uscc: str
    name: str
    district: str
    street: str = ""
    industry: str = ""
    size_class: str = ""
    need_amount_yuan: Decimal | None = None
    term_months: int | None = None
    purpose: str = ""
    willing_on: date | None = None
    origin: str = ""
    marks: tuple[str, ...] = ()
    reason_codes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class WhitelistBook:
    """A whitelist as a workbook.

    Attributes:
        issue: number of the issue, e.g. 2026-11 第 1 期.
        admitted: entries on the list; read once.
        kept_out: entries kept out; None leaves the sheet out, as for institutions.
        is_brief: name, code, district, industry and need alone, as institutions may see them.
        generated_at: aware.
        state: where the list stood when the book was made, in words.
    """

    title: str
    district: str
    issue: str
    admitted: Iterable[WhitelistLine]
    generated_at: datetime
    kept_out: Iterable[WhitelistLine] | None = None
    state: str = ""
    is_brief: bool = False

    @property
    def name(self) -> str:
        """Return what the book is called wherever it is named: district once, title, and the list's state."""
        is_named = self.title.startswith(self.district)
        title = self.title if is_named else f"{self.district} {self.title}"
        return f"{title}（{self.state}）" if self.state else title


_IDENTITY = (
    Column("序号", ColumnKind.INTEGER, 7),
    Column("统一社会信用代码", ColumnKind.CODE, 22),
    Column("企业名称", width=32),
    Column("所属区", width=12),
    Column("街道或园区", width=15),
)
_NEED = (
    Column("行业", width=18),
    Column("规模", width=10),
    Column("需求金额", ColumnKind.MONEY_WAN, 13),
    Column("期限(月)", ColumnKind.INTEGER, 10),
    Column("用途", width=12),
    Column("意愿登记日期", ColumnKind.DATE, 12),
    Column("来源", width=12),
    Column("提示", width=22),
)
_BRIEF = (*_IDENTITY[:4], *_NEED[:1], *_NEED[2:6])
_REASONS = (
    Column("需求金额", ColumnKind.MONEY_WAN, 13),
    Column("原因代码", ColumnKind.CODE, 30),
    Column("未入选原因", width=60),
)


def whitelist_tables(book: WhitelistBook) -> list[SheetTable]:
    """Return the sheets of the workbook: the admitted, and those kept out when they are given."""
    subtitle = "  ".join(part for part in (book.district, book.issue, book.state) if part)
    row_of = _brief_row if book.is_brief else _admitted_row
    admitted = SheetTable(
        title=book.title,
        subtitle=subtitle,
        columns=_BRIEF if book.is_brief else (*_IDENTITY, *_NEED),
        rows=(row_of(number, line) for number, line in enumerate(book.admitted, start=1)),
        notes=ADMITTED_NOTES,
        generated_at=book.generated_at,
    )
    if book.kept_out is None:
        return [admitted]
    kept_out = SheetTable(
        title="未入选企业及原因",
        subtitle=subtitle,
        columns=(*_IDENTITY, *_REASONS),
        rows=(_kept_out_row(number, line) for number, line in enumerate(book.kept_out, start=1)),
        notes=KEPT_OUT_NOTES,
        generated_at=book.generated_at,
    )
    return [admitted, kept_out]


def _identity(number: int, line: WhitelistLine) -> tuple[CellValue, ...]:
    return (number, line.uscc, line.name, line.district, line.street)


def _admitted_row(number: int, line: WhitelistLine) -> tuple[CellValue, ...]:
    return (
        *_identity(number, line),
        line.industry,
        line.size_class,
        line.need_amount_yuan,
        line.term_months,
        line.purpose,
        line.willing_on,
        line.origin,
        "；".join(line.marks),
    )


def _brief_row(number: int, line: WhitelistLine) -> tuple[CellValue, ...]:
    return (
        *_identity(number, line)[:4],
        line.industry,
        line.need_amount_yuan,
        line.term_months,
        line.purpose,
        line.willing_on,
    )


def _kept_out_row(number: int, line: WhitelistLine) -> tuple[CellValue, ...]:
    return (
        *_identity(number, line),
        line.need_amount_yuan,
        "、".join(line.reason_codes),
        "；".join(line.reasons),
    )
