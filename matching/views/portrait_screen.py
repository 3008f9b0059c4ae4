"""A portrait laid out for one screen: what the partials below ``matching/portrait/`` show, as plain values.

Every part has one line that says the most of it, and folds the rest away. Nothing is computed here that the portrait
does not say: lines, tables and charts are its own numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext

from marketplace.domain.money import WAN
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, QUERY_PURPOSE_LABELS, DataClass
from marketplace.web.charts import series_chart
from marketplace.web.components import Cell, Chart, Column, Kind, Pair, Table, Tone
from marketplace.web.language import is_translated, listed, said
from marketplace.web.templatetags.market import wan
from matching.domain.declaration import Kind as ValueKind
from matching.domain.evaluation import PublishedEvaluation
from matching.domain.freshness import FRESHNESS_LABELS, ClassFreshness, Freshness
from matching.domain.indicators import MISSING_LABELS, IndicatorValue, Missing, Value, display
from matching.domain.listing import RecordList
from matching.domain.portrait import Portrait
from matching.domain.records import BEIJING
from matching.domain.series import Series
from matching.domain.subject import ConsentFacts
from matching.services.portrait import PortraitReading
from matching.views.portrait_score import (
    EvaluationPanel,
    ScorePanel,
    evaluation_panel,
    score_panel,
)

FRESHNESS_TONES = {Freshness.FRESH: Tone.GOOD, Freshness.STALE: Tone.WARN}
KEYS_SHOWN = 3
"""How many values of a data class stand in its line."""


def measured(kind: ValueKind, value: Value, unit: str) -> str:
    """Return a value with its unit in the language of the page."""
    if is_translated() and kind is ValueKind.YUAN:
        return wan(value)
    if is_translated() and kind not in (ValueKind.FLAG, ValueKind.PERCENT):
        return f"{said(value)} {said(unit)}".strip()
    return str(said(display(kind, value, unit)))


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator with its window and the rows it was made of, each in one Chinese line."""

    value: IndicatorValue
    window: str
    sources: tuple[str, ...]

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
    def is_disputed(self) -> bool:
        """Return whether an objection is open about a record behind one of them."""
        return any(line.value.disputed for line in self.lines)


@dataclass(frozen=True)
class ListPanel:
    """The published records of one kind, with a caution when data of their class are not up to date."""

    listed: RecordList
    caution: str

    @property
    def is_disputed(self) -> bool:
        """Return whether an objection is open about one of those listed."""
        return any(entry.disputed for entry in self.listed.entries)


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


@dataclass(frozen=True)
class SeriesPanel:
    """The monthly series.

    Attributes:
        latest: the newest known month of each that has points.
        charts: those that have points.
        silent: those that have none, and why.
    """

    latest: tuple[Pair, ...]
    charts: tuple[Chart, ...]
    silent: tuple[Pair, ...]


@dataclass(frozen=True)
class PortraitScreen:
    """Everything the partial shows.

    Attributes:
        portrait: redacted for the reader.
        content_hash: of the frozen portrait; empty for one made now.
        score: grade, chart and lines.
        evaluation: the published monthly evaluation; None when there is none.
        freshness: how current each data class is.
        missing: why values are missing, each reason with the names, what helps beside it.
        groups: indicators by data class.
        lists: published records by kind.
        series: 36 months.
        consent: what the enterprise consented to.
        versions: parameters and formats it was made with.
    """

    portrait: Portrait
    content_hash: str
    score: ScorePanel
    evaluation: EvaluationPanel | None
    freshness: FreshnessPanel
    missing: tuple[Pair, ...]
    groups: tuple[ClassGroup, ...]
    lists: tuple[ListPanel, ...]
    series: SeriesPanel
    consent: Sequence[Pair]
    versions: Sequence[Pair]


def reading_screen(reading: PortraitReading | None) -> PortraitScreen | None:
    """Return a lender's reading laid out; None when nothing may be shown."""
    if reading is None:
        return None
    return portrait_screen(reading.portrait, reading.row.content_hash, reading.evaluation)


def portrait_screen(
    portrait: Portrait, content_hash: str = "", evaluation: PublishedEvaluation | None = None
) -> PortraitScreen:
    """Return a portrait laid out.

    Args:
        portrait: redacted for the reader.
        content_hash: of the frozen text, empty for a portrait made now.
        evaluation: as the reader may see it.
    """
    late = [entry for entry in portrait.freshness if entry.state is Freshness.STALE]
    cautions = {entry.data_class: entry.sentence for entry in late}
    return PortraitScreen(
        portrait=portrait,
        content_hash=content_hash,
        score=score_panel(portrait.score),
        evaluation=evaluation_panel(evaluation) if evaluation else None,
        freshness=_freshness(portrait.freshness),
        missing=_missing(portrait),
        groups=_groups(portrait, cautions),
        lists=tuple(
            ListPanel(entry, cautions.get(entry.data_class, "")) for entry in portrait.lists
        ),
        series=_series(portrait.series),
        consent=_consent(portrait.consent),
        versions=[Pair(_VERSION_LABELS.get(k, k), v) for k, v in portrait.versions.items()],
    )


_VERSION_LABELS = {
    "format": "画像格式",
    "indicators": "指标口径版本",
    "score_model": "评价模型版本",
}


def _groups(portrait: Portrait, cautions: Mapping[str, str]) -> tuple[ClassGroup, ...]:
    lines: dict[str, list[IndicatorLine]] = {}
    names = {item.item_code: item.name for group in portrait.freshness for item in group.items}
    for value in portrait.indicators:
        window = _window(value.window_start, value.window_end)
        line = IndicatorLine(value, window, tuple(_sources(portrait, value, names)))
        lines.setdefault(value.data_class, []).append(line)
    return tuple(
        ClassGroup(
            code, DATA_CLASS_LABELS[DataClass(code)], tuple(lines[code]), cautions.get(code, "")
        )
        for code in sorted(lines)
    )


MISSING_HELP = {
    Missing.NOT_AUTHORIZED: "企业授权后可见",
    Missing.NOT_AVAILABLE: "来源单位提供后可见，不能据此认为没有",
    Missing.NO_RECORD: "已归集的数据中没有可用的记录，不等于零",
}


def _missing(portrait: Portrait) -> tuple[Pair, ...]:
    """Return the names of the values that are missing, by reason."""
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


def _window(start: date | None, end: date | None) -> str:
    """Return a half-open window as people read it, both days inclusive."""
    if start is None or end is None:
        return "截至当日"
    return gettext("%(start)s 至 %(last_day)s") % {
        "start": start,
        "last_day": end - timedelta(days=1),
    }


def _freshness(found: Sequence[ClassFreshness]) -> FreshnessPanel:
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
            Cell(entry.sentence.removeprefix(f"{entry.label}:"), note=_rhythm(entry)),
        ]
        for entry in found
    ]
    return Table(columns, rows, caption="各类信息的更新情况", empty="信息目录为空。")


def _rhythm(entry: ClassFreshness) -> str:
    received = entry.latest_received_at
    if received is None or entry.expected_days is None:
        return ""
    return gettext("最近送达 %(received)s · 应每 %(expected_days)s 天更新") % {
        "received": f"{received.astimezone(BEIJING):%Y-%m-%d %H:%M}",
        "expected_days": entry.expected_days,
    }


def _series(found: Sequence[Series]) -> SeriesPanel:
    drawn = [entry for entry in found if entry.points]
    return SeriesPanel(
        latest=tuple(pair for entry in drawn for pair in _latest_point(entry)),
        charts=tuple(_series_chart(entry) for entry in drawn),
        silent=tuple(
            Pair(entry.label, MISSING_LABELS[entry.missing or Missing.NO_RECORD])
            for entry in found
            if not entry.points
        ),
    )


def _latest_point(series: Series) -> Iterator[Pair]:
    for point in reversed(series.points):
        if point.value is not None:
            shown = measured(series.kind, point.value, series.unit)
            yield Pair(series.label, shown, note=f"{point.month:%Y-%m}")
            return


def _series_chart(series: Series) -> Chart:
    is_money = series.kind is ValueKind.YUAN
    values = [_drawn(point.value, is_money=is_money) for point in series.points]
    return series_chart(
        f"portrait-{series.code.replace('_', '-')}",
        series.label,
        labels=[f"{point.month:%Y-%m}" for point in series.points],
        series={series.label: values},
        label_name="月份",
        form="line",
        unit="万元" if is_money else series.unit,
        definition=series.definition,
    )


def _drawn(value: object, *, is_money: bool) -> Decimal | int | None:
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        return None
    return Decimal(value) / WAN if is_money else value


def _consent(consent: ConsentFacts) -> list[Pair]:
    classes = listed(DATA_CLASS_LABELS[DataClass(code)] for code in consent.data_classes)
    if not consent.consent_id:
        return [
            Pair("用途", _purpose(consent.purpose)),
            Pair("信息类别", classes or "仅公开信息"),
        ]
    return [
        Pair("被授权机构", consent.lender_name),
        Pair("用途", _purpose(consent.purpose)),
        Pair("信息类别", classes),
        Pair(
            "数据期间",
            gettext("%(data_from)s 至 %(data_to)s")
            % {"data_from": consent.data_from or "不限", "data_to": consent.data_to or "不限"},
        ),
        Pair("授权生效", consent.valid_from, Kind.DATETIME),
        Pair("授权到期", consent.valid_until, Kind.DATETIME),
        Pair("反馈条款", "已同意" if consent.feedback_clause else "未同意"),
        Pair("授权书版本", consent.text_version),
        Pair("授权编号", consent.consent_id, Kind.CODE),
    ]


def _purpose(code: str) -> str:
    labels: Mapping[str, str] = {str(key): words for key, words in QUERY_PURPOSE_LABELS.items()}
    return labels.get(code, code)
