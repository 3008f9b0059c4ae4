"""A portrait laid out for one screen: what the partial ``matching/portrait/_portrait.html`` shows, as plain values.

Nothing is computed here that the portrait does not say: bars, tables and charts are its own numbers, and the lines of
the score add up to the score.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from marketplace.domain.money import WAN
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, QUERY_PURPOSE_LABELS, DataClass
from marketplace.web.charts import series_chart, waterfall_chart
from marketplace.web.components import Cell, Chart, Column, Kind, Pair, Table, Tone
from matching.domain.declaration import Kind as ValueKind
from matching.domain.evaluation import PublishedEvaluation
from matching.domain.freshness import FRESHNESS_LABELS, ClassFreshness, Freshness
from matching.domain.indicators import MISSING_LABELS, IndicatorValue, Missing
from matching.domain.listing import RecordList
from matching.domain.portrait import Portrait
from matching.domain.records import BEIJING
from matching.domain.scorecard import ScoreResult
from matching.domain.series import Series
from matching.domain.subject import ConsentFacts
from matching.services.portrait import PortraitReading

GRADE_TONES = {"A": Tone.GOOD, "B": Tone.INFO, "C": Tone.WARN, "D": Tone.BAD}
FRESHNESS_TONES = {Freshness.FRESH: Tone.GOOD, Freshness.STALE: Tone.WARN}
SCORE_DEFINITION = (
    "各维度基础分,加上每项指标的加减分、维度上下限的调整和一票否决的封顶,合计即得分。"
)


@dataclass(frozen=True)
class IndicatorLine:
    """One indicator with its window and the rows it was made of, each in one Chinese line."""

    value: IndicatorValue
    window: str
    sources: tuple[str, ...]


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


@dataclass(frozen=True)
class ListPanel:
    """The published records of one kind, with a caution when data of their class are not up to date."""

    listed: RecordList
    caution: str


@dataclass(frozen=True)
class SilentSeries:
    """A monthly series without points, and why."""

    label: str
    reason: str


@dataclass(frozen=True)
class PortraitScreen:
    """Everything the partial shows.

    Attributes:
        portrait: redacted for the reader.
        content_hash: of the frozen portrait; empty for one made now.
        grade_tone: of the grade's badge.
        dimensions: points by dimension; empty when not scored or not shown.
        score_chart: how the lines add up; None for readers who see the summary alone.
        score_lines: every line with its points, the sum last.
        groups: indicators by data class.
        lists: published records by kind.
        freshness: one row for each data class.
        charts: monthly series that have points.
        silent: those that have none, and why.
        consent: what the enterprise consented to.
        evaluation: the published monthly evaluation; empty when there is none.
        evaluation_lines: its lines, the sum last; None for readers who see the grade alone.
        versions: parameters and formats it was made with.
    """

    portrait: Portrait
    content_hash: str
    grade_tone: str
    dimensions: Table | None
    score_chart: Chart | None
    score_lines: Table | None
    groups: tuple[ClassGroup, ...]
    lists: tuple[ListPanel, ...]
    freshness: Table
    charts: tuple[Chart, ...]
    silent: tuple[SilentSeries, ...]
    consent: Sequence[Pair]
    evaluation: Sequence[Pair]
    evaluation_lines: Table | None
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
    score = portrait.score
    drawn = [entry for entry in portrait.series if entry.points]
    late = [entry for entry in portrait.freshness if entry.state is Freshness.STALE]
    cautions = {entry.data_class: entry.sentence for entry in late}
    return PortraitScreen(
        portrait=portrait,
        content_hash=content_hash,
        grade_tone=GRADE_TONES.get(score.grade, Tone.NEUTRAL).value,
        dimensions=_dimensions(score),
        score_chart=_score_chart(score),
        score_lines=_score_lines(score),
        groups=_groups(portrait, cautions),
        lists=tuple(
            ListPanel(entry, cautions.get(entry.data_class, "")) for entry in portrait.lists
        ),
        freshness=_freshness(portrait.freshness),
        charts=tuple(_series_chart(entry) for entry in drawn),
        silent=tuple(
            SilentSeries(entry.label, MISSING_LABELS[entry.missing or Missing.NO_RECORD])
            for entry in portrait.series
            if not entry.points
        ),
        consent=_consent(portrait.consent),
        evaluation=_evaluation(evaluation) if evaluation else (),
        evaluation_lines=evaluation_table(evaluation) if evaluation else None,
        versions=[Pair(_VERSION_LABELS.get(k, k), v) for k, v in portrait.versions.items()],
    )


def evaluation_table(evaluation: PublishedEvaluation) -> Table | None:
    """Return the lines of an evaluation with their sum; None where the reader sees the grade alone."""
    if not evaluation.lines or evaluation.points is None:
        return None
    rows: list[list[object]] = [
        [line.label, line.value or "—", line.points, line.sentence] for line in evaluation.lines
    ]
    rows.append(["合计", "—", evaluation.points, f"等级 {evaluation.grade}。"])
    return Table(_LINE_COLUMNS, rows, caption=f"{evaluation.month:%Y 年 %m 月}评价得分明细")


_LINE_COLUMNS = (
    Column("项目"),
    Column("取值"),
    Column("得分", Kind.NUMBER, SCORE_DEFINITION),
    Column("说明"),
)
_VERSION_LABELS = {
    "format": "画像格式",
    "indicators": "指标口径版本",
    "score_model": "评价模型版本",
}


def _dimensions(score: ScoreResult) -> Table | None:
    if not score.dimensions:
        return None
    columns = [
        Column("维度"),
        Column("得分", Kind.NUMBER, "基础分与各项指标加减分之和,不低于 0、不高于满分。"),
        Column("满分", Kind.NUMBER),
    ]
    rows = [[entry.label, entry.points, entry.max_points] for entry in score.dimensions]
    return Table(columns, rows, caption="维度得分")


def _score_chart(score: ScoreResult) -> Chart | None:
    if not score.contributions:
        return None
    parts = [(line.label, line.points) for line in score.contributions if line.points]
    return waterfall_chart(
        "portrait-score",
        "得分构成",
        parts=parts,
        label_name="项目",
        total_label="得分",
        definition=SCORE_DEFINITION,
    )


def _score_lines(score: ScoreResult) -> Table | None:
    if not score.contributions:
        return None
    rows: list[list[object]] = [
        [line.label, line.value or "—", line.points, line.sentence] for line in score.contributions
    ]
    total = sum(line.points for line in score.contributions)
    rows.append(["合计", "—", total, score.sentence])
    return Table(_LINE_COLUMNS, rows, caption="得分明细")


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


def _sources(portrait: Portrait, value: IndicatorValue, names: Mapping[str, str]) -> Iterator[str]:
    """Yield where a value came from: rows of batches, or the register's own row."""
    facts = portrait.enterprise
    if not value.items and value.missing is None and facts.batch:
        yield f"{facts.source_unit} · 批次 {facts.batch} 第 {facts.row_number} 行"
    batches = {source.batch: source for source in portrait.batches}
    for ref in value.evidence_rows:
        batch = batches.get(ref.batch)
        if batch is not None:
            name = names.get(batch.item_code, batch.item_code)
            received = batch.received_at.astimezone(BEIJING).date()
            place = f"批次 {ref.batch} 第 {ref.rows} 行"
            yield f"{batch.source_unit} · {name} · {place} · {received} 接收"


def _window(start: date | None, end: date | None) -> str:
    """Return a half-open window as people read it, both days inclusive."""
    if start is None or end is None:
        return "截至当日"
    return f"{start} 至 {end - timedelta(days=1)}"


def _freshness(found: Sequence[ClassFreshness]) -> Table:
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
    return f"最近送达 {received.astimezone(BEIJING):%Y-%m-%d %H:%M} · 应每 {entry.expected_days} 天更新"


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
    classes = "、".join(DATA_CLASS_LABELS[DataClass(code)] for code in consent.data_classes)
    if not consent.consent_id:
        return [
            Pair("用途", _purpose(consent.purpose)),
            Pair("信息类别", classes or "仅公开信息"),
        ]
    return [
        Pair("被授权机构", consent.lender_name),
        Pair("用途", _purpose(consent.purpose)),
        Pair("信息类别", classes),
        Pair("数据期间", f"{consent.data_from or '不限'} 至 {consent.data_to or '不限'}"),
        Pair("授权生效", consent.valid_from, Kind.DATETIME),
        Pair("授权到期", consent.valid_until, Kind.DATETIME),
        Pair("反馈条款", "已同意" if consent.feedback_clause else "未同意"),
        Pair("授权书版本", consent.text_version),
        Pair("授权编号", consent.consent_id, Kind.CODE),
    ]


def _purpose(code: str) -> str:
    labels: Mapping[str, str] = {str(key): words for key, words in QUERY_PURPOSE_LABELS.items()}
    return labels.get(code, code)


def _evaluation(evaluation: PublishedEvaluation) -> list[Pair]:
    scored = evaluation.grade or evaluation.points is not None
    return [
        Pair("评价月份", f"{evaluation.month:%Y 年 %m 月}"),
        Pair("等级", evaluation.grade if scored else "未评价(个体工商户及非存续主体不作评价)"),
        Pair("得分", evaluation.points, Kind.NUMBER),
        Pair("数据截至", evaluation.as_of, Kind.DATETIME),
        Pair("模型版本", evaluation.model_version),
    ]
