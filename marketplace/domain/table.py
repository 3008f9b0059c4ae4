"""What is in a sheet, as plain data: title, typed columns, rows, and the definitions of its figures at the foot.

Rows carry plain values in the units of the domain: money in yuan, rates in basis points, shares as a fraction. The kind
of a column decides how its values are written and which unit its heading names.

Source: domain note 0.9 (every figure states its definition), trust note 2.6 (what a sheet may do to its reader).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

CellValue = str | int | Decimal | date | datetime | bool | None
"""What a cell may hold; None is an empty cell."""


class ColumnKind(StrEnum):
    """What the values of a column are.

    TEXT: words. CODE: digits and letters that must not be read as a number. MONEY_YUAN, MONEY_WAN: Decimal yuan, shown
    in yuan or in 万元. INTEGER: a count. NUMBER: another figure, up to two places. RATE: annual rate in basis points,
    shown in percent. SHARE: a fraction, shown in percent. DATE: a day. MOMENT: an aware moment, shown in Beijing time.
    """

    TEXT = "TEXT"
    CODE = "CODE"
    MONEY_YUAN = "MONEY_YUAN"
    MONEY_WAN = "MONEY_WAN"
    INTEGER = "INTEGER"
    NUMBER = "NUMBER"
    RATE = "RATE"
    SHARE = "SHARE"
    DATE = "DATE"
    MOMENT = "MOMENT"


UNITS = {ColumnKind.MONEY_YUAN: "(元)", ColumnKind.MONEY_WAN: "(万元)"}


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Attributes:
        label: heading, Chinese, without unit; a money column's heading gets its unit.
        width: width in characters of a digit; a hanzi takes two.
    """

    label: str
    kind: ColumnKind = ColumnKind.TEXT
    width: float = 14.0

    @property
    def heading(self) -> str:
        """Return the label with the unit of a money column.

        >>> Column("放款金额", ColumnKind.MONEY_WAN).heading
        '放款金额(万元)'
        >>> Column("放款金额(万元)", ColumnKind.MONEY_WAN).heading
        '放款金额(万元)'
        """
        unit = UNITS.get(self.kind, "")
        return self.label if self.label.endswith(unit) else f"{self.label}{unit}"


@dataclass(frozen=True)
class SheetTable:
    """One sheet of a workbook.

    Attributes:
        title: title of the sheet and, shortened, name of its tab.
        columns: from left to right.
        rows: one sequence of values per row, in the order of the columns; read once, so a stream is welcome.
        notes: definitions (口径) and remarks, one line each, printed below the rows.
        subtitle: one line under the title: scope, time, who may use it.
        generated_at: when the workbook was made, aware; also its creation time, so the same input gives the same file.
        show_title: False puts the headings into the first row, for a sheet that is read back by a machine.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[CellValue]]
    notes: Sequence[str] = ()
    subtitle: str = ""
    generated_at: datetime | None = None
    show_title: bool = field(default=True)


def tab_names(titles: Sequence[str]) -> list[str]:
    """Return a name for each sheet's tab: no forbidden sign, at most 31 characters, none twice.

    >>> tab_names(["入选/未入选", "入选/未入选", ""])
    ['入选 未入选', '入选 未入选 2', '表 3']
    """
    names: list[str] = []
    taken = {"history"}  # the one name that spreadsheet programs keep for themselves
    for place, title in enumerate(titles, start=1):
        plain = "".join(" " if sign in "[]:*?/\\\n\r\t" else sign for sign in title if sign >= " ")
        base = plain.strip().strip("'").strip()[:31] or f"表 {place}"
        name, count = base, 1
        while name.casefold() in taken:
            count += 1
            name = f"{base[: 31 - len(f' {count}')]} {count}"
        taken.add(name.casefold())
        names.append(name)
    return names
