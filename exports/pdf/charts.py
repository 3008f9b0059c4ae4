"""Small charts of a value per month, drawn as vectors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from reportlab.platypus.flowables import Flowable

from exports.domain.display import display
from exports.domain.report import MonthlySeries, Tone
from exports.pdf import theme
from exports.pdf.flowables import baseline
from exports.pdf.text import Typesetter

AXIS = theme.NOTE
HEIGHT = 104.0
HEAD, FOOT, SIDE = 29.0, 13.0, 0.0


class MonthlyChart(Flowable):  # type: ignore[misc]
    """Bars per month; a month without data is a shaded gap and not a zero."""

    def __init__(self, setter: Typesetter, series: MonthlySeries) -> None:
        super().__init__()
        self.setter, self.series = setter, series

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return the size: the width of the cell, a fixed height."""
        self.width, self.height = width, HEIGHT
        return width, HEIGHT

    def draw(self) -> None:
        """Draw title, bars, axis and the months that begin a year."""
        self._draw_head()
        values = self.series.values
        if not any(value is not None for value in values):
            middle = theme.BODY.aligned("center")
            self.setter.draw(self.canv, self.width / 2, HEIGHT / 2 - 10, "无数据", middle)
            return
        lowest, highest = bounds(values)
        floor, ceiling = FOOT, HEIGHT - HEAD
        scale = (ceiling - floor) / (highest - lowest)
        zero = floor - lowest * scale
        step = self.width / len(values)
        self._draw_grid(lowest, highest, zero, scale)
        for place, value in enumerate(values):
            left = place * step + step * 0.14
            if value is None:
                self.canv.setFillColor(theme.TRACK)
                self.canv.rect(left, floor, step * 0.72, ceiling - floor, stroke=0, fill=1)
                continue
            self.canv.setFillColor(theme.BAR if value >= 0 else theme.TONES[Tone.BAD])
            bottom, top = sorted((zero, zero + float(value) * scale))
            self.canv.rect(left, bottom, step * 0.72, max(top - bottom, 0.4), stroke=0, fill=1)
        self._draw_months(step)

    def _draw_head(self) -> None:
        title, unit = theme.SUBHEADING, f"（{self.series.unit}）"
        line = baseline(title, HEIGHT)
        self.setter.draw(self.canv, 0, line, self.series.title, title)
        used = self.setter.width(self.series.title, title)
        self.setter.draw(self.canv, used + 3, line, unit, theme.NOTE)
        if self.series.note:
            room = self.width - used - self.setter.width(unit, theme.NOTE) - 12
            note = theme.NOTE.aligned("right")
            self.setter.draw(
                self.canv,
                self.width,
                line,
                self.setter.shortened(self.series.note, note, room),
                note,
            )

    def _draw_grid(self, lowest: float, highest: float, zero: float, scale: float) -> None:
        self.canv.setLineWidth(0.4)
        self.canv.setStrokeColor(theme.LINE)
        for value in {lowest, highest} - {0.0}:
            y = zero + value * scale
            self.canv.setDash(1.5, 1.5)
            self.canv.line(0, y, self.width, y)
            self.canv.setDash()
            label = display(Decimal(str(round(value, 2))))
            self.setter.draw(self.canv, 0, y + 2 if value > 0 else y - 8, label, AXIS)
        self.canv.setStrokeColor(theme.MUTED)
        self.canv.line(0, zero, self.width, zero)

    def _draw_months(self, step: float) -> None:
        middle = AXIS.aligned("center")
        wide = self.setter.width("2026-01", AXIS)
        taken: list[float] = []
        marks = list(marked_months(self.series.first_month, len(self.series.values)))
        for place, month in [*marks[:1], *marks[:0:-1]]:  # the ends before those between them
            x = min(max(place * step + step / 2, wide / 2), self.width - wide / 2)
            if all(abs(x - other) >= wide + 4 for other in taken):
                self.setter.draw(self.canv, x, 3, f"{month:%Y-%m}", middle)
                taken.append(x)


def bounds(values: tuple[Decimal | None, ...]) -> tuple[float, float]:
    """Return the least and the most to be drawn; the axis always contains zero.

    >>> bounds((Decimal(3), None, Decimal(-1)))
    (-1.0, 3.0)
    >>> bounds((Decimal(0),))
    (0.0, 1.0)
    """
    known = [float(value) for value in values if value is not None]
    lowest, highest = min([0.0, *known]), max([0.0, *known])
    return (lowest, highest) if highest > lowest else (0.0, 1.0)


def marked_months(first: date, count: int) -> Iterator[tuple[int, date]]:
    """Return place and month of the labels: the first month, the last, and each January between.

    >>> [(place, f"{month:%Y-%m}") for place, month in marked_months(date(2025, 11, 1), 6)]
    [(0, '2025-11'), (2, '2026-01'), (5, '2026-04')]
    """
    for place in range(count):
        years, month = divmod(first.month - 1 + place, 12)
        if place in (0, count - 1) or month == 0:
            yield place, date(first.year + years, month + 1, 1)
