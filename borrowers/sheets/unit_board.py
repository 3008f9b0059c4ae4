"""The board of source units as a workbook, each figure with its definition at the foot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

from borrowers.domain.unit_board import DEFINITIONS
from borrowers.selectors.unit_board import UnitLine
from marketplace.domain.period import Period
from marketplace.domain.table import CellValue, Column, ColumnKind, SheetTable
from marketplace.sheets.writing import write_table

COLUMNS = (
    Column("来源单位", width=28.0),
    Column("单位代码", ColumnKind.CODE, 22.0),
    Column("信息项数", ColumnKind.INTEGER, 10.0),
    Column("应报期数", ColumnKind.INTEGER, 10.0),
    Column("上报率", ColumnKind.SHARE, 10.0),
    Column("及时率", ColumnKind.SHARE, 10.0),
    Column("及时率（随发生）", ColumnKind.SHARE, 14.0),
    Column("合规率", ColumnKind.SHARE, 10.0),
    Column("未消除的发现", ColumnKind.INTEGER, 12.0),
    Column("最近一次接收", ColumnKind.MOMENT, 18.0),
    Column("下一期限", ColumnKind.DATE, 12.0),
)


def unit_board_workbook(lines: Iterable[UnitLine], month: Period, at: datetime) -> bytes:
    """Return the board of a month as an xlsx.

    Args:
        lines: from `borrowers.selectors.unit_board.unit_board`.
        month: what they were counted for.
        at: when it is made, aware.
    """
    stream = BytesIO()
    table = SheetTable(
        f"来源单位报送质量（{month.start:%Y-%m}）",
        COLUMNS,
        [_row(line) for line in lines],
        notes=tuple(DEFINITIONS.values()),
        subtitle=f"{month.start:%Y 年 %m 月}",
        generated_at=at,
    )
    write_table(table, stream)
    return stream.getvalue()


def _row(line: UnitLine) -> Sequence[CellValue]:
    figures = line.figures
    return [
        line.unit.name,
        line.unit.code,
        figures.items,
        figures.periods.owed,
        figures.delivery,
        figures.timeliness,
        figures.event_timeliness,
        figures.acceptance,
        figures.findings,
        figures.latest_at,
        figures.next_due,
    ]
