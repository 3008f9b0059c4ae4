"""The sections of a portrait's document below its head; one without content returns nothing."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from reportlab.platypus import CondPageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from exports.domain.display import display, display_moment, display_period
from exports.domain.report import (
    DISCLAIMER,
    Fact,
    PortraitDocument,
    RecordEntry,
    RecordList,
    Score,
    SourceLine,
    Tone,
)
from exports.pdf import theme
from exports.pdf.charts import MonthlyChart
from exports.pdf.flowables import Mark, Notice, Strip, facts_grid, plain_table, ruled_table
from exports.pdf.text import Text, Typesetter
from marketplace.domain.verdict import OUTCOME_LABELS

BLOCK = 74.0  # a title stays with the head and the first row of its table
CHART_GAP = 18.0
MOST_IN_TWO_COLUMNS = 4
STATEMENT = (
    "本画像{basis}，由公共信用信息与申请信息汇总形成，形成后内容不再变动；来源数据由各提供单位负责，"
    "企业对数据有异议的，可在平台提出异议。画像仅供查阅人按所列用途使用，不得转交他人。"
)
WITH_CONSENT = "依据企业授权"
WITHOUT_CONSENT = "依据依法公开的信息"
OWN = "应企业查询自身信息的要求"
OWN_SENTENCE = "本画像由企业查询自身信息形成，含全部数据类别，未依据对他人的授权。"


def score_lines(setter: Typesetter, score: Score) -> list[Flowable]:
    """Return the points of each indicator with a bar and the reason."""
    rows: list[list[Any]] = []
    dimension = None
    for line in score.lines:
        name = line.dimension if line.dimension != dimension else ""
        dimension = line.dimension
        strip = Strip(float(line.points), float(line.lowest_points), float(line.highest_points))
        points = f"{line.points.normalize():+,f}" if line.points else "0"
        rows.append(
            [
                Text(setter, name, theme.DENSE_STRONG),
                line.indicator,
                line.value,
                strip,
                points,
                line.reason,
            ]
        )
    story: list[Flowable] = [Notice(setter, sentence, Tone.BAD) for sentence in score.floors]
    if story:
        story.append(Spacer(0, 4))
    if rows:
        header = ("维度", "指标", "取值", "得分区间", "得分", "理由")
        widths = (58, 92, 78, 76, 36, theme.WIDTH - 340)
        story.append(ruled_table(setter, header, rows, widths, right=(4,), dense=True))
    return story


def contradictions(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return what was declared against what is recorded; that nothing was found is also said."""
    if not document.contradictions and document.is_own:
        return []
    if not document.contradictions:
        return [Text(setter, "申报内容与已读取的记录之间未发现矛盾。", theme.BODY)]
    rows = [
        [found.subject, found.declared, found.recorded, _with_source(found.sentence, found.source)]
        for found in document.contradictions
    ]
    header = ("事项", "企业申报", "记录显示", "说明")
    return [ruled_table(setter, header, rows, (82, 96, 96, theme.WIDTH - 274))]


def freshness(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return the age of the data per class, in two columns of classes."""
    half = -(-len(document.freshness) // 2)
    cells = [
        [
            line.data_class,
            "未读取" if line.records is None else f"{line.records} 条",
            display(line.as_of),
            Mark(setter, line.state, line.tone, theme.CELL),
        ]
        for line in document.freshness
    ]
    if not cells:
        return []
    header = ("数据类别", "记录", "数据截至", "时效")
    if half < 4:
        return [ruled_table(setter, header, cells, (170, 70, 100, theme.WIDTH - 340), right=(1,))]
    blank: list[Any] = ["", "", "", ""]
    right = cells[half:] + [blank] * (2 * half - len(cells))
    rows = [[*one, "", *two] for one, two in zip(cells[:half], right, strict=True)]
    side = (theme.WIDTH - 12) / 2
    widths = (99, 37, 55, side - 191)
    gap = ("LINEBELOW", (4, 0), (4, -1), 1.2, theme.WHITE)
    clear = ("BACKGROUND", (4, 0), (4, 0), theme.WHITE)
    top = ("LINEABOVE", (4, 0), (4, 0), 1.2, theme.WHITE)
    return [
        ruled_table(
            setter,
            (*header, "", *header),
            rows,
            (*widths, 12, *widths),
            right=(1, 6),
            extra=[gap, clear, top],
        )
    ]


def indicators(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return the indicators with window, source unit and date, under the headings of their groups."""
    if not document.indicators:
        return []
    rows: list[list[Any]] = []
    for group, members in groupby(document.indicators, key=lambda line: line.group):
        for place, line in enumerate(members):
            rows.append(
                [
                    Text(setter, "" if place else group, theme.DENSE_STRONG),
                    line.label,
                    display(line.value, line.unit),
                    line.window or "—",
                    line.source_unit or "—",
                    display(line.as_of),
                ]
            )
    header = ("类别", "指标", "数值", "统计窗口", "来源单位", "数据截至")
    widths = (58, 126, 82, 78, theme.WIDTH - 402, 58)
    return [ruled_table(setter, header, rows, widths, right=(2,), dense=True)]


def monthly_series(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return the charts, two or three side by side."""
    charts: list[Any] = [MonthlyChart(setter, series) for series in document.series]
    if not charts:
        return []
    columns = 2 if len(charts) <= MOST_IN_TWO_COLUMNS else 3
    charts += [""] * (-len(charts) % columns)
    side = (theme.WIDTH - CHART_GAP * (columns - 1)) / columns
    rows = [
        intersperse(charts[start : start + columns]) for start in range(0, len(charts), columns)
    ]
    widths = intersperse([side] * columns, CHART_GAP)
    note = Text(setter, "灰色为没有数据的月份。", theme.NOTE)
    return [plain_table(setter, rows, widths, padding=(0, 0, 4, 6)), note]


def records(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return the lists of records, each entry with the line it came from."""
    story: list[Flowable] = []
    for listed in document.records:
        story += [CondPageBreak(BLOCK), _list_title(setter, listed), Spacer(0, 2)]
        if not listed.entries:
            story += [Text(setter, listed.empty, theme.BODY), Spacer(0, 6)]
            continue
        rows = [_entry_row(setter, entry) for entry in listed.entries]
        header = ("日期", "内容与来源", "状态")
        widths = (62, theme.WIDTH - 146, 84)
        story += [ruled_table(setter, header, rows, widths), Spacer(0, 7)]
    return story


def fits(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return the rules of each product against the enterprise, with reasons."""
    story: list[Flowable] = []
    for fit in document.fits:
        title = f"{fit.product}（{fit.institution}，规则版本 {fit.version}）"
        mark = Mark(
            setter,
            f"总体：{OUTCOME_LABELS[fit.outcome]}",
            theme.OUTCOME_TONES[fit.outcome],
            theme.STRONG,
        )
        words = Text(setter, title, theme.SUBHEADING)
        story.append(CondPageBreak(BLOCK))
        story.append(
            plain_table(setter, [[words, mark]], (theme.WIDTH - 104, 104), padding=(0, 0, 2, 2))
        )
        rows = [
            [
                found.rule,
                found.limit,
                found.own_value,
                Mark(
                    setter,
                    OUTCOME_LABELS[found.outcome],
                    theme.OUTCOME_TONES[found.outcome],
                    theme.CELL,
                ),
                found.reason,
            ]
            for found in fit.findings
        ]
        header = ("准入规则", "要求", "企业取值", "结论", "理由")
        widths = (98, 84, 84, 62, theme.WIDTH - 328)
        story += [ruled_table(setter, header, rows, widths), Spacer(0, 7)]
    return story


def missing(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return what could not be said and why."""
    if not document.missing:
        return []
    rows = [[gap.what, gap.why, gap.remedy or "—"] for gap in document.missing]
    header = ("缺失内容", "原因", "补充办法")
    return [ruled_table(setter, header, rows, (250, 110, theme.WIDTH - 360))]


def consent(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return the consent under which the data were read."""
    given = document.consent
    if given is None and document.is_own:
        return [Text(setter, OWN_SENTENCE, theme.BODY)]
    if given is None:
        return [Text(setter, "本画像仅使用依法公开的信息，未读取需授权的数据。", theme.BODY)]
    facts = (
        Fact("授权编号", given.number),
        Fact("被授权机构", given.lender),
        Fact("用途", given.purpose),
        Fact("授权状态", given.state),
        Fact("授权有效期", display_period(given.valid_from, given.valid_until)),
        Fact("数据期间", display_period(given.data_from, given.data_until)),
        Fact("签署人", given.signer),
        Fact("贷款结果反馈", given.feedback),
    )
    grid = facts_grid(setter, facts, 4, theme.WIDTH)
    classes = "、".join(given.data_classes) or "无"
    return [
        *([grid] if grid else []),
        Text(setter, f"授权数据类别：{classes}", theme.BODY),
        Text(setter, f"授权书文本 {given.text_version}，SHA-256 {given.text_sha256}", theme.NOTE),
    ]


def verification(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return hash, address and the statement of what the document is and is not."""
    rows: list[list[Any]] = [
        [_label(setter, "内容哈希"), Text(setter, document.content_sha256, theme.STRONG)],
        [
            _label(setter, "算法"),
            "SHA-256，对冻结画像的规范化内容计算；内容有任何改动，哈希即不同。",
        ],
        [_label(setter, "核验地址"), document.verification.url],
        [_label(setter, "验证码"), document.verification.code],
    ]
    cells = [
        [cell if not isinstance(cell, str) else Text(setter, cell, theme.BODY) for cell in row]
        for row in rows
    ]
    basis = WITH_CONSENT if document.consent else OWN if document.is_own else WITHOUT_CONSENT
    statement = STATEMENT.format(basis=basis)
    return [
        plain_table(setter, cells, (56, theme.WIDTH - 56), padding=(0, 0, 1, 1.5)),
        Spacer(0, 4),
        Notice(setter, f"{DISCLAIMER}。{statement}", Tone.PLAIN),
    ]


def intersperse(items: list[Any], between: Any = "") -> list[Any]:
    """Return the items with something between each two.

    >>> intersperse([1, 2, 3], 0)
    [1, 0, 2, 0, 3]
    """
    return [entry for item in items for entry in (between, item)][1:]


def source_text(source: SourceLine) -> str:
    """Return where a record came from, in one line."""
    row = "" if source.row is None else f" · 第 {source.row} 行"
    received = display_moment(source.received_at)
    return f"来源：{source.item} · {source.unit} · 批次 {source.batch}{row} · {received} 收到"


def _entry_row(setter: Typesetter, entry: RecordEntry) -> list[Any]:
    content = [Text(setter, entry.heading, theme.CELL_STRONG)]
    if entry.detail:
        content.append(Text(setter, entry.detail, theme.CELL))
    content.append(Text(setter, source_text(entry.source), theme.NOTE))
    state = Mark(setter, entry.state, entry.tone, theme.CELL) if entry.state else "—"
    return [display(entry.dated), content, state]


def _list_title(setter: Typesetter, listed: RecordList) -> Text:
    shown = len(listed.entries)
    count = f"共 {listed.total} 条"
    if 0 < shown < listed.total:
        count += f"，列示最近 {shown} 条"
    return Text(setter, f"{listed.title}（{count}）", theme.SUBHEADING)


def _with_source(sentence: str, source: str) -> str:
    return f"{sentence}\n来源：{source}" if source else sentence


def _label(setter: Typesetter, text: str) -> Text:
    return Text(setter, text, theme.LABEL)
