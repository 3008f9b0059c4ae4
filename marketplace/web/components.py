"""What page components show, as plain frozen values: views build them, templates only lay them out.

Each class belongs to one partial below ``templates/marketplace/components/``. A partial takes nothing else than such a
value, so that what a page says can be tested without rendering it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext

from marketplace.domain.verdict import Outcome, Verdict
from marketplace.web.language import said


class Tone(StrEnum):
    """How something is meant; shown by colour and by a sign."""

    NEUTRAL = "neutral"
    INFO = "info"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


class Kind(StrEnum):
    """How a value is written; the name of the display filter it goes through. A word is a text that is not broken."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    YUAN = "yuan"
    YI = "yi"
    RATE = "rate"
    PERCENT = "percent"
    MONTHS = "months"
    DATE = "date"
    DATETIME = "datetime"
    CODE = "code"
    BADGE = "badge"
    WORD = "word"


@dataclass(frozen=True)
class Action:
    """A link or, with ``post``, a one-button form in a page header or an empty state."""

    label: str
    url: str
    primary: bool = False
    post: bool = False


@dataclass(frozen=True)
class Crumb:
    """One step of the breadcrumb; the last one has no address."""

    label: str
    url: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table; ``definition`` is its 口径, shown with the label."""

    label: str
    kind: Kind = Kind.TEXT
    definition: str = ""


@dataclass(frozen=True)
class Pick:
    """A box that chooses a row for a form elsewhere on the page.

    Attributes:
        value: what is sent, as ``id``.
        form: id of the form the box belongs to.
        label: whom or what is chosen, for readers who do not see the row.
    """

    value: Any
    form: str
    label: str


@dataclass(frozen=True)
class Cell:
    """A value of a table that is a link, has a tone, needs a note, offers a deed, can be chosen or counts no more."""

    value: Any
    url: str = ""
    tone: Tone = Tone.NEUTRAL
    note: str = ""
    action: Action | None = None
    pick: Pick | None = None
    struck: bool = False


MANY_COLUMNS = 8
"""From so many columns on a table moves them closer together."""


@dataclass(frozen=True)
class Table:
    """Rows under columns; where there is no room every row becomes a card, headed by its first value.

    Attributes:
        keys: what the keys do while the focus is in the list, one sentence; empty for a list without keys.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]
    caption: str = ""
    empty: str = "暂无记录。"
    keys: str = ""

    @property
    def is_slim(self) -> bool:
        """Return whether a name and a number beside it are all there is, which finds room everywhere."""
        return len(self.columns) == 2 and self.columns[1].kind == Kind.NUMBER

    @property
    def is_dense(self) -> bool:
        """Return whether the columns are so many that they move closer together."""
        return len(self.columns) >= MANY_COLUMNS

    def __iter__(self) -> Iterator[list[tuple[Column, Cell]]]:
        """Yield each row as pairs of column and cell."""
        for row in self.rows:
            cells = (value if isinstance(value, Cell) else Cell(value) for value in row)
            yield list(zip(self.columns, cells, strict=True))


class StepState(StrEnum):
    """Where a step stands."""

    DONE = "done"
    CURRENT = "current"
    TODO = "todo"
    REFUSED = "refused"
    ENDED = "ended"
    SKIPPED = "skipped"


STEP_WORDS = {
    StepState.DONE: "已完成",
    StepState.CURRENT: "进行中",
    StepState.TODO: "未开始",
    StepState.REFUSED: "未通过",
    StepState.ENDED: "到此为止",
    StepState.SKIPPED: "未经过",
}
STEP_SIGNS = {
    StepState.DONE: "✓",
    StepState.CURRENT: "●",
    StepState.TODO: "",
    StepState.REFUSED: "✗",
    StepState.ENDED: "–",
    StepState.SKIPPED: "–",
}


@dataclass(frozen=True)
class Clock:
    """A deadline as the reader sees it now.

    Attributes:
        label: what is due, e.g. ``银行受理``.
        due_at: the deadline; None when there is none.
        now: the moment of reading.
        provisional: the deadline rests on a calendar that is not final yet.
        stopped_at: when the duty was done; None while it runs.
        is_paused: the clock stands still, e.g. while papers are supplemented.
    """

    label: str
    due_at: datetime | None
    now: datetime
    provisional: bool = False
    stopped_at: datetime | None = None
    is_paused: bool = False

    @property
    def tone(self) -> Tone:
        """Return how urgent the clock is."""
        if self.due_at is None or self.is_paused:
            return Tone.NEUTRAL
        if self.stopped_at is not None:
            return Tone.GOOD if self.stopped_at <= self.due_at else Tone.BAD
        if self.now > self.due_at:
            return Tone.BAD
        return Tone.WARN if (self.due_at - self.now).days < 1 else Tone.INFO

    @property
    def sentence(self) -> str:
        """Return the state of the clock in words, with what is left or overdue."""
        if self.due_at is None:
            return "无时限"
        if self.stopped_at is not None:
            return "按时完成" if self.stopped_at <= self.due_at else "超时完成"
        if self.is_paused:
            return "计时暂停"
        seconds = (self.due_at - self.now).total_seconds()
        return (
            gettext("还剩 %(left)s") % {"left": said(spell_out(seconds))}
            if seconds >= 0
            else gettext("已超时 %(left)s") % {"left": said(spell_out(-seconds))}
        )


def spell_out(seconds: float) -> str:
    """Return a length of time in its two largest units.

    >>> spell_out(93_600)
    '1 天 2 小时'
    >>> spell_out(300)
    '5 分钟'
    """
    minutes = int(seconds // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return (
            gettext("%(days)s 天 %(hours)s 小时") % {"days": days, "hours": hours}
            if hours
            else gettext("%(days)s 天") % {"days": days}
        )
    if hours:
        return (
            gettext("%(hours)s 小时 %(minutes)s 分钟") % {"hours": hours, "minutes": minutes}
            if minutes
            else gettext("%(hours)s 小时") % {"hours": hours}
        )
    return gettext("%(minutes)s 分钟") % {"minutes": minutes}


@dataclass(frozen=True)
class Call:
    """Whom to call about something; either may be empty."""

    who: str
    phone: str


@dataclass(frozen=True)
class Step:
    """One state of a case on its way, with when, what for and whom to call."""

    label: str
    state: StepState = StepState.TODO
    at: datetime | None = None
    note: str = ""
    clock: Clock | None = None
    call: Call | None = None

    @property
    def sign(self) -> str:
        """Return the sign drawn in the circle."""
        return STEP_SIGNS[self.state]

    @property
    def words(self) -> str:
        """Return the state in words, for readers who do not see the circle."""
        return STEP_WORDS[self.state]


OUTCOME_TONES = {
    Outcome.FITS: Tone.GOOD,
    Outcome.DOES_NOT_FIT: Tone.BAD,
    Outcome.CANNOT_TELL: Tone.WARN,
}
OUTCOME_SIGNS = {Outcome.FITS: "✓", Outcome.DOES_NOT_FIT: "✗", Outcome.CANNOT_TELL: "?"}
OUTCOME_ORDER = (Outcome.DOES_NOT_FIT, Outcome.CANNOT_TELL, Outcome.FITS)


def in_reading_order(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Return verdicts with what stands in the way first, what is unknown next, what fits last."""
    return sorted(verdicts, key=lambda verdict: OUTCOME_ORDER.index(verdict.outcome))


@dataclass(frozen=True)
class Pair:
    """A label with its value, which may lead somewhere, as in a sheet of particulars."""

    label: str
    value: Any
    kind: Kind = Kind.TEXT
    note: str = ""
    definition: str = ""
    url: str = ""


@dataclass(frozen=True)
class Stat:
    """A headline figure; its definition (口径) is not optional."""

    label: str
    value: Any
    definition: str
    kind: Kind = Kind.NUMBER
    unit: str = ""
    note: str = ""


@dataclass(frozen=True)
class Change:
    """A value before and after; empty means it was not there."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Chart:
    """A picture of numbers with the same numbers as a table.

    Attributes:
        chart_id: unique on the page, letters, digits and hyphens.
        title: what is shown.
        option: the drawing as plain data for the chart library.
        table: the same numbers to read.
        sentence: what the picture tells, for readers who do not see it.
        definition: 口径 of the numbers.
    """

    chart_id: str
    title: str
    option: Mapping[str, Any]
    table: Table
    sentence: str = ""
    definition: str = field(default="")


@dataclass(frozen=True)
class Tile:
    """A district on the grid map.

    Attributes:
        code: GB/T 2260, which is its place on the grid.
        label: its name.
        value: what is shown, already in words.
        level: 0 for nothing or not published, 1 to 4 by its share of the largest.
    """

    code: str
    label: str
    value: str
    level: int


@dataclass(frozen=True)
class DistrictMap:
    """The sixteen districts as tiles, roughly where they lie; no boundary is drawn."""

    title: str
    tiles: Sequence[Tile]
    definition: str = ""
