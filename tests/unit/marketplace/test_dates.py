"""Dates in the forms that units deliver."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.dates import (
    WITHOUT_END,
    DateUnreadable,
    parse_date,
    parse_month,
    parse_open_date,
)
from marketplace.domain.text import NumberCell

THE_DAY = date(2017, 1, 7)


class TestParseDate:
    @pytest.mark.parametrize(
        "text",
        [
            "2017/1/7", "2017-01-07", "2017.1.7", "20170107", "2017年1月7日", "2017-01-07 00:00:00",
            "2017/1/7 8:30", "2017-01-07T08:30:00+08:00", "２０１７年１月７日", "20170107083000", " 2017/1/7 ",
        ],
    )  # fmt: skip
    def test_reads_every_form_of_one_day(self, text):
        assert parse_date(text) == THE_DAY

    def test_reads_the_serial_number_of_a_numeric_cell(self):
        assert parse_date(NumberCell("42742")) == THE_DAY

    def test_reads_a_numeric_cell_that_writes_the_day(self):
        assert parse_date(NumberCell("20170107")) == THE_DAY

    def test_takes_no_serial_number_from_text(self):
        with pytest.raises(DateUnreadable) as refusal:
            parse_date("42742")

        assert refusal.value.code == "DATE_UNREADABLE"

    @pytest.mark.parametrize("text", ["2017-02-29", "2017/13/1", "20170132", "0207-01-01"])
    def test_refuses_days_no_calendar_has(self, text):
        with pytest.raises(DateUnreadable) as refusal:
            parse_date(text)

        assert refusal.value.code == "DATE_IMPOSSIBLE"

    @pytest.mark.parametrize("text", ["昨天", "1/2/2017", "17-1-7", "2017", "E1"])
    def test_refuses_forms_that_could_mean_several_days(self, text):
        with pytest.raises(DateUnreadable) as refusal:
            parse_date(text)

        assert text in refusal.value.sentence

    @given(st.dates(min_value=date(1900, 1, 2), max_value=date(2099, 12, 31)))
    def test_reads_what_iso_writes(self, day):
        assert parse_date(day.isoformat()) == day


class TestParseOpenDate:
    @pytest.mark.parametrize(
        "text", ["9999-09-09", "1900-01-01", "1899-12-31", "9999/12/31", "0000-00-00", "", "N/A"]
    )
    def test_takes_open_dates_for_none(self, text):
        assert parse_open_date(text) is None

    @pytest.mark.parametrize("text", ["长期", "永久", "无固定期限"])
    def test_takes_without_end_for_the_convention(self, text):
        assert parse_open_date(text) == WITHOUT_END


class TestParseMonth:
    @pytest.mark.parametrize(
        "text",
        ["2026-03", "202603", "2026/3", "2026年3月", "2026年03月份", "2026-03-31", "20260301"],
    )
    def test_reads_every_form_of_one_month(self, text):
        assert parse_month(text) == date(2026, 3, 1)

    @pytest.mark.parametrize("text", ["2026-13", "三月", "2026"])
    def test_refuses_what_is_no_month(self, text):
        with pytest.raises(DateUnreadable):
            parse_month(text)

    def test_reads_the_serial_number_of_a_numeric_cell(self):
        assert parse_month(NumberCell("42742")) == date(2017, 1, 1)
