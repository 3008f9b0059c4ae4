"""Parts of a frozen portrait as they are printed: grade and points, indicators, series, records, freshness, gaps.

Nothing is computed here: values are put into the units and words of paper. Bins and bands come from the dated model
the portrait was scored with, and are left out when that model is not the one at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from exports.domain import report
from exports.domain.display import Value
from exports.domain.report import Tone
from marketplace.domain.money import WAN
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, DataClass
from matching.domain.contradictions import SEVERITY_LABELS, Contradiction, shipped_tolerances
from matching.domain.declaration import Kind
from matching.domain.freshness import (
    FRESHNESS_LABELS,
    ClassFreshness,
    Freshness,
    ItemFreshness,
    months_behind,
)
from matching.domain.indicators import MISSING_LABELS, IndicatorValue, Missing
from matching.domain.listing import ListedRecord, RecordList
from matching.domain.portrait import Portrait
from matching.domain.scorecard import Contribution, ContributionKind, ScoreResult, model_on
from matching.domain.scorecard_model import ScoreModel
from matching.domain.series import Series

NOT_GRADED = "未评"
GRADE_TONES = {"A": Tone.GOOD, "B": Tone.PLAIN, "C": Tone.CAUTION, "D": Tone.BAD}
FRESHNESS_TONES = {
    Freshness.FRESH: Tone.GOOD,
    Freshness.STALE: Tone.CAUTION,
    Freshness.NONE: Tone.PLAIN,
    Freshness.NOT_AUTHORIZED: Tone.PLAIN,
}
REMEDIES = {
    Missing.NOT_AUTHORIZED: "企业可在授权时补充该类数据",
    Missing.NOT_AVAILABLE: "由来源单位归集，企业无须处理",
    Missing.NO_RECORD: "无记录不等于不良，不计入得分",
}
OTHER_SUBJECTS = {
    "PURPOSE_RESEARCH": "贷款用途与科技创新记录",
    "PURPOSE_RECEIVABLES": "贷款用途与开票记录",
    "FIRST_LOAN_MORTGAGE": "首贷申报与抵押登记",
}
MOST_LABELS = 8


def score_of(portrait: Portrait) -> report.Score:
    """Return grade and points with their parts; for readers without the parts, the points by dimension."""
    result = portrait.score
    model = model_on(portrait.as_of_date)
    if model is not None and model.version != result.model_version:
        model = None
    base = sum(line.points for line in result.contributions if line.kind is ContributionKind.BASE)
    lines = _contribution_lines(result, model) if result.contributions else _dimensions(result)
    reasons = () if result.not_scored is None else (result.sentence,)
    return report.Score(
        grade=result.grade or NOT_GRADED,
        points=None if result.points is None else Decimal(result.points),
        lowest_points=Decimal(0),
        highest_points=Decimal(result.max_points),
        model_version=result.model_version or "—",
        evaluated_on=portrait.as_of_date,
        base_points=Decimal(base),
        bands=_bands(model) if result.points is not None else (),
        lines=tuple(lines),
        floors=(*result.floors, *reasons),
        tone=GRADE_TONES.get(result.grade, Tone.PLAIN),
    )


def indicators_of(portrait: Portrait) -> tuple[report.Indicator, ...]:
    """Return the indicators that have a value, by class, with window, source units and date."""
    units = {source.batch: source.source_unit for source in portrait.batches}
    items = {item.item_code: item for group in portrait.freshness for item in group.items}
    known = [entry for entry in portrait.indicators if entry.missing is None]
    return tuple(
        report.Indicator(
            label=f"{entry.label}（有异议）" if entry.disputed else entry.label,
            value=printed_value(entry.kind, entry.value),
            unit=printed_unit(entry.kind, entry.unit),
            window=_window(entry, items, portrait.as_of_date),
            source_unit=_source_of(portrait, entry, units),
            as_of=entry.latest_date,
            group=class_label(entry.data_class),
        )
        for entry in sorted(known, key=attrgetter("data_class"))
    )


def series_of(portrait: Portrait) -> tuple[report.MonthlySeries, ...]:
    """Return the monthly series that have points, money in 万元."""
    return tuple(_series(entry) for entry in portrait.series if entry.points)


def records_of(portrait: Portrait) -> tuple[report.RecordList, ...]:
    """Return the lists of published records; one that was never delivered says so instead of "none"."""
    return tuple(_record_list(portrait, listed) for listed in portrait.lists)


def freshness_of(portrait: Portrait) -> tuple[report.Freshness, ...]:
    """Return the age of the data per class."""
    return tuple(
        report.Freshness(
            data_class=entry.label,
            records=None if entry.state is Freshness.NOT_AUTHORIZED else entry.records,
            as_of=entry.latest_event_date,
            received_at=entry.latest_received_at,
            state=FRESHNESS_LABELS[entry.state],
            tone=FRESHNESS_TONES[entry.state],
        )
        for entry in portrait.freshness
    )


def contradictions_of(portrait: Portrait) -> tuple[report.Contradiction, ...]:
    """Return what was declared against what is recorded, with the items behind the record."""
    names = item_names(portrait.freshness)
    return tuple(
        report.Contradiction(
            subject=_subject(entry),
            declared=entry.declared,
            recorded=entry.recorded,
            sentence=f"{SEVERITY_LABELS[entry.severity]}：{entry.sentence}",
            source=_sources(portrait, entry.evidence_ids, names),
        )
        for entry in portrait.contradictions
    )


def missing_of(portrait: Portrait) -> tuple[report.Missing, ...]:
    """Return what the portrait could not say, by class and reason, with what would help."""
    gaps = sorted(
        (entry for entry in portrait.indicators if entry.missing is not None),
        key=lambda entry: (entry.data_class, str(entry.missing)),
    )
    found: list[report.Missing] = []
    for (data_class, reason), group in groupby(gaps, attrgetter("data_class", "missing")):
        labels = [entry.label for entry in group]
        shown = "、".join(labels[:MOST_LABELS])
        more = f"等 {len(labels)} 项" if len(labels) > MOST_LABELS else ""
        what = f"{class_label(data_class)}：{shown}{more}"
        found.append(report.Missing(what, MISSING_LABELS[reason], REMEDIES[reason]))
    late = (entry for entry in portrait.freshness if entry.state is Freshness.STALE)
    found += [
        report.Missing(f"{entry.label}（近期）", entry.sentence, "由来源单位更新") for entry in late
    ]
    return tuple(found)


def class_label(code: str) -> str:
    """Return the name of a data class."""
    return DATA_CLASS_LABELS[DataClass(code)]


def item_names(freshness: Iterable[ClassFreshness]) -> dict[str, str]:
    """Return item code to name, as the catalogue stood when the portrait was frozen."""
    return {item.item_code: item.name for entry in freshness for item in entry.items}


def printed_value(kind: Kind, value: Value | bool) -> Value:
    """Return a value in the unit of paper: money in 万元, all others as they are."""
    if kind is Kind.YUAN and isinstance(value, Decimal):
        return value / WAN
    return value


def printed_unit(kind: Kind, unit: str) -> str:
    """Return the unit of `printed_value`."""
    if kind in (Kind.FLAG, Kind.TEXT):
        return ""
    return {Kind.YUAN: "万元", Kind.PERCENT: "%"}.get(kind, unit)


def _contribution_lines(
    result: ScoreResult, model: ScoreModel | None
) -> Iterator[report.ScoreLine]:
    labels = {entry.code: entry.label for entry in result.dimensions}
    range_of = _ranges(model)
    for line in result.contributions:
        if line.kind is not ContributionKind.BASE:
            low, high = range_of(line)
            yield report.ScoreLine(
                dimension=labels.get(line.dimension, "整体"),
                indicator=line.label,
                value=line.value or "—",
                points=Decimal(line.points),
                lowest_points=Decimal(low),
                highest_points=Decimal(high),
                reason=line.sentence,
            )


def _dimensions(result: ScoreResult) -> Iterator[report.ScoreLine]:
    for entry in result.dimensions:
        yield report.ScoreLine(
            dimension=entry.label,
            indicator="维度合计",
            value=f"满分 {entry.max_points} 分",
            points=Decimal(entry.points),
            lowest_points=Decimal(0),
            highest_points=Decimal(entry.max_points),
            reason="本次查看范围为维度得分，不含逐项明细。",
        )


def _ranges(model: ScoreModel | None) -> Callable[[Contribution], tuple[int, int]]:
    bins = {line.indicator: line.bins for line in model.lines} if model else {}

    def range_of(line: Contribution) -> tuple[int, int]:
        is_indicator = line.kind is ContributionKind.INDICATOR
        points = [entry.points for entry in bins.get(line.indicator, ())] if is_indicator else []
        return min([0, line.points, *points]), max([0, line.points, *points])

    return range_of


def _bands(model: ScoreModel | None) -> tuple[report.GradeBand, ...]:
    grades = model.grades if model else ()
    return tuple(report.GradeBand(grade, Decimal(points)) for grade, points in reversed(grades))


def _source_of(portrait: Portrait, entry: IndicatorValue, units: Mapping[str, str]) -> str:
    if not entry.items:
        return portrait.enterprise.source_unit
    batches = (ref.batch for ref in entry.evidence_rows)
    return "、".join(dict.fromkeys(units[batch] for batch in batches if batch in units))


def _window(entry: IndicatorValue, items: Mapping[str, ItemFreshness], day: date) -> str:
    if entry.window_start is None or entry.window_end is None:
        return "截至当日"
    start, end = entry.window_start, entry.window_end
    months = (end.year - start.year) * 12 + end.month - start.month
    behind = months_behind(start, end, entry.items, items, day)
    late = (
        ""
        if behind is None
        else f"，{behind[0]:%Y-%m}{'' if behind[0] == behind[1] else ' 起'}未送全"
    )
    return f"近 {months} 个月{late}"


def _series(entry: Series) -> report.MonthlySeries:
    values = tuple(_number(entry.kind, point.value) for point in entry.points)
    unit = printed_unit(entry.kind, entry.unit)
    return report.MonthlySeries(entry.label, unit, entry.points[0].month, values)


def _number(kind: Kind, value: Value | bool) -> Decimal | None:
    plain = printed_value(kind, value)
    return Decimal(plain) if isinstance(plain, int | Decimal) else None


def _record_list(portrait: Portrait, listed: RecordList) -> report.RecordList:
    entries = tuple(_record(portrait, entry) for entry in listed.entries)
    if listed.missing is None:
        return report.RecordList(listed.label, entries, listed.total)
    empty = f"{MISSING_LABELS[listed.missing]}，不能据此认为没有记录。"
    return report.RecordList(listed.label, entries, listed.total, empty)


def _record(portrait: Portrait, entry: ListedRecord) -> report.RecordEntry:
    source = portrait.source(entry.record_id)
    return report.RecordEntry(
        heading=entry.item_name,
        detail="；".join(f"{field.label}：{field.value}" for field in entry.fields),
        dated=entry.event_date,
        source=report.SourceLine(
            item=entry.item_name,
            unit=source.source_unit if source else "—",
            batch=source.batch if source else "—",
            row=source.row_number if source else None,
            received_at=source.received_at if source else portrait.as_of,
        ),
        state="异议处理中" if entry.disputed else "",
        tone=Tone.CAUTION if entry.disputed else Tone.PLAIN,
    )


def _subject(entry: Contradiction) -> str:
    labels = {
        parameter.code.split(".", 1)[1].upper(): parameter.label
        for parameter in shipped_tolerances()
    }
    return labels.get(entry.code) or OTHER_SUBJECTS.get(entry.code, "申报与记录")


def _sources(portrait: Portrait, evidence_ids: Iterable[str], names: dict[str, str]) -> str:
    found = (portrait.source(record_id) for record_id in evidence_ids)
    told = (
        f"{names.get(source.item_code, source.item_code)} · {source.source_unit}"
        for source in found
        if source is not None
    )
    return "、".join(dict.fromkeys(told))
