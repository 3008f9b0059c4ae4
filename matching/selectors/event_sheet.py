"""An event as a workbook: the plan, who meets nobody, the results, the follow-ups.

Source: domain note 0.9 (every figure states its definition); design section 5.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import IO

from marketplace.domain.table import CellValue, Column, ColumnKind, SheetTable
from marketplace.sheets.writing import write_tables
from matching.domain.assignment import METHOD_LABELS, WHY_SENTENCES, Method, Why
from matching.domain.event import slot_start
from matching.models import EventMeeting, MatchmakingEvent
from matching.selectors.event import follow_ups_of, invitations_of, meetings_of

PLAN = (
    Column("时段", ColumnKind.INTEGER, 6),
    Column("开始时间", ColumnKind.MOMENT, 18),
    Column("机构", width=26),
    Column("席号", ColumnKind.INTEGER, 6),
    Column("企业", width=32),
    Column("统一社会信用代码", ColumnKind.CODE, 21),
    Column("需求金额", ColumnKind.MONEY_WAN, 12),
    Column("匹配度", ColumnKind.INTEGER, 8),
    Column("安排原因", width=36),
    Column("匹配依据", width=50),
)
UNMET = (
    Column("企业", width=32),
    Column("统一社会信用代码", ColumnKind.CODE, 21),
    Column("原因", width=50),
)
RESULTS = (
    Column("企业", width=32),
    Column("机构", width=26),
    Column("面谈结果", width=12),
    Column("意向金额", ColumnKind.MONEY_WAN, 12),
    Column("转为融资线索", ColumnKind.TEXT, 14),
    Column("登记时间", ColumnKind.MOMENT, 18),
)
FOLLOW_UPS = (
    Column("企业", width=32),
    Column("机构", width=26),
    Column("会后天数", ColumnKind.INTEGER, 10),
    Column("应跟踪时间", ColumnKind.MOMENT, 18),
    Column("落实情况", width=12),
    Column("说明", width=36),
)
NOTES = (
    "匹配度：产品条件已知符合的比例、网点服务本区、双方志愿的合计，权重见平台参数“对接会匹配度的构成”。",
    "意向金额是面谈时双方的意向，不是授信承诺。",
)


def event_sheet_write(event: MatchmakingEvent, stream: IO[bytes], at: datetime) -> list[int]:
    """Write an event's workbook; return how many rows each sheet has.

    Args:
        event: one of the reader's, see `matching.selectors.event.event_get`.
        stream: where it goes.
        at: now, aware.

    Queries: three.
    """
    meetings = list(meetings_of(event))
    scope = f"{event.district.name} · {event.title} · {event.get_state_display()}"
    if event.method:
        scope += f" · {METHOD_LABELS[Method(event.method)]}"
    parts = (
        ("排座", PLAN, _plan(event, meetings), NOTES[:1]),
        ("未得到面谈", UNMET, _unmet(event), ()),
        ("面谈结果", RESULTS, _results(meetings), NOTES[1:]),
        ("跟踪", FOLLOW_UPS, _follow_ups(event), ()),
    )
    tables = [
        SheetTable(title, columns, list(rows), notes, scope, at)
        for title, columns, rows, notes in parts
    ]
    return write_tables(tables, stream)


def _plan(event: MatchmakingEvent, rows: list[EventMeeting]) -> Iterator[list[CellValue]]:
    for row in rows:
        demand = row.guest.demand
        yield [
            row.slot + 1,
            slot_start(event.starts_at, event.slot_minutes, row.slot),
            _lender(row),
            row.table + 1,
            *_guest(row),
            demand.amount_yuan if demand else None,
            row.utility,
            WHY_SENTENCES[Why(row.why)],
            row.fit,
        ]


def _unmet(event: MatchmakingEvent) -> Iterator[list[CellValue]]:
    why: dict[str, str] = event.figures.get("unmet", {})
    for row in invitations_of(event):
        code = why.get(str(row.public_id))
        if code and row.enterprise:
            yield [row.enterprise.name, row.enterprise.uscc, WHY_SENTENCES[Why(code)]]


def _results(rows: list[EventMeeting]) -> Iterator[list[CellValue]]:
    for row in rows:
        intention = getattr(row, "intention", None)
        yield [
            _guest(row)[0],
            _lender(row),
            row.get_outcome_display() or "未登记",
            intention.amount_yuan if intention else None,
            "是" if intention and intention.lead_id else "",
            row.recorded_at,
        ]


def _follow_ups(event: MatchmakingEvent) -> Iterator[list[CellValue]]:
    for row in follow_ups_of(meetings_of(event)):
        meeting = row.intention.meeting
        yield [
            _guest(meeting)[0],
            _lender(meeting),
            row.after_days,
            row.due_at,
            row.get_status_display(),
            row.note,
        ]


def _guest(row: EventMeeting) -> tuple[str, str]:
    enterprise = row.guest.enterprise
    return (enterprise.name, enterprise.uscc) if enterprise else ("", "")


def _lender(row: EventMeeting) -> str:
    institution = row.desk.invitation.institution
    return institution.organisation.name if institution else ""
