"""The working calendar as the city keeps it."""

from __future__ import annotations

from django.db import models


class CalendarDay(models.Model):
    """Whether a date is a working day; provisional until the State Council's notice for its year is entered."""

    date = models.DateField("日期", primary_key=True)
    is_working = models.BooleanField("工作日")
    is_provisional = models.BooleanField("暂定", default=False)
    note = models.CharField("说明", max_length=64, blank=True, default="")

    class Meta:
        verbose_name = "工作日历"
        verbose_name_plural = "工作日历"
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {'工作日' if self.is_working else '休息日'}"
