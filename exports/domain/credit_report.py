"""The public credit report that stands in for certificates of no violation (无违法违规证明专用版), as data.

It covers what the rule asks for at least: penalties, those of the simple procedure included, coercive measures, lists
of serious breach, criminal judgments. What was repaired is told too, marked: the report says what happened, not what is
still made public (assumption A-27). "Nothing found" is said only of an item whose units delivered in time; of a stale
item it is said up to which day there are data, never that there is nothing.

Source: 发改财金〔2025〕565号; domain note 2.12.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from marketplace.domain.period import add_months
from marketplace.domain.workdays import local_date

TITLE = "公共信用报告"
EDITION = "无违法违规证明专用版"
YEARS = (1, 2, 3)
"""Spans one may ask for; penalties are kept for three years."""
USUAL_YEARS = 3
CRIMINAL = "刑"
"""Part of every criminal case's number (《关于人民法院案件案号的若干规定》)."""
ACCUSED = "被告"


class Result(StrEnum):
    """What the report says of one item. FOUND is said of a stale item too, NOTHING never."""

    NOTHING = "NOTHING"
    FOUND = "FOUND"
    STALE = "STALE"
    NEVER = "NEVER"


RESULT_LABELS = {
    Result.NOTHING: "未查询到",
    Result.FOUND: "查询到",
    Result.STALE: "数据未更新，不能判断",
    Result.NEVER: "尚未报送，不能判断",
}


class Record(Protocol):
    """What the report needs of a record; ``borrowers.selectors.record.RecordRow`` has it."""

    @property
    def item_code(self) -> str: ...  # noqa: D102
    @property
    def event_date(self) -> date | None: ...  # noqa: D102
    @property
    def payload(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def unit_name(self) -> str: ...  # noqa: D102
    @property
    def disputed(self) -> bool: ...  # noqa: D102
    @property
    def repaired(self) -> bool: ...  # noqa: D102
    @property
    def voided(self) -> bool: ...  # noqa: D102


class Item(Protocol):
    """What the report needs of a declaration; ``borrowers.domain.catalogue.ItemSpec`` has it."""

    @property
    def code(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def freshness_days(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Columns:
    """Which fields of an item say what; empty where the item has no such field.

    Attributes:
        number: of the decision, the case or the list's document.
        agency: who decided.
        what: of what kind, in order of saying.
        ended: day on which a listing or a measure ended.
    """

    number: str = ""
    agency: str = ""
    what: tuple[str, ...] = ()
    ended: str = ""


LISTED = Columns(agency="listed_by", what=("listed_reason",), ended="removed_date")
COLUMNS = {
    "PENALTY": Columns("CF_WSH", "CF_CFJG", ("CF_WFXW", "CF_CFLB")),
    "COERCION": Columns("document_no", "agency", ("measure",), "lifted_date"),
    "SERIOUS_BREACH_LIST": Columns(
        "document_no", "listed_by", ("list_kind", "listed_reason"), "removed_date"
    ),
    "SERIOUS_VIOLATION_LIST": LISTED,
    "TAX_MAJOR_VIOLATION": Columns("case_no", "", ("kind",), "removed_date"),
    "DISHONEST_DEBTOR": Columns("case_no", "court", ("conduct", "performance"), "removed_date"),
    "JUDGMENT": Columns("case_no", "court", ("cause", "result")),
}
PART_LABELS = {
    "PENALTY": "行政处罚（含简易程序）",
    "COERCION": "行政强制",
    "LISTS": "严重失信主体名单",
    "CRIMINAL": "刑事裁判",
}
"""The four kinds the rule names."""
PARTS = {
    "PENALTY": ("PENALTY",),
    "COERCION": ("COERCION",),
    "LISTS": (
        "SERIOUS_BREACH_LIST",
        "SERIOUS_VIOLATION_LIST",
        "TAX_MAJOR_VIOLATION",
        "DISHONEST_DEBTOR",
    ),
    "CRIMINAL": ("JUDGMENT",),
}
"""The items of the catalogue that tell of each kind."""
DATA_CLASSES = ("05", "06", "07", "08", "09")
"""Classes in which these items lie."""
ENDED_BY_ITEM = {"COERCION": "已解除", "TAX_MAJOR_VIOLATION": "已停止公布"}
ENDED, REPAIRED, DISPUTED = "已移出", "已修复", "异议处理中"


@dataclass(frozen=True)
class Finding:
    """One record as the report tells it.

    Attributes:
        day: of the decision or the listing; None when the record has none.
        number: of the document; empty when it has none.
        agency: who decided, else who delivered it.
        what: of what kind, in words.
        states: what is to be added in words, with its day where it has one, such as 已移出 of 2026-03-01.
    """

    day: date | None
    number: str
    agency: str
    what: str
    states: tuple[tuple[str, date | None], ...] = ()


@dataclass(frozen=True)
class UnitDelivery:
    """Until when one unit has delivered one item."""

    unit: str
    delivered_on: date
    is_current: bool


@dataclass(frozen=True)
class ItemResult:
    """What was found under one item.

    Attributes:
        name: of the item.
        units: who delivers it, the latest delivery first; none where it was never delivered.
    """

    code: str
    name: str
    result: Result
    findings: tuple[Finding, ...]
    units: tuple[UnitDelivery, ...]

    @property
    def is_current(self) -> bool:
        """Return whether any unit delivered in time."""
        return any(unit.is_current for unit in self.units)

    @property
    def is_whole(self) -> bool:
        """Return whether every unit that delivers the item did so in time."""
        return self.is_current and all(unit.is_current for unit in self.units)

    @property
    def sentence(self) -> str:
        """Return the result in words."""
        said = RESULT_LABELS[self.result]
        if self.result is Result.FOUND:
            said = f"{said} {len(self.findings)} 条"
        if self.result in (Result.STALE, Result.NEVER) or self.is_whole:
            return said
        return f"{said}；{'部分来源单位' if self.is_current else '此后'}数据未更新"


@dataclass(frozen=True)
class Part:
    """One of the four kinds."""

    title: str
    items: tuple[ItemResult, ...]


@dataclass(frozen=True)
class CreditReport:
    """What a report says of one enterprise.

    Attributes:
        first, last: days of the span, both included.
        made_at: aware moment up to which the data were known.
    """

    enterprise: str
    uscc: str
    first: date
    last: date
    made_at: datetime
    parts: tuple[Part, ...]

    @property
    def items(self) -> tuple[ItemResult, ...]:
        """Return the results of all items in order."""
        return tuple(item for part in self.parts for item in part.items)

    @property
    def found(self) -> int:
        """Return how many records were found."""
        return sum(len(item.findings) for item in self.items)

    @property
    def behind(self) -> int:
        """Return of how many items not every unit delivered in time, those with records among them."""
        return sum(not item.is_whole for item in self.items)

    @property
    def conclusion(self) -> str:
        """Return the report in one sentence; it never says more than was delivered."""
        span = f"{self.first} 至 {self.last} 期间"
        if self.found:
            told = f"{span}，查询到违法违规记录 {self.found} 条"
            rest = f"{self.behind} 个信息项没有按时报齐，不能判断另有无记录"
        elif any(item.is_current for item in self.items):
            told = f"{span}，已按时报送的数据中未查询到违法违规记录"
            rest = f"{self.behind} 个信息项没有按时报齐，不能判断"
        else:
            return f"{span}，各信息项都没有按时报送，不能判断有无违法违规记录。"
        if self.behind:
            return f"{told}；{rest}。"
        return f"{told}。" if self.found else f"{span}，未查询到违法违规记录。"


NOTES = (
    "本报告按发改财金〔2025〕565号（以专项信用报告替代有无违法违规记录证明）至少应含的信息，由平台根据各来源单位报送的记录自动生成；谁产生、谁提供、谁负责。",
    "“未查询到”只对已按时报送的信息项作出，截至所列的“数据截至”日期；数据未更新或尚未报送的，写明不能判断，不等于没有。",
    "已完成信用修复、已移出名单的记录仍列出并注明；正在异议处理的同样注明。",
    "只含企业自身的记录，不含法定代表人等个人的记录；刑事裁判按案号识别企业为被告的案件。",
    "对记录有异议的，可在平台“异议与修复”提出，由来源单位核查。本报告凭验证码核验，不加盖印章。",
)


def first_day(last: date, years: int) -> date:
    """Return the first day of a span of whole years that ends on a day.

    >>> first_day(date(2026, 11, 28), 3)
    datetime.date(2023, 11, 28)
    """
    return add_months(last, -12 * years)


def report_of(
    records: Iterable[Record],
    catalogue: Iterable[Item],
    deliveries: Sequence[tuple[str, str, datetime]],
    *,
    enterprise: str,
    uscc: str,
    first: date,
    at: datetime,
) -> CreditReport:
    """Return the report of an enterprise.

    Args:
        records: of the enterprise as they stood at the moment.
        catalogue: declarations in force.
        deliveries: item code, name of unit and moment of its latest delivery.
        enterprise: name.
        uscc: credit code.
        first: first day of the span; the last is the moment's.
        at: aware moment.
    """
    last = local_date(at)
    declared = {item.code: item for item in catalogue}
    met: dict[str, list[Finding]] = {code: [] for code in COLUMNS}
    for record in records:
        if record.item_code in met and _belongs(record, first, last):
            met[record.item_code].append(_finding(record))

    def result_of(code: str) -> ItemResult:
        item = declared[code]
        units = _units(code, item.freshness_days, deliveries, last)
        findings = tuple(sorted(met[code], key=lambda one: one.day or date.min, reverse=True))
        return ItemResult(
            code=code,
            name=item.name,
            result=_result(findings, units),
            findings=findings,
            units=units,
        )

    parts = tuple(
        Part(PART_LABELS[kind], tuple(result_of(code) for code in codes if code in declared))
        for kind, codes in PARTS.items()
    )
    return CreditReport(enterprise, uscc, first, last, at, parts)


def _belongs(record: Record, first: date, last: date) -> bool:
    """Tell whether a record is one of a violation, and lies in the span or still stood in it."""
    if record.voided:
        return False
    payload = record.payload
    if record.item_code == "JUDGMENT" and not _is_criminal(payload):
        return False
    if record.event_date is None:
        return True
    if record.event_date > last:
        return False
    columns = COLUMNS[record.item_code]
    if not columns.ended:
        return record.event_date >= first
    ended = _day(payload.get(columns.ended))
    return ended is None or ended >= first


def _is_criminal(payload: Mapping[str, Any]) -> bool:
    return CRIMINAL in str(payload.get("case_no", "")) and str(payload.get("role", "")).startswith(
        ACCUSED
    )


def _finding(record: Record) -> Finding:
    columns, payload = COLUMNS[record.item_code], record.payload

    def said(field: str) -> str:
        return str(payload.get(field) or "") if field else ""

    states: list[tuple[str, date | None]] = []
    if ended := _day(payload.get(columns.ended)):
        states.append((ENDED_BY_ITEM.get(record.item_code, ENDED), ended))
    states += [(REPAIRED, None)] if record.repaired else []
    states += [(DISPUTED, None)] if record.disputed else []
    return Finding(
        day=record.event_date,
        number=said(columns.number),
        agency=said(columns.agency) or record.unit_name,
        what="；".join(words for words in map(said, columns.what) if words),
        states=tuple(states),
    )


def _units(
    code: str, freshness_days: int, deliveries: Sequence[tuple[str, str, datetime]], last: date
) -> tuple[UnitDelivery, ...]:
    met = [(unit, local_date(at)) for item, unit, at in deliveries if item == code]
    return tuple(
        UnitDelivery(unit, day, (last - day).days <= freshness_days)
        for unit, day in sorted(met, key=lambda one: one[1], reverse=True)
    )


def _result(findings: Sequence[Finding], units: Sequence[UnitDelivery]) -> Result:
    if findings:
        return Result.FOUND
    if not units:
        return Result.NEVER
    return Result.NOTHING if units[0].is_current else Result.STALE


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None
