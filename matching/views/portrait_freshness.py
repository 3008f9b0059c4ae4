"""How current the data behind a portrait is, laid out: counts, names of what is late, one row for each class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from marketplace.web.components import Cell, Column, Kind, Table, Tone
from marketplace.web.language import said
from matching.domain.freshness import FRESHNESS_LABELS, ClassFreshness, Freshness
from matching.domain.records import BEIJING

FRESHNESS_TONES = {Freshness.FRESH: Tone.GOOD, Freshness.STALE: Tone.WARN}


@dataclass(frozen=True)
class FreshnessPanel:
    """How current the data is.

    Attributes:
        counts: how many classes are in each state that occurs.
        late: names of the classes that are not up to date.
        table: one row for each class.
    """

    counts: tuple[Cell, ...]
    late: tuple[str, ...]
    table: Table


def freshness_panel(found: Sequence[ClassFreshness]) -> FreshnessPanel:
    """Return how current each data class is, laid out."""
    states = Counter(entry.state for entry in found)
    return FreshnessPanel(
        counts=tuple(
            Cell(
                gettext("%(label)s %(count)s 类") % {"label": said(label), "count": states[state]},
                tone=FRESHNESS_TONES.get(state, Tone.NEUTRAL),
            )
            for state, label in FRESHNESS_LABELS.items()
            if states[state]
        ),
        late=tuple(entry.label for entry in found if entry.state is Freshness.STALE),
        table=_freshness_table(found),
    )


def _freshness_table(found: Sequence[ClassFreshness]) -> Table:
    columns = [
        Column("信息类别"),
        Column("状态", Kind.BADGE, "类内任一信息项超过应更新间隔未送达即为“未及时更新”。"),
        Column("说明"),
    ]
    rows = [
        [
            entry.label,
            Cell(
                FRESHNESS_LABELS[entry.state], tone=FRESHNESS_TONES.get(entry.state, Tone.NEUTRAL)
            ),
            Cell(_unlabelled(entry), note=_rhythm(entry)),
        ]
        for entry in found
    ]
    return Table(columns, rows, caption="各类信息的更新情况", empty="信息目录为空。")


def _unlabelled(entry: ClassFreshness) -> str:
    """Return the sentence without the class it begins with and the colon, half-width in earlier portraits."""
    rest = entry.sentence.removeprefix(entry.label)
    return entry.sentence if rest == entry.sentence else rest[1:]


def _rhythm(entry: ClassFreshness) -> str:
    received = entry.latest_received_at
    if received is None or entry.expected_days is None:
        return ""
    return gettext("最近送达 %(received)s · 应每 %(expected_days)s 天更新") % {
        "received": f"{received.astimezone(BEIJING):%Y-%m-%d %H:%M}",
        "expected_days": entry.expected_days,
    }
