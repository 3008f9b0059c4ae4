"""The first screen of a portrait's document: title, square code, enterprise, application, grade."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

from reportlab.platypus import Spacer
from reportlab.platypus.flowables import Flowable

from exports.domain.display import display, display_moment
from exports.domain.report import DISCLAIMER, Fact, PortraitDocument, Score, Tone
from exports.pdf import theme
from exports.pdf.flowables import (
    Notice,
    facts_grid,
    plain_table,
)
from exports.pdf.head import LEFT_WIDTH, head_with_code
from exports.pdf.text import Text, Typesetter

CARD_GAP = 14.0
SCORE_WIDTH = 222.0
PANEL_HEIGHT = 98.0
SQUARE = 52.0
POINTS = theme.TextStyle(21, 26, bold=True)


def head(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return title, square code, enterprise with its facts, and the notices for this reader."""
    left: list[Any] = [
        Text(setter, document.title, theme.TITLE),
        Text(setter, f"公共信用信息服务 · {DISCLAIMER}", theme.NOTE),
        Spacer(0, 7),
        facts_grid(setter, _copy_facts(document), 2, LEFT_WIDTH),
    ]
    verification = document.verification
    story = head_with_code(setter, left, url=verification.url, code=verification.code)
    story.append(Spacer(0, 6))
    for warning in document.warnings:
        story += [Notice(setter, warning, Tone.BAD), Spacer(0, 5)]
    return story + _enterprise(setter, document)


def application_and_grade(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    """Return the application's facts and the grade side by side."""
    room = theme.WIDTH - SCORE_WIDTH - CARD_GAP if document.score else theme.WIDTH
    facts: list[Any] = [
        Text(setter, "本次申请", theme.SUBHEADING),
        Spacer(0, 3),
        facts_grid(setter, document.application, 2 if document.score else 4, room - 20)
        or Text(setter, "本画像不附贷款申请。", theme.BODY),
    ]
    if document.score is None:
        return [_card(setter, [[facts]], [room])]
    grade: list[Any] = [
        Text(setter, "信用画像得分", theme.SUBHEADING),
        Spacer(0, 5),
        GradePanel(setter, document.score),
    ]
    return [_card(setter, [[facts, "", grade]], [room, CARD_GAP, SCORE_WIDTH])]


class GradePanel(Flowable):  # type: ignore[misc]
    """Grade, points, and where the points stand among the bands of grades."""

    def __init__(self, setter: Typesetter, score: Score) -> None:
        super().__init__()
        self.setter, self.score = setter, score

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size: the width of the card, a fixed height."""
        self.width, self.height = width, PANEL_HEIGHT
        return self.width, self.height

    def draw(self) -> None:
        """Draw the grade's square, the points, and the bands."""
        score = self.score
        self._draw_grade()
        left = SQUARE + 14
        points = "无法评分" if score.points is None else display(score.points)
        self.setter.draw(self.canv, left, PANEL_HEIGHT - 22, points, POINTS)
        if score.points is not None:
            used = self.setter.width(points, POINTS)
            limit = f"/ {display(score.highest_points)} 分"
            self.setter.draw(self.canv, left + used + 5, PANEL_HEIGHT - 22, limit, theme.LABEL)
        for line, words in enumerate(
            (f"模型 {score.model_version}", f"评价日期 {score.evaluated_on.isoformat()}")
        ):
            text = self.setter.shortened(words, theme.LABEL, self.width - left)
            self.setter.draw(self.canv, left, PANEL_HEIGHT - 39 - 12 * line, text, theme.LABEL)
        self._draw_bands()

    def _draw_grade(self) -> None:
        score = self.score
        color = theme.PRIMARY if score.tone is Tone.PLAIN else theme.TONES[score.tone]
        self.canv.setFillColor(color)
        self.canv.roundRect(0, PANEL_HEIGHT - SQUARE, SQUARE, SQUARE, 5, stroke=0, fill=1)
        long = self.setter.width(score.grade, theme.GRADE) > SQUARE - 6
        style = theme.GRADE_LONG if long else theme.GRADE
        grade = self.setter.shortened(score.grade, style, SQUARE - 4)
        middle = PANEL_HEIGHT - SQUARE / 2 - style.size * 0.37
        self.setter.draw(self.canv, SQUARE / 2, middle, grade, style)

    def _draw_bands(self) -> None:
        score = self.score
        if not score.bands:
            return
        edges = [band.from_points for band in score.bands] + [score.highest_points]
        middle = theme.NOTE.aligned("center")
        for (start, end), band in zip(pairwise(edges), score.bands, strict=True):
            left, right = self._place(start), self._place(end)
            self.canv.setFillColor(theme.PRIMARY if band.grade == score.grade else theme.BAND)
            self.canv.rect(left, 16, max(right - left - 1.5, 0.5), 6, stroke=0, fill=1)
            label = self.setter.shortened(band.grade, middle, right - left)
            self.setter.draw(self.canv, (left + right) / 2, 5, label, middle)
        if score.points is not None:
            self._draw_pointer(self._place(score.points))

    def _draw_pointer(self, x: float) -> None:
        mark = self.canv.beginPath()
        mark.moveTo(x, 22.5)
        mark.lineTo(x - 3.6, 29)
        mark.lineTo(x + 3.6, 29)
        mark.close()
        self.canv.setFillColor(theme.INK)
        self.canv.drawPath(mark, stroke=0, fill=1)

    def _place(self, points: Decimal) -> float:
        span = float(self.score.highest_points - self.score.lowest_points) or 1.0
        share = float(points - self.score.lowest_points) / span
        return min(max(share, 0.0), 1.0) * float(self.width)


def _copy_facts(document: PortraitDocument) -> list[Fact]:
    reader = document.reader
    return [
        Fact("报告编号", document.report_number),
        Fact("画像形成时间", display_moment(document.frozen_at)),
        Fact("查阅人", f"{reader.name}（{reader.organization}）"),
        Fact("查阅时间与用途", f"{display_moment(reader.read_at)}  {reader.purpose}".strip()),
    ]


def _enterprise(setter: Typesetter, document: PortraitDocument) -> list[Flowable]:
    enterprise = document.enterprise
    story: list[Flowable] = [
        Text(setter, enterprise.name, theme.NAME),
        Text(setter, f"统一社会信用代码 {enterprise.uscc}", theme.STRONG),
        Spacer(0, 5),
    ]
    grid = facts_grid(setter, enterprise.facts, 4, theme.WIDTH)
    return [*story, grid, Spacer(0, 5)] if grid else story


def _card(setter: Typesetter, rows: list[list[Any]], widths: list[float]) -> Flowable:
    filled = [column for column, width in enumerate(widths) if width != CARD_GAP]
    return plain_table(
        setter,
        rows,
        widths,
        padding=(0, 0, 0, 0),
        extra=[
            command
            for column in filled
            for command in (
                ("BACKGROUND", (column, 0), (column, 0), theme.WASH),
                ("LEFTPADDING", (column, 0), (column, 0), 10),
                ("RIGHTPADDING", (column, 0), (column, 0), 10),
                ("TOPPADDING", (column, 0), (column, 0), 8),
                ("BOTTOMPADDING", (column, 0), (column, 0), 7),
            )
        ],
    )
