"""Indicators of a portrait laid out: by data class, each with its window and sources, and what is missing and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext

from marketplace.domain.vocabulary import DATA_CLASS_LABELS, DataClass
from marketplace.web.components import Pair
from marketplace.web.language import is_translated, listed, said
from marketplace.web.templatetags.market import wan
from matching.domain.declaration import Kind as ValueKind
from matching.domain.freshness import ItemFreshness, months_behind
from matching.domain.indicators import MISSING_LABELS, IndicatorValue, Missing, Value, display
from matching.domain.portrait import Portrait
from matching.domain.records import BEIJING

KEYS_SHOWN = 3
"""How many values of a data class stand in its line."""

MISSING_HELP = {
    Missing.NOT_AUTHORIZED: "企业授权后可见",
    Missing.NOT_AVAILABLE: "来源单位提供后可见，不能据此认为没有",
    Missing.NO_RECORD: "已归集的数据中没有可用的记录，不等于零",
}


def measured(kind: ValueKind, value: Value, unit: str) -> str:
    """Return a value with its unit in the language of the page."""
    if is_translated() and kind is ValueKind.YUAN:
        return wan(value)
    if is_translated() and kind not in (ValueKind.FLAG, ValueKind.PERCENT):
        return f"{said(value)} {said(unit)}".strip()
    return str(said(display(kind, value, unit)))


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator with its window and the rows it was made of, each in one Chinese line.

    Attributes:
        behind: the months of the window that had not been delivered, empty when all had.
    """

    value: IndicatorValue
    window: str
    sources: tuple[str, ...]
    behind: str = ""

    @property
    def words(self) -> str:
        """Return the value with its unit, or why it is missing, in the language of the page."""
        found = self.value
        if found.missing is not None or found.value is None:
            return str(said(found.display))
        return measured(found.kind, found.value, found.unit)


@dataclass(frozen=True)
class ClassGroup:
    """The indicators of one data class.

    Attributes:
        caution: set when data of the class are not up to date, so that a 0 or a "no" is not the last word.
    """

    data_class: str
    label: str
    lines: tuple[IndicatorLine, ...]
    caution: str = ""

    @property
    def known(self) -> int:
        """Return how many of them have a value."""
        return sum(line.value.missing is None for line in self.lines)

    @property
    def keys(self) -> tuple[IndicatorLine, ...]:
        """Return what stands in the line: known values, those that are not 0 or "no" first, as declared otherwise."""
        known = [line for line in self.lines if line.value.missing is None]
        return tuple(sorted(known, key=lambda line: not line.value.value)[:KEYS_SHOWN])

    @property
    def behind(self) -> str:
        """Return the months that some value lacks, empty when none does."""
        return max((line.behind for line in self.lines), default="")

    @property
    def is_disputed(self) -> bool:
        """Return whether an objection is open about a record behind one of them."""
        return any(line.value.disputed for line in self.lines)


def class_groups(portrait: Portrait, cautions: Mapping[str, str]) -> tuple[ClassGroup, ...]:
    """Return the indicators by data class, in the order of the classes.

    Args:
        cautions: data class to the sentence that its data are not up to date.
    """
    lines: dict[str, list[IndicatorLine]] = {}
    items = {item.item_code: item for group in portrait.freshness for item in group.items}
    names = {code: item.name for code, item in items.items()}
    for value in portrait.indicators:
        window = _window(value.window_start, value.window_end)
        sources = tuple(_sources(portrait, value, names))
        line = IndicatorLine(value, window, sources, _behind(value, items, portrait.as_of_date))
        lines.setdefault(value.data_class, []).append(line)
    return tuple(
        ClassGroup(
            code, DATA_CLASS_LABELS[DataClass(code)], tuple(lines[code]), cautions.get(code, "")
        )
        for code in sorted(lines)
    )


def missing_pairs(portrait: Portrait) -> tuple[Pair, ...]:
    """Return the names of the values that are missing, by reason, with what helps."""
    names: dict[Missing, list[str]] = {}
    for value in portrait.indicators:
        if value.missing is not None:
            names.setdefault(value.missing, []).append(value.label)
    return tuple(
        Pair(
            gettext("%(reason)s（%(count)s 项）")
            % {"reason": said(MISSING_LABELS[reason]), "count": len(names[reason])},
            listed(names[reason]),
            note=help,
        )
        for reason, help in MISSING_HELP.items()
        if reason in names
    )


def _sources(portrait: Portrait, value: IndicatorValue, names: Mapping[str, str]) -> Iterator[str]:
    """Yield where a value came from: rows of batches, or the register's own row."""
    facts = portrait.enterprise
    if not value.items and value.missing is None and facts.batch:
        yield gettext("%(source_unit)s · 批次 %(batch)s 第 %(row_number)s 行") % {
            "source_unit": facts.source_unit,
            "batch": facts.batch,
            "row_number": facts.row_number,
        }
    batches = {source.batch: source for source in portrait.batches}
    for ref in value.evidence_rows:
        batch = batches.get(ref.batch)
        if batch is not None:
            name = names.get(batch.item_code, batch.item_code)
            received = batch.received_at.astimezone(BEIJING).date()
            place = gettext("批次 %(batch)s 第 %(rows)s 行") % {
                "batch": ref.batch,
                "rows": ref.rows,
            }
            yield gettext("%(source_unit)s · %(name)s · %(place)s · %(received)s 接收") % {
                "source_unit": batch.source_unit,
                "name": name,
                "place": place,
                "received": received,
            }


def _behind(value: IndicatorValue, items: Mapping[str, ItemFreshness], day: date) -> str:
    if value.missing is not None:
        return ""
    months = months_behind(value.window_start, value.window_end, value.items, items, day)
    if months is None:
        return ""
    first, last = (f"{month:%Y-%m}" for month in months)
    return (
        first
        if first == last
        else gettext("%(first)s 至 %(last)s") % {"first": first, "last": last}
    )


def _window(start: date | None, end: date | None) -> str:
    """Return a half-open window as people read it, both days inclusive."""
    if start is None or end is None:
        return "截至当日"
    return gettext("%(start)s 至 %(last_day)s") % {
        "start": start,
        "last_day": end - timedelta(days=1),
    }
